// SPDX-License-Identifier: BSD-3-Clause
#include "vm/shape.hpp"

#include <bit>
#include <cassert>
#include <limits>
#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

namespace detail {
constinit std::atomic<std::uint64_t> shape_counter{kFirstInstanceShape};
}  // namespace detail

std::uint32_t next_shape() {
  // relaxed: the number itself is all that is shared
  const std::uint64_t shape = detail::shape_counter.fetch_add(1, std::memory_order_relaxed);
  if (shape > std::numeric_limits<std::uint32_t>::max()) throw ShapesExhausted();
  return static_cast<std::uint32_t>(shape);
}

NameTable* NameTable::make(std::uint32_t count) {
  // At most three quarters full (I2). A table for no name is full from the start.
  const std::uint32_t slots = std::bit_ceil((4 * count + 2) / 3);
  void* const memory = gc::allocate(sizeof(NameTable) + (slots - 1) * sizeof(Entry));
  return ::new (memory) NameTable(slots - 1);  // the other entries are zero as allocated
}

void NameTable::put(const Symbol* name, std::uint64_t word) noexcept {
  std::uint32_t i = first(name);
  // relaxed: only this thread writes names (I3)
  while (entries_[i].name.load(std::memory_order_relaxed) != nullptr) i = (i + 1) & mask_;
  entries_[i].word = word;
  entries_[i].name.store(name,
                         std::memory_order_release);  // (2) release: the word first (I1); pairs with (1)
  ++count_;
}

void NameTable::insert(std::atomic<NameTable*>& published, const Symbol* name, std::uint64_t word) {
  NameTable* table = published.load(std::memory_order_relaxed);  // relaxed: only the lock's holder stores it
  assert(table == nullptr || table->find(name) == nullptr);
  const bool full = table == nullptr || (table->count_ + 1) * 4 > (table->mask_ + 1) * 3;
  if (!full) {
    table->put(name, word);
    return;
  }
  NameTable* const larger = make(table == nullptr ? 3 : table->count_ * 2);
  if (table != nullptr) {
    table->for_each([&](const Symbol* n, std::uint64_t w) { larger->put(n, w); });
  }
  larger->put(name, word);
  published.store(larger, std::memory_order_release);  // pairs with the readers' acquire loads of `published`
}

}  // namespace interlox::vm
