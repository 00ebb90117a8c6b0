// SPDX-License-Identifier: BSD-3-Clause
// How a full leaf splits. Part of tree.hpp, whose invariants and pairs it names.
#pragma once

#include <cassert>
#include <cstdint>
#include <iterator>
#include <new>

#include "trie/node.hpp"
#include "trie/policy.hpp"
#include "trie/record.hpp"

namespace interlox::trie::detail {

/// A container and its hash, to be put into a leaf.
struct Item {
  std::uint64_t hash;
  Word container;
};

/// An array of one: a single entry.
struct SingleItem {
  template <class Entry>
  explicit SingleItem(Entry* entry) noexcept : item{entry->hash, to_word(entry)} {}
  operator const Item*() const noexcept { return &item; }  // NOLINT: an array of one
  Item item;
};

/// A leaf that nobody else has seen, open or locked, with these items in its first cells.
template <class P>
Leaf<P>* make_leaf(P& policy, const Item* items, unsigned count, unsigned depth, bool locked) {
  assert(count <= Header::kCells && depth <= Header::kMaxDepth);
  Header header = Header::empty(depth);
  for (unsigned i = 0; i < count; ++i) header = header.with_cell(i, items[i].hash);
  auto* const leaf =
      ::new (policy.allocate(sizeof(Leaf<P>), true)) Leaf<P>(locked ? header.locked() : header);
  for (unsigned i = 0; i < count; ++i) leaf->set_cell(i, items[i].container);
  return leaf;
}

template <class P>
Branch<P>* make_branch(P& policy, unsigned bit, Word zero, Word one) {
  return ::new (policy.allocate(sizeof(Branch<P>), true)) Branch<P>(bit, zero, one);
}

/// The tree of eight containers of as many hashes, which share their first `depth` bits. Its leaves are born
/// locked: until the last of the old leaf's slots is replaced, nobody may change them, or a second split
/// could put the old leaf's contents back. Built before any lock is taken; on the stack of the thread that
/// splits, where a collector sees what it holds.
template <class P>
class Subtree {
 public:
  static constexpr unsigned kItems = Header::kCells + 1;

  Subtree(P& policy, const Item (&items)[kItems], unsigned depth) {
    unsigned bit = depth;
    Item sides[2][kItems];
    unsigned counts[2];
    for (;; ++bit) {
      assert(bit < kHashBits && "eight hashes that differ nowhere");
      counts[0] = counts[1] = 0;
      for (const Item& item : items) {
        const unsigned side = bit_of(item.hash, bit);
        sides[side][counts[side]++] = item;
      }
      if (counts[0] != 0 && counts[1] != 0) break;
    }
    const Word zero = add_leaf(policy, sides[0], counts[0], bit + 1);
    const Word one = add_leaf(policy, sides[1], counts[1], bit + 1);
    top_ = to_word(make_branch(policy, bit, zero, one)) | kBranch;
    while (bit-- > depth) {  // the bits that all of them share: an empty leaf on the other side
      const Word empty = add_leaf(policy, items, 0, bit + 1);
      const bool ones = bit_of(items[0].hash, bit) != 0;
      top_ = to_word(make_branch(policy, bit, ones ? empty : top_, ones ? top_ : empty)) | kBranch;
    }
  }
  Subtree(const Subtree&) = delete;
  Subtree& operator=(const Subtree&) = delete;

  /// What belongs in a slot of `depth` on the way to `hash`: the whole tree, or a part of it where the slot
  /// speaks for fewer hashes than the old leaf did.
  [[nodiscard]] Word part(std::uint64_t hash, unsigned depth) const noexcept {
    Word part = top_;
    while (is_branch(part)) {
      auto* const branch = reinterpret_cast<Branch<P>*>(part & ~kTags);
      if (branch->base >= depth) break;
      part = branch->slot(hash).load(std::memory_order_relaxed);  // relaxed: this thread made it
    }
    return part;
  }

  /// Lets others change the leaves.
  void open() noexcept {
    for (unsigned i = 0; i < count_; ++i) leaves_[i]->unlock(leaves_[i]->header().open());
  }

 private:
  Word add_leaf(P& policy, const Item* items, unsigned count, unsigned depth) {
    leaves_[count_] = make_leaf(policy, items, count, depth, true);
    return to_word(leaves_[count_++]);
  }

  Word top_ = 0;
  unsigned count_ = 0;
  Leaf<P>* leaves_[kHashBits + 1];  // two, and one for each shared bit
};

/// Puts a subtree in the place of a full leaf.
template <class Tree>
class Split {
  using P = typename Tree::PolicyType;
  using LeafNode = typename Tree::LeafNode;
  using EntryNode = typename Tree::EntryNode;
  using RootNode = typename Tree::RootNode;

 public:
  explicit Split(Tree& tree) noexcept : tree_(tree) {}

  /// Replaces a full leaf, seen open and without the hash of `entry`, by what holds its containers and that
  /// entry. False if the leaf has changed, or if clear() came first: the entry is then not linked. Sets
  /// `crowded` to a root that should grow. Throws what P::allocate throws, and has changed nothing then.
  bool run(LeafNode& leaf, const typename Tree::Sight& sight, EntryNode* entry, RootNode*& crowded) {
    Item items[Subtree<P>::kItems];
    items[Header::kCells] = {entry->hash, to_word(entry)};
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf.cell(i);
      if (cell == 0) return false;
      items[i] = {container_of(cell)->hash, cell};
    }
    if (!all_differ(items)) return false;  // the leaf is being changed: a hash was seen in two cells
    const unsigned depth = sight.header.depth();
    Subtree<P> subtree(tree_.policy_, items, depth);
    P::yield_point();
    if (!leaf.try_lock(sight.header, sight.header.locked())) return false;
    for (unsigned i = 0; i < Header::kCells; ++i) {
      if (leaf.cell_held(i) == items[i].container) continue;
      leaf.unlock(sight.header);
      return false;
    }
    const bool linked = install(leaf, depth, subtree, entry->hash, crowded);
    tree_.end_leaf(leaf, sight.header);
    subtree.open();
    tree_.retire(&leaf);
    note<P>(StructureEvent::kSplit);
    Record<Tree>(tree_).structure(StructureEvent::kSplit);
    return linked;
  }

 private:
  static bool all_differ(const Item (&items)[Subtree<P>::kItems]) noexcept {
    for (const Item* one = items; one != std::end(items); ++one) {
      for (const Item* other = items; other != one; ++other) {
        if (one->hash == other->hash) return false;
      }
    }
    return true;
  }

  /// Needs the leaf's lock. Puts the parts of the subtree into all slots that hold the leaf (I1). Returns
  /// whether `hash` has found its place; it has not if clear() came first, and the slots that are left then
  /// keep the old leaf, for close() to take care of.
  bool install(LeafNode& leaf, unsigned depth, const Subtree<P>& subtree, std::uint64_t hash,
               RootNode*& crowded) {
    leaf.assert_held();
    const Word old = to_word(&leaf);
    const std::uint64_t last = range_end(hash, depth);
    bool linked = false;
    for (std::uint64_t position = range_begin(hash, depth);;) {
      const typename Tree::Place place = tree_.locate(position);
      const std::uint64_t end = range_end(position, place.depth);
      if ((place.word & ~kFrozen) == old) {
        if (is_frozen(place.word)) {
          tree_.await_resize(place.root);
          continue;
        }
        const Word part = subtree.part(position, place.depth);
        if (!tree_.exchange(*place.slot, old, part)) continue;
        linked = linked || (hash >= position && hash <= end);
        if (is_branch(part) && place.branch == nullptr && count_branch(place.root)) crowded = place.root;
        P::yield_point();
      }
      if (end >= last) return linked;
      position = end + 1;
    }
  }

  // Whether a sixteenth of the slots hold branches now. relaxed: near enough is good enough
  static bool count_branch(RootNode* root) noexcept {
    const std::int64_t branches = root->branches.fetch_add(1, std::memory_order_relaxed) + 1;
    return branches > static_cast<std::int64_t>(root->size() / 16 + 1);
  }

  Tree& tree_;
};

}  // namespace interlox::trie::detail
