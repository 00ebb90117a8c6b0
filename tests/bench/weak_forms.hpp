// SPDX-License-Identifier: BSD-3-Clause
// The forms of a weak reference behind one face: a block of 16 bytes that is not scanned, its second word
// the reference. What differs is how that word is read, and who clears it.
//
// Each form has:
//   kForm
//   Registry         what knows all references of one measurement
//   Block            made by make_block<Ref>(), with the token given
//   watch(registry, block, target), get(block)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/weak.hpp"
#include "tests/bench/weak_run.hpp"
#include "tests/support/reference/weak_links.hpp"

namespace interlox::bench {

/// gc::WeakCell.
struct CellRef {
  static constexpr Form kForm = Form::kCell;
  using Block = gc::WeakBlock;
  struct Registry {
    gc::WeakRegistry cells{gc::WeakRegistry::Tokens::kKeep};
  };
  static void watch(Registry& registry, Block& block, void* target) {
    registry.cells.watch(block.cell, target);
  }
  static void* get(const Block& block) noexcept { return block.cell.get(); }
};

/// bdwgc's own, read under the heap's lock.
struct LinkRef {
  static constexpr Form kForm = Form::kLink;
  using Block = gc::reference::WeakLinkBlock;
  struct Registry {};
  static void watch(Registry& /*registry*/, Block& block, void* target) { block.link.watch(target); }
  static void* get(const Block& block) noexcept { return block.link.get(); }
};

/// An atomic pointer that nobody clears: for targets that live.
struct PlainRef {
  static constexpr Form kForm = Form::kPlain;
  struct Block {
    explicit Block(std::uint64_t owner_token) noexcept : token(owner_token) {}
    const std::uint64_t token;
    std::atomic<void*> pointer{nullptr};
  };
  struct Registry {};
  static void watch(Registry& /*registry*/, Block& block, void* target) {
    block.pointer.store(target, std::memory_order_release);
  }
  static void* get(const Block& block) noexcept { return block.pointer.load(std::memory_order_acquire); }
};

/// What weak references refer to: an object of two words.
struct Thing {
  std::uint64_t number;
  std::uint64_t unused;
};

[[nodiscard]] inline Thing* make_thing(std::uint64_t number) {
  return ::new (gc::allocate(sizeof(Thing))) Thing{number, 0};
}

template <class Ref>
[[nodiscard]] typename Ref::Block* make_block(std::uint64_t token) {
  using Block = typename Ref::Block;
  return ::new (gc::allocate_pointer_free(sizeof(Block))) Block(token);
}

/// Blocks and targets, in the order of their allocation: each block lies beside its target in age.
template <class Ref>
struct Heap {
  explicit Heap(std::size_t count) {
    blocks.reserve(count);
    targets.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      targets.push_back(make_thing(i));
      blocks.push_back(make_block<Ref>(i));
    }
  }

  void watch(typename Ref::Registry& registry, std::size_t i) {
    Ref::watch(registry, *blocks[i], targets[i]);
  }

  gc::RootVector<typename Ref::Block*> blocks;
  gc::RootVector<Thing*> targets;
};

}  // namespace interlox::bench
