// SPDX-License-Identifier: BSD-3-Clause
// The figures of one reference map.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "tests/support/reference/node.hpp"

namespace interlox::trie::reference {

/// What a walk over a map has counted, and what the map counted since it was made. Exact when no other
/// thread is changing the map, else an estimate.
struct Stats {
  std::size_t entries = 0;    ///< keys present
  std::size_t indirects = 0;  ///< inner nodes of any kind: the root and links of chains included
  std::size_t max_depth = 0;  ///< depths.size()
  std::vector<std::size_t>
      depths;                ///< depths[d - 1]: entries d inner nodes deep; a chain is as deep as its slot
  std::size_t overflow = 0;  ///< entries whose full hash another entry shares
  std::size_t bytes = 0;     ///< asked of the policy for the nodes that are linked now
  std::size_t retired = 0;   ///< nodes and entries unlinked since the map was made, by clear too
};

namespace detail {

/// Walks a tree and adds up Stats. Takes no lock; safe beside writers.
template <class Tree>
class StatsWalk {
 public:
  explicit StatsWalk(const Tree& tree) : tree_(tree) {}

  Stats run() {
    const auto* const root = tree_.root();
    stats_.retired = tree_.retired();
    stats_.bytes += sizeof(*root) - sizeof(typename Tree::IndirectNode);
    visit(root, 1);
    stats_.max_depth = stats_.depths.size();
    return stats_;
  }

 private:
  void visit(const typename Tree::IndirectNode* node, std::size_t depth) {
    ++stats_.indirects;
    stats_.bytes += sizeof(*node);
    for (const auto& slot : node->children) {
      const Node* const child = slot.load(std::memory_order_acquire);  // pairs with (1) of tree.hpp
      if (child == nullptr) continue;
      switch (child->kind) {
        case Kind::kIndirect:
          visit(static_cast<const typename Tree::IndirectNode*>(child), depth + 1);
          break;
        case Kind::kEntry:
          count(static_cast<const typename Tree::EntryNode*>(child), depth);
          break;
        case Kind::kOverflow:
          visit(static_cast<const typename Tree::OverflowNode*>(child), depth);
          break;
      }
    }
  }

  void visit(const typename Tree::OverflowNode* link, std::size_t depth) {
    std::size_t sharing = 0;
    for (; link != nullptr;
         link = link->next.load(std::memory_order_acquire)) {  // pairs with (5) of tree.hpp
      ++stats_.indirects;
      stats_.bytes += sizeof(*link);
      const auto* const entry = link->entry.load(std::memory_order_acquire);  // pairs with (5) of tree.hpp
      if (entry == nullptr) continue;
      ++sharing;
      count(entry, depth);
    }
    if (sharing > 1) stats_.overflow += sharing;
  }

  void count(const typename Tree::EntryNode* entry, std::size_t depth) {
    ++stats_.entries;
    stats_.bytes += tree_.entry_bytes(entry);
    if (stats_.depths.size() < depth) stats_.depths.resize(depth, 0);
    ++stats_.depths[depth - 1];
  }

  const Tree& tree_;
  Stats stats_;
};

}  // namespace detail
}  // namespace interlox::trie::reference
