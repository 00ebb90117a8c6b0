// SPDX-License-Identifier: BSD-3-Clause
// Many loads at once: each one's cache misses happen during the others'. Part of HashTrieMap::load_many.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trie/node.hpp"

namespace interlox::trie::detail {

/// Up to kMost lookups that go down the trie side by side, in stages: each stage asks for the memory that
/// the next one reads, for all of them, so that a lookup waits for one miss in kMost. The words that it keeps
/// are on the stack of the thread, where a collector sees them.
template <class Tree>
class Batch {
 public:
  using EntryNode = typename Tree::EntryNode;
  static constexpr std::size_t kMost = 16;

  explicit Batch(const Tree& tree) noexcept : tree_(tree), root_(tree.root()) {}

  /// Stage 1: the slot of the root.
  void start(std::size_t i, std::uint64_t hash) noexcept {
    hashes_[i] = hash;
    __builtin_prefetch(&root_->slot(hash));
  }

  /// Stage 2: through the branches to the leaf, or the direct entry.
  void descend(std::size_t i) noexcept {
    Word word = Tree::read(root_->slot(hashes_[i]));
    while (is_branch(word)) word = Tree::read(Tree::branch_of(word)->slot(hashes_[i]));
    words_[i] = word;
    __builtin_prefetch(container_of(word));
  }

  /// Stage 3: the first entry whose fingerprint matches. Where it crosses a line, the end of its key is in
  /// the second one.
  void match(std::size_t i) noexcept {
    if (is_direct(words_[i]) || Tree::leaf_of(words_[i]) == nullptr) return;
    const auto* const leaf = Tree::leaf_of(words_[i]);
    const std::uint64_t mask = leaf->header().matches(hashes_[i]);
    if (mask == 0) return;
    const auto* const entry =
        reinterpret_cast<const std::byte*>(container_of(leaf->cell(Header::first(mask))));
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 32);
  }

  /// Stage 4: the entry of the query, or null. As Tree::find() from the same slot, so it linearizes as that.
  template <class Q>
  const EntryNode* finish(std::size_t i, const Q& query) const {
    return tree_.find_in(words_[i], hashes_[i], query);
  }

 private:
  const Tree& tree_;
  typename Tree::RootNode* const root_;
  std::uint64_t hashes_[kMost];
  Word words_[kMost];
};

}  // namespace interlox::trie::detail
