// SPDX-License-Identifier: BSD-3-Clause
// A thread of execution: its value stack, its frames, its output. One per OS thread that
// runs the language or touches its objects.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "vm/deadlock.hpp"
#include "vm/function.hpp"
#include "vm/output.hpp"
#include "vm/waiting.hpp"

namespace interlox::vm {

/// One call in progress.
struct Frame {
  const Instruction* ip;   // the next instruction, valid while a callee runs
  Value* registers;        // R[0]
  const Value* constants;  // those of the closure's function, at hand for when a callee returns
  const Closure* closure;
};

/// What a thread's calls may use; set once, before threads are made.
struct StackSizes {
  std::size_t bytes = 32 << 20;  // of variables and operands: four million of them

  /// Of a thread that a program starts, for what C++ calls there.
  std::size_t native_bytes() const noexcept;
  /// Calls that may be in progress.
  std::size_t frames() const noexcept;

  static constexpr std::size_t kLeast = 256 << 10;
};

/// What one OS thread needs to run code. Used by its own thread only, once that has it.
class Thread {
 public:
  /// What a thread is for: to run programs, or to serve them (is_service()).
  enum class Role : std::uint8_t { program, service };

  /// Memory for a thread's stacks; its own thread is to take it with a ThreadScope. Throws gc::OutOfMemory,
  /// and std::system_error when there is no room for the stacks. On a registered thread.
  static std::unique_ptr<Thread> make(std::shared_ptr<Output> output, Role role = Role::program);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  /// The calling thread's. A ThreadScope must be alive on this thread.
  static Thread& current() noexcept;

  /// Whether there is one.
  static bool exists() noexcept;

  Output& output() noexcept { return *output_; }
  const std::shared_ptr<Output>& shared_output() const noexcept { return output_; }
  /// Redirects print of this thread (threads it starts inherit the output at their start).
  void set_output(std::shared_ptr<Output> output) noexcept { output_ = std::move(output); }

  /// What no other thread of the process has, or had.
  std::uint64_t identity() const noexcept { return identity_; }
  /// Serves programs, but is none of their threads: no part of a deadlock, not to be interrupted.
  bool is_service() const noexcept { return is_service_; }
  /// Where this thread sleeps. Any thread.
  Parker& parker() const noexcept { return *parker_; }

  /// What to call it in reports, such as "<Thread 3>"; set before it can block.
  const std::string& description() const noexcept { return description_; }
  void describe(std::string description) { description_ = std::move(description); }
  /// What a report shows below the thread's frames: those of a language that this one is embedded in. Each
  /// line starts with a newline. Called on another thread while this one is blocked.
  using HostFrames = std::string (*)(const void* host);
  void set_host_frames(HostFrames frames, const void* host) noexcept {
    host_frames_ = frames;
    host_ = host;
  }
  std::string host_frames() const { return host_frames_ == nullptr ? std::string() : host_frames_(host_); }

  /// For all threads made from now on. Before any but the main one is.
  static void set_stack_sizes(StackSizes sizes) noexcept;
  static const StackSizes& stack_sizes() noexcept;

  /// Reports a run-time error from a native function: returns the absent value, which the
  /// native hands on.
  Value raise(std::string message);

  // The runtime (interpreter.cpp, thread.cpp) defines what is below.
  struct State;
  State& state() noexcept { return *state_; }
  const State& state() const noexcept { return *state_; }

 private:
  friend class ThreadScope;
  friend class Deadlocks;
  Thread(std::shared_ptr<Output> output, Role role);

  State* state_;
  std::shared_ptr<Output> output_;
  std::uint64_t identity_;
  const bool is_service_;
  bool is_spawned_ = false;  // by a program; else a thread of the host, which may come back
  Parker* parker_ = nullptr;
  std::string description_;
  HostFrames host_frames_ = nullptr;
  const void* host_ = nullptr;
  Thread* next_ = nullptr;  // both are Deadlocks'
  Thread* previous_ = nullptr;
};

/// Registers the calling thread with the collector and gives it a Thread for as long as the
/// scope lives. Nests: an inner scope does nothing. Throws std::system_error when there is
/// no memory for the stacks.
class ThreadScope {
 public:
  explicit ThreadScope(std::shared_ptr<Output> output = StandardOutput::instance());
  /// On a thread that has none yet, and is registered: takes the one that its maker has made for it. The
  /// maker has told Deadlocks that it is starting, if it is one of programs. Can't fail.
  explicit ThreadScope(std::unique_ptr<Thread> thread) noexcept;
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  void adopt(std::unique_ptr<Thread> thread) noexcept;

  gc::ThreadScope registration_;
  std::unique_ptr<Thread> made_;
};

/// Starts a thread of programs, which takes `thread` and runs body(args...); nobody waits for it but who is
/// told by the body. Body and arguments lie in scanned memory. Throws as gc::start_detached_thread(); nothing
/// has started then.
template <class Body, class... Args>
void start_program_thread(std::unique_ptr<Thread> thread, Body body, Args... args) {
  Deadlocks::instance().starting();
  try {
    gc::start_detached_thread(
        Thread::stack_sizes().native_bytes(),
        [body](Thread* own, Args... mine) {
          const ThreadScope scope{std::unique_ptr<Thread>(own)};
          body(std::move(mine)...);
        },
        thread.get(), std::move(args)...);
  } catch (...) {
    Deadlocks::instance().not_started();
    throw;
  }
  static_cast<void>(thread.release());
}

}  // namespace interlox::vm
