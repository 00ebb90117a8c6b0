// SPDX-License-Identifier: BSD-3-Clause
// Threads as values of programs: what spawn() gives.
#pragma once

#include <cstdint>
#include <type_traits>

#include "vm/object.hpp"
#include "vm/thread.hpp"
#include "vm/waiting.hpp"

namespace interlox::vm {

/// A thread that a program has started, and what becomes of it.
///
/// Invariants
///   I1  Until its end has come only the thread itself touches what it ends with, which the end publishes and
///       which never changes again.
///   I2  The thread itself keeps this object until it has ended.
struct SpawnedThread : Object {
  /// Starts a thread that calls `callee`, which can be called, with the arguments, which are where the
  /// collector sees them. What it prints goes where the calling thread's prints go. Throws gc::OutOfMemory,
  /// std::bad_alloc, and std::system_error if there can be no thread or no memory for its stacks.
  static SpawnedThread* start(Thread& parent, Value callee, const Value* arguments, std::uint32_t count);

  /// Waits for its end: what the callee returned; or absent, with its error raised again in `caller`, below
  /// the frames of the thread those of the caller. Any thread, any number of times; an error if that is the
  /// thread itself, or if the wait is interrupted. Happens after all that the thread did.
  Value join(Thread& caller);

  /// 1 for the first of the process, 2 for the second.
  std::uint64_t id() const noexcept { return id_; }
  /// Whether it has ended. Wait-free.
  bool is_done() const noexcept { return end_.has_come(); }

 private:
  friend class HeapWalk;

  SpawnedThread() noexcept;
  void run(Thread& thread) noexcept;
  void fail(Thread& thread);

  std::uint64_t id_;
  std::uint64_t identity_ = 0;  // of its Thread
  // What it is to call; gone once it does.
  Value callee_;
  Value* arguments_ = nullptr;
  std::uint32_t count_ = 0;
  // How it ended: the result; or absent, what was thrown, and the trace (trace.hpp).
  Value result_;
  Value thrown_;
  Value trace_;
  const Symbol* hint_name_ = nullptr;
  Value hint_receiver_;
  std::uint64_t unjoined_ = 0;  // the error's number among UnjoinedErrors

  ThreadEnd end_;
};

static_assert(std::is_trivially_destructible_v<SpawnedThread>);

}  // namespace interlox::vm
