// SPDX-License-Identifier: BSD-3-Clause
// The figures of one map.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "trie/node.hpp"

namespace interlox::trie {

/// What a walk over a map has counted, and what the map counted since it was made. Exact when no other
/// thread is changing the map, else an estimate.
struct Stats {
  std::size_t entries = 0;    ///< keys present
  std::size_t indirects = 0;  ///< inner nodes of any kind: the root, branches, leaves, links of chains
  std::size_t max_depth = 0;  ///< depths.size()
  std::vector<std::size_t>
      depths;                ///< depths[d - 1]: entries d hops from the root: 1 direct, 2 in a leaf of the
                             ///< root, one more for each branch; a chain is as deep as its leaf's entries
  std::size_t overflow = 0;  ///< entries whose full hash another entry shares
  std::size_t bytes = 0;     ///< asked of the policy for the nodes and entries that are linked now
  std::size_t retired = 0;   ///< nodes and entries unlinked since the map was made, by clear too
};

/// The figures of a canonical set. `entries` and all else that a walk counts include dead entries.
struct CanonicalStats : Stats {
  std::size_t live = 0;       ///< entries whose element is not known to be dead
  std::size_t dead = 0;       ///< entries whose element is dead, not removed yet
  std::uint64_t hits = 0;     ///< times that make() has found its element
  std::uint64_t misses = 0;   ///< times that make() has made it: live + dead + pruned
  std::uint64_t cleared = 0;  ///< entries whose element has died so far
  std::uint64_t pruned = 0;   ///< of these, removed
};

namespace detail {

/// Walks a tree and adds up Stats. Takes no lock; safe beside writers.
template <class Tree>
class StatsWalk {
  using LeafNode = typename Tree::LeafNode;
  using RootNode = typename Tree::RootNode;

 public:
  explicit StatsWalk(const Tree& tree) : tree_(tree) {}

  Stats run() {
    RootNode* const root = tree_.root();
    add_node(RootNode::bytes(root->bits()));
    for (std::size_t i = 0; i < root->size(); ++i) visit(Tree::read(root->at(i)), 1);
    stats_.max_depth = stats_.depths.size();
    stats_.retired = tree_.books().retirements();
    return stats_;
  }

 private:
  void add_node(std::size_t bytes) {
    ++stats_.indirects;
    stats_.bytes += bytes;
  }

  void visit(Word slot, std::size_t depth) {
    if (is_branch(slot)) {
      auto* const branch = Tree::branch_of(slot);
      add_node(sizeof(*branch));
      for (const auto& below : branch->slots) visit(Tree::read(below), depth + 1);
    } else if (is_direct(slot)) {
      count(Tree::entry_of(slot), depth);
    } else if (const LeafNode* const leaf = Tree::leaf_of(slot); leaf != nullptr && leaf != last_) {
      last_ = leaf;  // the slots that one leaf stands in are side by side
      add_node(sizeof(*leaf));
      for (unsigned i = 0; i < Header::kCells; ++i) visit_cell(leaf->cell(i), depth + 1);
    }
  }

  void visit_cell(Word cell, std::size_t depth) {
    if (cell == 0) return;
    if ((cell & kChain) == 0) return count(Tree::entry_of(cell), depth);
    std::size_t sharing = 0;
    for (const auto* link = Tree::link_of(cell); link != nullptr;
         link = link->next.load(std::memory_order_acquire)) {  // (10) of tree.hpp
      add_node(sizeof(*link));
      const auto* const entry = link->entry.load(std::memory_order_acquire);  // (10) of tree.hpp
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
  const LeafNode* last_ = nullptr;
  Stats stats_;
};

}  // namespace detail
}  // namespace interlox::trie
