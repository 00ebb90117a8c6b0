// SPDX-License-Identifier: BSD-3-Clause
// Shapes and name tables: what makes an instance's fields and a class's methods findable by
// any number of threads without a lock.
//
// A shape is a number that stands for "an instance of this class with that many cells of its
// own". A class has one field layout, which only grows; as it outgrows the instances made so
// far, the class takes a new shape for the next ones. So an inline cache that says "shape s
// has the field in cell n" is true for ever, and holds no pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

#include "vm/symbol.hpp"

namespace interlox::vm {

/// All 32-bit shapes are used up: a program has made some four thousand million of them.
class ShapesExhausted : public std::exception {
 public:
  const char* what() const noexcept override { return "Too many classes."; }
};

/// A number that no shape had before, kFirstInstanceShape or above. Any thread; wait-free.
/// Throws ShapesExhausted.
std::uint32_t next_shape();

namespace detail {
/// The next shape, in 64 bits so that it can't wrap around. Tests move it.
extern constinit std::atomic<std::uint64_t> shape_counter;
}  // namespace detail

/// An insert-only map from symbols to words, in collected memory: open addressing by the
/// symbol's address, which never moves.
///
/// Invariants
///   I1  An entry's name is null, then one symbol for ever; its word is stored before.
///   I2  A table is never more than three quarters full, so a search meets a null.
///   I3  One writer at a time (its owner's lock). Growing publishes a copy; the old table is
///       not changed any more, so a reader in it misses what came later, and nothing else.
class NameTable {
 public:
  /// The entry's word, or null. Lock-free (bounded by the table's size), any thread;
  /// linearizes at the load of the name, or of the null that ends the search.
  const std::uint64_t* find(const Symbol* name) const noexcept {
    for (std::uint32_t i = first(name);; i = (i + 1) & mask_) {
      const Symbol* const here = entries_[i].name.load(std::memory_order_acquire);  // (1) pairs with (2)
      if (here == name) return &entries_[i].word;
      if (here == nullptr) return nullptr;  // I2
    }
  }

  /// Makes a table with room for `count` names. Throws gc::OutOfMemory.
  static NameTable* make(std::uint32_t count);

  /// Adds `name`, which is not there, to the table that `published` points to (null: none
  /// yet); grows it first if it is full. The caller holds the owner's lock. Throws
  /// gc::OutOfMemory, and nothing has changed then.
  static void insert(std::atomic<NameTable*>& published, const Symbol* name, std::uint64_t word);

  /// Calls visit(name, word) for each entry; no snapshot.
  template <class F>
  void for_each(F&& visit) const {
    for (std::uint32_t i = 0; i <= mask_; ++i) {
      const Symbol* const name = entries_[i].name.load(std::memory_order_acquire);  // as (1)
      if (name != nullptr) visit(name, entries_[i].word);
    }
  }

 private:
  friend class HeapWalk;

  struct Entry {
    std::atomic<const Symbol*> name;
    std::uint64_t word;  // a number, or the address of a collected object
  };

  explicit NameTable(std::uint32_t mask) noexcept : mask_(mask), entries_{} {}
  std::uint32_t first(const Symbol* name) const noexcept {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(name));
    return static_cast<std::uint32_t>((address * 0x9e3779b97f4a7c15u) >> 32) & mask_;
  }
  void put(const Symbol* name, std::uint64_t word) noexcept;

  std::uint32_t mask_;
  std::uint32_t count_ = 0;  // the writer's
  Entry entries_[1];         // mask_ + 1 of them
};

}  // namespace interlox::vm
