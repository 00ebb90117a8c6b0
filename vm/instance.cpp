// SPDX-License-Identifier: BSD-3-Clause
#include "vm/instance.hpp"

#include <algorithm>

namespace interlox::vm {
namespace {

constexpr std::uint32_t kFirstChunkCells = 5;      // a block of 64 bytes
constexpr std::uint32_t kLargestChunkCells = 509;  // 4 KB

}  // namespace

Overflow* Overflow::make(Class* klass, std::uint32_t cells) {
  const std::size_t bytes = sizeof(Overflow) + (cells - 1) * sizeof(Cell);
  auto* const chunk = ::new (gc::allocate(bytes)) Overflow(klass);
  chunk->capacity = static_cast<std::uint16_t>(cells);
  return chunk;
}

const Cell* Instance::find_cell(std::uint32_t slot) const noexcept {
  if (slot < capacity) return &cells[slot];
  Object* const t = tail.load(std::memory_order_acquire);  // pairs with (2)
  if (t->is(ObjectKind::klass)) return nullptr;
  std::uint32_t index = slot - capacity;
  const Overflow* chunk = static_cast<const Overflow*>(t);
  while (chunk != nullptr && index >= chunk->capacity) {
    index -= chunk->capacity;
    chunk = chunk->next.load(std::memory_order_acquire);  // pairs with (3)
  }
  return chunk == nullptr ? nullptr : &chunk->cells[index];
}

Cell* Instance::cell(std::uint32_t slot) {
  if (slot < capacity) return &cells[slot];
  Object* t = tail.load(std::memory_order_acquire);  // pairs with (2)
  if (t->is(ObjectKind::klass)) {
    Overflow* const fresh = Overflow::make(static_cast<Class*>(t), kFirstChunkCells);
    // (2) release: the chunk's contents first. A loser takes the winner's chunk, hence acquire; its own is
    // dropped.
    if (tail.compare_exchange_strong(t, fresh, std::memory_order_acq_rel, std::memory_order_acquire))
      t = fresh;
  }
  auto* chunk = static_cast<Overflow*>(t);
  std::uint32_t index = slot - capacity;
  while (index >= chunk->capacity) {
    index -= chunk->capacity;
    Overflow* next = chunk->next.load(std::memory_order_acquire);  // pairs with (3)
    if (next == nullptr) {
      Overflow* const fresh =
          Overflow::make(chunk->klass, std::min(kLargestChunkCells, chunk->capacity * 2u + 3));
      // (3) release, acquire: as (2)
      if (chunk->next.compare_exchange_strong(next, fresh, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
        next = fresh;
      }
    }
    chunk = next;
  }
  return &chunk->cells[index];
}

}  // namespace interlox::vm
