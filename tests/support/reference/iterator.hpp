// SPDX-License-Identifier: BSD-3-Clause
// Iteration over a reference map that may change meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "tests/support/reference/node.hpp"

namespace interlox::trie::reference::detail {

/// A cursor over hashes: it keeps the first hash that it has not passed, never a place in the tree, and
/// looks the place up again for each step. So splits, removals and clear() can't lead it astray.
///
/// Each key at most once: entries with a hash below the cursor are passed over, and the slot that is handed
/// out moves the cursor behind the slot's last hash. A chain is walked from the head that was seen: links
/// are only ever added in front of that, and a removed link has lost its entry, so a key that is removed
/// and added again is not met twice (tree.hpp, I5).
/// A key present throughout exactly once: the slot that speaks for its hash holds it, whatever path led
/// there (an inner node dies only empty, so never while it holds the key), and a link's `next` leads to
/// all links that were behind it and are still in the chain.
template <class Tree, class View, class Value>
class HashCursor {
  using IndirectNode = typename Tree::IndirectNode;
  using EntryNode = typename Tree::EntryNode;
  using OverflowNode = typename Tree::OverflowNode;

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
        const OverflowNode* const link = link_;
        link_ = link->next.load(std::memory_order_acquire);                   // pairs with (5) of tree.hpp
        if (const auto* entry = link->entry.load(std::memory_order_acquire))  // pairs with (5) of tree.hpp
          return item(entry);
      }
      const Node* const head = advance();
      if (head == nullptr) return std::nullopt;
      if (head->kind == Kind::kEntry) return item(static_cast<const EntryNode*>(head));
      link_ = static_cast<const OverflowNode*>(head);
    }
  }

 private:
  Item item(const EntryNode* entry) const {
    return {tree_->traits().view(entry->key()), entry->value.seen().value()};
  }

  static std::uint64_t hash_of(const Node* head) noexcept {
    return head->kind == Kind::kEntry ? static_cast<const EntryNode*>(head)->hash
                                      : static_cast<const OverflowNode*>(head)->hash;
  }

  // Moves the cursor behind the next slot that holds a hash at or above it; returns what the slot held, or
  // null at the end.
  const Node* advance() noexcept {
    while (!done_) {
      const IndirectNode* node = tree_->root();
      unsigned shift = kRootShift;
      for (bool inside = true; inside && !done_;) {
        const unsigned index = slot_index(position_, shift);
        const Node* const head = node->children[index].load(std::memory_order_acquire);  // pairs with (1)
        if (head != nullptr && head->kind == Kind::kIndirect) {
          node = static_cast<const IndirectNode*>(head);
          shift -= kBitsPerLevel;
          continue;
        }
        const bool found = head != nullptr && hash_of(head) >= position_;
        const std::uint64_t last = position_ | ((std::uint64_t{1} << shift) - 1);
        done_ = last == std::numeric_limits<std::uint64_t>::max();
        position_ = last + 1;
        if (found) return head;
        inside = index + 1 < kFanout;  // behind the node's last slot: from the root again
      }
    }
    return nullptr;
  }

  const Tree* tree_;
  const OverflowNode* link_ = nullptr;  // the next link of a chain begun
  std::uint64_t position_ = 0;
  bool done_ = false;
};

}  // namespace interlox::trie::reference::detail
