// SPDX-License-Identifier: BSD-3-Clause
// Locks of programs.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>

#include "vm/object.hpp"
#include "vm/thread.hpp"
#include "vm/waiting.hpp"

namespace interlox::vm {

/// A lock that one thread has at a time. Not recursive.
///
/// Invariants (all fields are guarded by mutex_)
///   I1  The owner is the thread that has the lock; only it gives the lock up.
///   I2  A lock that is given up while threads wait is free for whoever comes first, and the first of them is
///       woken to try. One that comes too late waits at the front of the list, and is handed the lock
///       next time. So a busy lock does not cost a switch of threads each time it is taken, and nobody who
///       has been woken is passed over twice.
///
/// What a thread did before it gave the lock up happens before what the next owner does.
struct Mutex : Object {
  enum class Outcome : std::uint8_t { done, is_owner, is_not_owner, is_free, interrupted };

  /// Throws gc::OutOfMemory.
  static Mutex* make();

  /// Takes the lock, waiting for it: `done`, `is_owner` (nothing has changed) or `interrupted`.
  Outcome lock(Thread& thread) noexcept;
  /// Gives it up: `done`, or nothing has changed: `is_not_owner`, `is_free`.
  Outcome unlock(Thread& thread) noexcept;

 private:
  Mutex() noexcept : Object(ObjectKind::mutex) {}

  static_assert(std::is_trivially_destructible_v<std::mutex>);
  std::mutex mutex_;
  std::optional<std::uint64_t> owner_;  // the identity of a thread
  WaiterList waiters_;
};

static_assert(std::is_trivially_destructible_v<Mutex>);

}  // namespace interlox::vm
