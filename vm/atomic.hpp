// SPDX-License-Identifier: BSD-3-Clause
// A variable that threads share and change in single steps.
#pragma once

#include <atomic>
#include <cstdint>

#include "vm/object.hpp"

namespace interlox::vm {

/// A value of the language, whichever, in one word.
///
/// Every operation is linearizable and lock-free: an attempt that has to be repeated means that another
/// thread has changed the value. Each takes effect at its one access to the word that succeeds, marked (1).
/// Any thread.
///
/// All accesses are sequentially consistent, not only those that need it for the sake of one word: set() has
/// taken effect for all threads when it returns, so that of two threads that each set an atomic of their own
/// and then get the other's, at least one sees what the other has set. This also makes the object behind a
/// reference visible to whoever gets it.
///
/// Under the collector: the word is scanned like a field. Whoever compares a value keeps it, on its stack,
/// from being collected, so that the same bits are the same value when they are exchanged.
struct Atomic : Object {
  /// Throws gc::OutOfMemory.
  static Atomic* make(Value v);

  Value get() const noexcept { return Value::from_bits(word_.load()); }  // (1)
  void set(Value v) noexcept { word_.store(v.bits()); }                  // (1)
  /// The value before.
  Value swap(Value v) noexcept { return Value::from_bits(word_.exchange(v.bits())); }  // (1)

  /// Sets `v` if the value equals `old` by the language's equality; whether it does. A nan equals nothing.
  bool compare_and_set(Value old, Value v) noexcept;

  /// Adds `n` to the value and gives the sum. A value that is no number stays, and is what this gives.
  Value add(double n) noexcept;

 private:
  explicit Atomic(Value v) noexcept : Object(ObjectKind::atomic), word_(v.bits()) {}

  std::atomic<std::uint64_t> word_;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace interlox::vm
