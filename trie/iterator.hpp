// SPDX-License-Identifier: BSD-3-Clause
// Iteration over a map that may change meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "trie/node.hpp"

namespace interlox::trie::detail {

/// A cursor over hashes: it keeps the first hash that it has not passed, never a place in the tree, and
/// looks the place up again for each step. So splits, merges, resizes and clear() can't lead it astray.
///
/// Each key at most once: hashes are met in ascending order, each in one container. A chain is walked from
/// the head that was seen: links are only ever added in front of that, and a removed link has lost its entry,
/// so a key that is removed and added again is not met twice (tree.hpp, I7).
/// A key present throughout exactly once: the slot that speaks for its hash leads to the leaf that holds it,
/// in one cell (I3), or to one that has just died and held it then; a link's `next` leads to all links that
/// were behind it and are still in the chain.
template <class Tree, class View, class Value>
class HashCursor {
  using EntryNode = typename Tree::EntryNode;
  using LinkNode = typename Tree::LinkNode;
  using LeafNode = typename Tree::LeafNode;

 public:
  struct Item {
    View key;
    Value value;
  };

  explicit HashCursor(const Tree& tree) noexcept : tree_(&tree) {}

  /// The next entry, or nothing at the end. Lock-free. Not for two threads at once.
  std::optional<Item> next() {
    for (;;) {
      while (link_ != nullptr) {
        const LinkNode* const link = link_;
        link_ = link->next.load(std::memory_order_acquire);                   // (10) of tree.hpp
        if (const auto* entry = link->entry.load(std::memory_order_acquire))  // (10) of tree.hpp
          return item(entry);
      }
      const Word container = advance();
      if (container == 0) return std::nullopt;
      if ((container & kChain) == 0) return item(Tree::entry_of(container));
      link_ = Tree::link_of(container);
    }
  }

 private:
  Item item(const EntryNode* entry) const {
    return {tree_->traits().view(entry->key()), entry->value.seen().value()};
  }

  // Moves the cursor behind the next hash that has a container; returns that, or null at the end.
  Word advance() noexcept {
    while (!done_) {
      const auto place = tree_->locate(position_);
      const std::uint64_t last = range_end(position_, place.depth);
      if (const Word found = lowest(place.word, last)) {
        pass(container_of(found)->hash);
        return found;
      }
      pass(last);
    }
    return 0;
  }

  // The container of the lowest hash from the cursor to `last` among what a slot holds.
  Word lowest(Word slot, std::uint64_t last) const noexcept {
    const auto within = [&](std::uint64_t hash) { return hash >= position_ && hash <= last; };
    if (is_direct(slot)) {
      const EntryNode* const entry = Tree::entry_of(slot);
      return within(entry->hash) ? to_word(entry) : 0;
    }
    const LeafNode* const leaf = Tree::leaf_of(slot);
    if (leaf == nullptr) return 0;
    Word found = 0;
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf->cell(i);
      if (cell == 0 || !within(container_of(cell)->hash)) continue;
      if (found == 0 || container_of(cell)->hash < container_of(found)->hash) found = cell;
    }
    return found;
  }

  void pass(std::uint64_t hash) noexcept {
    done_ = hash == std::numeric_limits<std::uint64_t>::max();
    position_ = hash + 1;
  }

  const Tree* tree_;
  const LinkNode* link_ = nullptr;  // the next link of a chain begun
  std::uint64_t position_ = 0;
  bool done_ = false;
};

}  // namespace interlox::trie::detail
