// SPDX-License-Identifier: BSD-3-Clause
#include "vm/atomic.hpp"

#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

Atomic* Atomic::make(Value v) { return ::new (gc::allocate(sizeof(Atomic))) Atomic(v); }

bool Atomic::compare_and_set(Value old, Value v) noexcept {
  std::uint64_t seen = word_.load();  // (1) if it differs
  while (equal(Value::from_bits(seen), old)) {
    if (word_.compare_exchange_weak(seen, v.bits())) return true;  // (1); otherwise `seen` is read anew
  }
  return false;
}

Value Atomic::add(double n) noexcept {
  std::uint64_t seen = word_.load();  // (1) if it is no number
  for (;;) {
    const Value before = Value::from_bits(seen);
    if (!before.is_number()) return before;
    const Value sum = Value::number(before.as_number() + n);
    if (word_.compare_exchange_weak(seen, sum.bits())) return sum;  // (1), as above
  }
}

}  // namespace interlox::vm
