// SPDX-License-Identifier: BSD-3-Clause
// Cleanups: what is to be done once an object is unreachable, after Go's runtime.AddCleanup.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "gc/weak.hpp"
#include "vm/object.hpp"
#include "vm/output.hpp"

namespace interlox::vm {

/// One cleanup: `action`, with `argument`, runs once, on the cleanup thread, after `target` has become
/// unreachable. By then the target is gone: nothing brings it back, and the argument can't be it. So two
/// objects that refer to each other, and chains of any length, go in one collection.
///
/// Invariants
///   I1  `state` leaves kArmed once. Whoever moves it owns action, argument and output from then on.
///   I2  From add() until it has run or was stopped a record is on the list of all, which keeps it: so the
///       address that is its cell's token is that of a record. A stopped one whose cell was cleared before
///       stays on the list until the cleanup thread has seen the token.
///   I3  The record does not refer to the target but by the cell.
///
/// What runs at a program's end: nothing. Cleanups that are pending then are dropped.
struct Cleanup : Object {
  /// Has `action` called with `argument` when `target` is dead; an action that is a channel is sent the
  /// argument instead (a closed one drops it). What the action prints goes where the calling thread's prints
  /// go; an error of it is reported there (Output::report). The first call starts the cleanup thread. Throws
  /// gc::OutOfMemory, std::bad_alloc, and std::system_error if there can be no thread. Any registered thread.
  static Cleanup* add(Object* target, Value action, Value argument);

  /// Keeps it from running; true if that comes in time: it has not begun to run, nor was it stopped before.
  /// Any registered thread; blocks for a moment.
  bool stop() noexcept;

 private:
  friend class CleanupThread;
  friend class HeapWalk;
  enum State : std::uint32_t { kArmed, kBegun, kStopped };

  Cleanup(Value what, Value with, std::shared_ptr<Output>* where) noexcept
      : Object(ObjectKind::cleanup), action(what), argument(with), output(where) {}
  void run() noexcept;
  bool leave_armed(State to) noexcept;
  void disown() noexcept;

  std::atomic<std::uint32_t> state{kArmed};
  Value action;
  Value argument;
  std::shared_ptr<Output>* output;  // malloc's memory
  gc::WeakBlock* block = nullptr;
  Cleanup* previous = nullptr;
  Cleanup* next = nullptr;
};

/// How many cleanups have run so far, in this process. Wait-free.
std::uint64_t cleanups_run() noexcept;

/// Whether none is due and none runs; whether there are some that have not run yet. Any thread; blocks for a
/// moment. When it goes idle, the cleanup thread calls Deadlocks::check().
bool are_cleanups_idle() noexcept;
bool are_cleanups_armed() noexcept;

/// Returns once the cleanups have run that are due, or at `deadline`; at once on the cleanup thread itself.
void await_cleanups(std::chrono::steady_clock::time_point deadline) noexcept;

}  // namespace interlox::vm
