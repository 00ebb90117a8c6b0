// SPDX-License-Identifier: BSD-3-Clause
// The whole-map checker: walks a quiet map and names the invariant that is broken.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#include "trie/node.hpp"

namespace interlox::trie::detail {

/// Checks the invariants of tree.hpp that a state at rest can show (I1 to I9) on a map that no other thread
/// is changing. Calls the hash and key equality, under no lock.
template <class Tree>
class Checker {
  using RootNode = typename Tree::RootNode;
  using LeafNode = typename Tree::LeafNode;
  using EntryNode = typename Tree::EntryNode;
  using LinkNode = typename Tree::LinkNode;

 public:
  explicit Checker(const Tree& tree) : tree_(tree) {}

  /// Nothing, or a sentence that begins with the invariant, as "I3: ...".
  std::optional<std::string> run() {
    RootNode* const root = tree_.root();
    if (!root->try_begin()) return broken("I4", "the root is being replaced though the map is quiet", root);
    root->end(false);
    for (std::size_t i = 0; i < root->size(); ++i) {
      const std::uint64_t first = static_cast<std::uint64_t>(i) << (kHashBits - root->bits());
      if (Fault fault = visit(root->at(i), first, root->bits(), false)) return fault;
    }
    const std::size_t counted = tree_.books().entries();
    if (counted == entries_) return std::nullopt;
    std::ostringstream text;
    text << counted << " entries are counted, but " << entries_ << " can be reached";
    return broken("I9", text.str(), root);
  }

 private:
  using Fault = std::optional<std::string>;

  static Fault broken(const char* invariant, const std::string& what, const void* where) {
    std::ostringstream text;
    text << invariant << ": " << what << " (node " << where << ")";
    return text.str();
  }

  // Whether it is the view of a weak key (canonical_set.hpp) whose target is gone: there is nothing to hash.
  template <class View>
  static bool is_dead(const View& view) {
    if constexpr (requires { view.is_dead(); }) return view.is_dead();
    return false;
  }

  // A slot that speaks for the hashes that share their first `depth` bits with `first`.
  Fault visit(const typename Tree::Slot& slot, std::uint64_t first, unsigned depth, bool in_branch) {
    const Word word = Tree::read(slot);
    if (is_frozen(word)) return broken("I4", "a slot is frozen though nobody resizes", &slot);
    if (word == 0) {
      return in_branch ? broken("I6", "a slot of a branch is null", &slot) : std::nullopt;
    }
    if (is_branch(word)) {
      const auto* const branch = Tree::branch_of(word);
      if (branch->base != depth) return broken("I1", "a branch of another bit", branch);
      if (depth >= Header::kMaxDepth) return broken("I6", "a branch below the last level", branch);
      if (Fault fault = visit(branch->slots[0], first, depth + 1, true)) return fault;
      return visit(branch->slots[1], first | (std::uint64_t{1} << (kHashBits - 1 - depth)), depth + 1, true);
    }
    if (is_direct(word)) {
      if (in_branch) return broken("I5", "a direct entry in a branch", Tree::entry_of(word));
      return visit(Tree::entry_of(word), first, depth);
    }
    return visit(*Tree::leaf_of(word), first, depth);
  }

  Fault visit(const LeafNode& leaf, std::uint64_t first, unsigned depth) {
    const Header header = leaf.header();
    if (header.is_dead()) return broken("I2", "a dead leaf can be reached", &leaf);
    if (header.is_locked()) return broken("I2", "a lock is held though the map is quiet", &leaf);
    if (header.depth() > depth) return broken("I1", "a leaf for fewer hashes than its slot", &leaf);
    const std::uint64_t begin = range_begin(first, header.depth());
    if (&leaf == last_) {  // its slots are side by side
      return begin == last_begin_ ? std::nullopt
                                  : broken("I1", "a leaf in a slot outside of its range", &leaf);
    }
    last_ = &leaf;
    last_begin_ = begin;
    if (begin != first) return broken("I1", "a leaf is missing in a slot of its range", &leaf);
    if (Fault fault = visit_range(leaf, begin, header.depth())) return fault;
    for (unsigned i = 0; i < Header::kCells; ++i) {
      if (Fault fault = visit_cell(leaf, i, begin)) return fault;
    }
    return std::nullopt;
  }

  // Every slot of the leaf's range holds it.
  Fault visit_range(const LeafNode& leaf, std::uint64_t begin, unsigned depth) {
    const std::uint64_t end = range_end(begin, depth);
    for (std::uint64_t position = begin;;) {
      const auto place = tree_.locate(position);
      if (place.word != to_word(&leaf))
        return broken("I1", "a leaf is missing in a slot of its range", &leaf);
      const std::uint64_t last = range_end(position, place.depth);
      if (last >= end) return std::nullopt;
      position = last + 1;
    }
  }

  Fault visit_cell(const LeafNode& leaf, unsigned index, std::uint64_t begin) {
    const Header header = leaf.header();
    const Word cell = leaf.cell(index);
    if ((cell == 0) != (header.fingerprint_of(index) == 0)) {
      return broken("I3", "a fingerprint without a pointer, or the other way round", &leaf);
    }
    if (cell == 0) return std::nullopt;
    const std::uint64_t hash = container_of(cell)->hash;
    if (Header::fingerprint(hash) != header.fingerprint_of(index)) {
      return broken("I3", "a fingerprint of another hash", &leaf);
    }
    for (unsigned other = 0; other < index; ++other) {
      const Word beside = leaf.cell(other);  // once: beside writers it may be gone a moment later
      if (beside != 0 && container_of(beside)->hash == hash) {
        return broken("I7", "one hash in two cells", &leaf);
      }
    }
    if ((cell & kChain) == 0) return visit(Tree::entry_of(cell), begin, header.depth());
    return visit(Tree::link_of(cell), begin, header.depth());
  }

  Fault visit(const EntryNode* entry, std::uint64_t first, unsigned depth) {
    ++entries_;
    if (range_begin(entry->hash, depth) != first) {
      return broken("I1", "an entry in a slot of other hashes", entry);
    }
    const auto view = tree_.traits().view(entry->key());
    if (is_dead(view)) return std::nullopt;
    if (tree_.traits().hash(view, tree_.seed()) != entry->hash) {
      return broken("I8", "a key does not have the hash stored with it", entry);
    }
    if (!tree_.traits().equal(entry->key(), view)) return broken("I8", "a key is not equal to itself", entry);
    return std::nullopt;
  }

  Fault visit(const LinkNode* head, std::uint64_t first, unsigned depth) {
    // (10) of tree.hpp, all loads here
    for (const LinkNode* link = head; link != nullptr; link = link->next.load(std::memory_order_acquire)) {
      const EntryNode* const entry = link->entry.load(std::memory_order_acquire);
      if (entry == nullptr) return broken("I7", "a removed link is still in its chain", link);
      if (link->hash != head->hash || entry->hash != link->hash) {
        return broken("I7", "a chain of two hashes", link);
      }
      if (Fault fault = visit(entry, first, depth)) return fault;
      const auto view = tree_.traits().view(entry->key());
      if (is_dead(view)) continue;
      for (const LinkNode* other = link->next.load(std::memory_order_acquire); other != nullptr;
           other = other->next.load(std::memory_order_acquire)) {
        const EntryNode* const twin = other->entry.load(std::memory_order_acquire);
        if (twin != nullptr && tree_.traits().equal(twin->key(), view)) {
          return broken("I7", "one key twice in a chain", link);
        }
      }
    }
    return std::nullopt;
  }

  const Tree& tree_;
  const LeafNode* last_ = nullptr;
  std::uint64_t last_begin_ = 0;
  std::size_t entries_ = 0;
};

}  // namespace interlox::trie::detail
