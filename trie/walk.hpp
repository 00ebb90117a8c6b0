// SPDX-License-Identifier: BSD-3-Clause
// A walk over all memory of a map, for whoever accounts for memory.
#pragma once

#include <atomic>
#include <cstddef>

#include "trie/books.hpp"
#include "trie/node.hpp"

namespace interlox::trie::detail {

/// Shows a visitor all nodes that are linked. Takes no lock, allocates nothing, and stops for nobody; beside
/// writers it may mix moments.
///
///   visitor.block(address, bytes)   for each node, once (twice, beside a writer that replaces it); `bytes`
///                                   of it will be read. One that it answers false about is left alone, with
///                                   all below it.
///   visitor.entry(key, value)       for each entry that it has accepted, with the key as its Traits show it.
template <class Tree, class Visitor>
class MemoryWalk {
  using RootNode = typename Tree::RootNode;
  using LeafNode = typename Tree::LeafNode;
  using LinkNode = typename Tree::LinkNode;
  using EntryNode = typename Tree::EntryNode;

 public:
  MemoryWalk(const Tree& tree, Visitor& visitor) : tree_(tree), visitor_(visitor) {}

  void run() {
    visitor_.block(&tree_.books(), sizeof(tree_.books()));
    RootNode* const root = tree_.root();
    if (!visitor_.block(root, sizeof(RootNode)) || root->bits() > RootNode::kMaxBits) return;
    if (!visitor_.block(root, RootNode::bytes(root->bits()))) return;
    for (std::size_t i = 0; i < root->size(); ++i) slot(Tree::read(root->at(i)), root->bits());
  }

 private:
  void slot(Word word, unsigned depth) {
    if (is_branch(word)) {
      const auto* const branch = Tree::branch_of(word);
      if (depth >= kHashBits || !visitor_.block(branch, sizeof(*branch))) return;
      for (const auto& below : branch->slots) slot(Tree::read(below), depth + 1);
    } else if (is_direct(word)) {
      entry(Tree::entry_of(word));
    } else if (const LeafNode* const leaf = Tree::leaf_of(word); leaf != nullptr && leaf != last_) {
      last_ = leaf;  // the slots that one leaf stands in are side by side
      if (!visitor_.block(leaf, sizeof(*leaf))) return;
      for (unsigned i = 0; i < Header::kCells; ++i) cell(leaf->cell(i));
    }
  }

  void cell(Word word) {
    if (word == 0) return;
    if ((word & kChain) == 0) return entry(Tree::entry_of(word));
    const LinkNode* link = Tree::link_of(word);
    // (10) of tree.hpp, both loads
    while (link != nullptr && visitor_.block(link, sizeof(*link))) {
      if (const EntryNode* const held = link->entry.load(std::memory_order_acquire)) entry(held);
      link = link->next.load(std::memory_order_acquire);
    }
  }

  void entry(const EntryNode* node) {
    if (!visitor_.block(node, sizeof(EntryNode))) return;
    visitor_.entry(tree_.traits().view(node->key()), node->value.seen().value());
  }

  const Tree& tree_;
  Visitor& visitor_;
  const LeafNode* last_ = nullptr;
};

}  // namespace interlox::trie::detail
