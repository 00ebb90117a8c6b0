// SPDX-License-Identifier: BSD-3-Clause
// A thread of execution: its value stack, its frames, its output. One per OS thread that
// runs the language or touches its objects.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "vm/function.hpp"
#include "vm/output.hpp"

namespace interlox::vm {

/// One call in progress.
struct Frame {
  const Instruction* ip;  // the next instruction, valid while a callee runs
  Value* registers;       // R[0]
  const Closure* closure;
};

/// What one OS thread needs to run code. Made by ThreadScope, used by its own thread only.
class Thread {
 public:
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

  /// Reports a run-time error from a native function: returns the absent value, which the
  /// native hands on.
  Value raise(std::string message);

  // The runtime (interpreter.cpp, thread.cpp) defines what is below.
  struct State;
  State& state() noexcept { return *state_; }

 private:
  friend class ThreadScope;
  Thread();
  ~Thread();

  State* state_;
  std::shared_ptr<Output> output_;
};

/// Registers the calling thread with the collector and gives it a Thread for as long as the
/// scope lives. Nests: an inner scope does nothing. Throws std::system_error when there is
/// no memory for the stacks.
class ThreadScope {
 public:
  explicit ThreadScope(std::shared_ptr<Output> output = StandardOutput::instance());
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  gc::ThreadScope registration_;
  Thread* made_ = nullptr;
};

}  // namespace interlox::vm
