// SPDX-License-Identifier: BSD-3-Clause
// Instances: a header that never changes, the class, and one cell a field.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>

#include "gc/heap.hpp"
#include "vm/class.hpp"

namespace interlox::vm {

/// Fields that an instance has no cell of its own for. A chain, appended to by
/// compare-and-swap and never changed otherwise; each chunk is twice as large as the one before.
struct Overflow : Object {  // capacity: its cells
  Class* klass;
  std::atomic<Overflow*> next;
  Cell cells[1];

 private:
  friend struct Instance;
  static Overflow* make(Class* klass, std::uint32_t cells);
  explicit Overflow(Class* k) noexcept : Object(ObjectKind::overflow), klass(k), next(nullptr) {}
};

/// An instance of a class of the program. A missing field is absent: the zero word, as the
/// memory comes.
///
/// Invariants
///   I1  shape and capacity never change.
///   I2  `tail` is the class, or (once, for ever) an Overflow that names the class.
///   I3  The field of slot n is cells[n] if n < capacity, else cell n - capacity of the chain.
///       Each field has this one place from the start, so no write is ever lost to a move.
struct Instance : Object {
  std::atomic<Object*> tail;
  Cell cells[1];

  /// An instance without fields. `allocation` is a word that Class::allocation had (not 0).
  /// Throws gc::OutOfMemory.
  static Instance* make(Class* klass, std::uint64_t allocation) {
    const auto capacity = static_cast<std::uint32_t>(allocation >> 32);
    void* const memory = gc::allocate(kHeaderBytes + capacity * sizeof(Cell));
    return ::new (memory) Instance(klass, static_cast<std::uint32_t>(allocation), capacity);
  }

  Class* klass() const noexcept {
    Object* const t = tail.load(std::memory_order_acquire);  // (1) pairs with (2)
    return t->is(ObjectKind::klass) ? static_cast<Class*>(t) : static_cast<Overflow*>(t)->klass;
  }

  /// The field's cell, or null if the instance has none yet (the field is absent). Lock-free.
  const Cell* find_cell(std::uint32_t slot) const noexcept;

  /// The field's cell, made if need be. Lock-free; throws gc::OutOfMemory.
  Cell* cell(std::uint32_t slot);

 private:
  static constexpr std::size_t kHeaderBytes = 16;

  Instance(Class* klass, std::uint32_t instance_shape, std::uint32_t cell_count) noexcept
      : Object(instance_shape, static_cast<std::uint16_t>(cell_count)), tail(klass) {}
};

static_assert(sizeof(Instance) == 24);

}  // namespace interlox::vm
