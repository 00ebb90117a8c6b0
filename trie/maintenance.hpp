// SPDX-License-Identifier: BSD-3-Clause
// Changes of the trie's structure beyond one leaf's split: the root grows and shrinks, sparse leaves merge,
// empty ones go, and a cleared tree is closed. Part of tree.hpp, whose invariants and pairs it names.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>

#include "trie/node.hpp"
#include "trie/record.hpp"
#include "trie/split.hpp"

namespace interlox::trie::detail {

/// One thread at a time has the turn to change the structure of a root (Root::try_begin). Everybody else who
/// would like to lets it be: all of this makes the map faster or smaller, nothing of it is needed for an
/// operation to be right. So a want of memory is no error here either: what was begun is taken back.
///
/// Whoever has the turn never waits for a leaf's lock, since its holder may be waiting for a frozen slot;
/// except in close(), where the root can no longer be reached and nobody waits for its slots.
template <class Tree>
class Maintenance {
  using Root = typename Tree::RootNode;
  using Branch = typename Tree::BranchNode;
  using Leaf = typename Tree::LeafNode;
  using Entry = typename Tree::EntryNode;
  using Link = typename Tree::LinkNode;
  using Slot = typename Tree::Slot;
  using P = typename Tree::PolicyType;

 public:
  static constexpr unsigned kSparse = 2;      // a removal that leaves so few containers looks for a merge
  static constexpr unsigned kMergeMost = 4;   // two leaves merge into one of up to so many
  static constexpr unsigned kThinOut = 8;     // the root shrinks below one entry in so many slots
  static constexpr unsigned kSpreadBits = 9;  // roots from this size on have books with a line a thread

  explicit Maintenance(Tree& tree) noexcept : tree_(tree) {}

  /// Replaces a root by one of twice the size, unless somebody else is at it or there is no memory for it.
  void grow(Root* old) noexcept {
    if (old->bits() >= Root::kMaxBits || !old->try_begin()) return;
    const std::uint64_t began = clock<P>();
    Root* fresh = nullptr;
    try {
      fresh = tree_.make_root(old->bits() + 1);  // the only allocation, before the first freeze (I4)
    } catch (const std::bad_alloc&) {
      return old->end(false);
    }
    for (std::size_t i = 0; i < old->size(); ++i) {
      const Word word = freeze(old->at(i));
      Word halves[2] = {word, word};  // null, and a leaf, which then stands in both (I1)
      if (is_direct(word)) {
        halves[1 - bit_of(Tree::entry_of(word)->hash, old->bits())] = 0;
      } else if (is_branch(word)) {
        for (unsigned side : {0U, 1U}) {
          halves[side] = freeze(Tree::branch_of(word)->slots[side]);
          if (is_branch(halves[side])) fresh->branches.fetch_add(1, std::memory_order_relaxed);
        }
      }
      fresh->make_slot(2 * i, halves[0]);
      fresh->make_slot(2 * i + 1, halves[1]);
    }
    if (!publish(old, fresh, StructureEvent::kGrowth)) return;
    if (fresh->bits() == kSpreadBits) tree_.books_->spread(tree_.policy_);
    for (std::size_t i = 0; i < old->size(); ++i) {
      const Word word = Tree::read(old->at(i));
      if (is_branch(word)) tree_.retire(Tree::branch_of(word));
    }
    tree_.retire(old);
    note<P>(StructureEvent::kGrowth, began, fresh->size());
  }

  /// After a removal that has emptied a slot or a leaf: halves the root as long as it has many slots for each
  /// entry, and leaves nothing but a small root of a map that holds nothing. An empty leaf may stay where it
  /// is until then: the next entry of its hashes finds it there.
  void shrink_if_sparse() noexcept {
    for (;;) {
      Root* const root = tree_.root();
      const std::size_t entries = tree_.books_->entries();
      if (root->bits() <= Root::kMinBits) {
        if (entries == 0) tidy(root);
        return;
      }
      if (entries >= root->size() / kThinOut || !shrink(root)) return;
    }
  }

  /// Merges two leaves, one of them on the way to `hash`, if they are the slots of this branch, which a
  /// removal has passed, and have become few.
  void merge(Branch& branch, std::uint64_t hash) noexcept {
    if (!sparse(branch)) return;
    Root* const root = tree_.root();
    if (!root->try_begin()) return;
    merge_below(*root, root->slot(hash), &hash);
    root->end(false);
  }

  /// Ends a tree that clear() has replaced: freezes every slot, makes every leaf dead and retires what is
  /// there. Nobody can reach the root any more but those who were inside, and they start again at the new
  /// root. The slots are emptied so that a stray reference to one old node does not keep its whole tree.
  void close(Root* root) noexcept {
    const std::uint64_t began = clock<P>();
    root->begin_closing();
    for (std::size_t i = 0; i < root->size(); ++i) {
      const std::uint64_t first = static_cast<std::uint64_t>(i) << (kHashBits - root->bits());
      close(root->at(i), first, root->bits());
      Tree::PolicyType::yield_point();
    }
    root->end(true);
    note<P>(StructureEvent::kClear, began, root->size());
    tree_.retire(root);
  }

 private:
  /// From here on the slot does not change (I4). Returns what it holds.
  static Word freeze(Slot& slot) noexcept {
    Tree::PolicyType::yield_point();
    return slot.fetch_or(kFrozen, std::memory_order_acq_rel) & ~kFrozen;  // (2), and (1) for who reads it
  }
  static void unfreeze(Slot& slot) noexcept { slot.fetch_and(~kFrozen, std::memory_order_release); }

  /// Puts a new root in the place of one whose slots are all frozen, and ends the turn. False if clear() has
  /// replaced the old root already: then nothing of the new one was ever linked.
  bool publish(Root* old, Root* fresh, StructureEvent event) noexcept {
    Tree::PolicyType::yield_point();
    Root* expected = old;
    bool published = false;
    {
      Record<Tree> record(tree_);
      published = tree_.root_.compare_exchange_strong(expected, fresh, std::memory_order_acq_rel,
                                                      std::memory_order_relaxed);  // (11) pairs with (12)
      if (published) record.top(event, fresh->size());
    }
    old->end(published);
    return published;
  }

  bool shrink(Root* old) noexcept {
    if (!old->try_begin()) return false;
    const std::uint64_t began = clock<P>();
    Root* fresh = nullptr;
    try {
      fresh = tree_.make_root(old->bits() - 1);
      for (std::size_t i = 0; i < fresh->size(); ++i) {
        const Word zero = freeze(old->at(2 * i));
        const Word one = freeze(old->at(2 * i + 1));
        fresh->make_slot(i, join(*fresh, zero, one));
      }
    } catch (const std::bad_alloc&) {
      for (std::size_t i = 0; i < old->size(); ++i) unfreeze(old->at(i));
      old->end(false);
      return false;
    }
    if (!publish(old, fresh, StructureEvent::kShrinkage)) return false;
    tree_.retire(old);
    note<P>(StructureEvent::kShrinkage, began, fresh->size());
    tidy(fresh);
    return true;
  }

  /// What one slot must hold for what two frozen ones held. Links nothing.
  Word join(Root& fresh, Word zero, Word one) {
    if (zero == one) return zero;  // both null, or a leaf that stood in both
    if (zero == 0 && is_direct(one)) return one;
    if (one == 0 && is_direct(zero)) return zero;
    if (is_direct(zero) && is_direct(one)) {
      const Item both[2] = {item_of(zero), item_of(one)};
      return to_word(make_leaf(tree_.policy_, both, 2, fresh.bits(), false));
    }
    const unsigned depth = fresh.bits() + 1;
    const Word below[2] = {below_branch(zero, depth), below_branch(one, depth)};
    fresh.branches.fetch_add(1, std::memory_order_relaxed);  // relaxed: nobody else sees it yet
    return to_word(make_branch(tree_.policy_, fresh.bits(), below[0], below[1])) | kBranch;
  }

  /// What a slot of a branch must hold for what a slot of the root held (I5, I6).
  Word below_branch(Word word, unsigned depth) {
    if (word != 0 && !is_direct(word)) return word;
    const Item item = word == 0 ? Item{} : item_of(word);
    return to_word(make_leaf(tree_.policy_, &item, word == 0 ? 0 : 1, depth, false));
  }

  static Item item_of(Word direct) noexcept {
    Entry* const entry = Tree::entry_of(direct);
    return {entry->hash, to_word(entry)};
  }

  /// Merges what a shrink has put side by side, and drops what is empty.
  void tidy(Root* root) noexcept {
    if (!root->try_begin()) return;
    for (std::size_t i = 0; i < root->size(); ++i) {
      merge_below(*root, root->at(i), nullptr);
      drop_empty(*root, static_cast<std::uint64_t>(i) << (kHashBits - root->bits()));
    }
    root->end(false);
  }

  static bool sparse(Branch& branch) noexcept {
    unsigned count = 0;
    for (Slot& slot : branch.slots) {
      const Word word = Tree::read(slot);
      if (is_branch(word) || word == kFrozen) return false;  // frozen and null: closed meanwhile
      count += Tree::leaf_of(word)->header().count();
    }
    return count <= kMergeMost;
  }

  /// Needs the root's turn. Merges sparse leaves below a slot, the lowest first; with `along` only those on
  /// the way to that hash.
  void merge_below(Root& root, Slot& slot, const std::uint64_t* along) noexcept {
    const Word word = Tree::read(slot);
    if (!is_branch(word) || is_frozen(word)) return;  // frozen: as in drop_empty()
    Branch& branch = *Tree::branch_of(word);
    for (unsigned side : {0U, 1U}) {
      if (along == nullptr || bit_of(*along, branch.base) == side) {
        merge_below(root, branch.slots[side], along);
      }
    }
    if ((merge_twins(slot, word, branch) || merge_leaves(slot, word, branch)) && &slot >= &root.at(0) &&
        &slot <= &root.at(root.size() - 1)) {
      root.branches.fetch_sub(1, std::memory_order_relaxed);  // relaxed: near enough is good enough
    }
  }

  /// Needs the turn of the slot's root, so that the slot keeps the branch and the branch its place. Replaces
  /// a branch by the leaf that stands in both of its slots: a shrink has put two slots side by side of which
  /// a split had replaced only one, and then both became the same part.
  bool merge_twins(Slot& slot, Word word, Branch& branch) noexcept {
    const Word twin = Tree::read(branch.slots[0]);
    if (twin != Tree::read(branch.slots[1]) || is_branch(twin) || is_frozen(twin)) return false;
    Leaf* const leaf = Tree::leaf_of(twin);
    const Header header = leaf->header();
    Tree::PolicyType::yield_point();
    if (!header.is_open() || !leaf->try_lock(header, header.locked())) return false;
    const bool exchanged = tree_.exchange(slot, word, twin);
    assert(exchanged && "only the turn's owner replaces a branch");
    leaf->unlock(header);
    if (!exchanged) return false;
    tree_.retire(&branch);
    note<P>(StructureEvent::kMerge);
    Record<Tree>(tree_).structure(StructureEvent::kMerge);
    return true;
  }

  /// Needs the turn of the slot's root. Replaces a branch over two sparse leaves by one leaf.
  bool merge_leaves(Slot& slot, Word word, Branch& branch) noexcept {
    if (!sparse(branch)) return false;
    const auto base = static_cast<unsigned>(branch.base);
    Leaf* leaves[2];
    Header headers[2] = {Header(0), Header(0)};
    Item items[kMergeMost];
    unsigned count = 0;
    for (unsigned side : {0U, 1U}) {
      const Word below = Tree::read(branch.slots[side]);
      if (is_branch(below) || is_frozen(below)) return false;
      leaves[side] = Tree::leaf_of(below);
      headers[side] = leaves[side]->header();
      // A leaf of less depth is being replaced at this moment, slot by slot.
      if (!headers[side].is_open() || headers[side].depth() != base + 1) return false;
      for (unsigned i = 0; i < Header::kCells; ++i) {
        const Word cell = leaves[side]->cell(i);
        if (cell == 0) continue;
        if (count == kMergeMost) return false;
        items[count++] = {container_of(cell)->hash, cell};
      }
    }
    Leaf* merged = nullptr;
    try {
      merged = make_leaf(tree_.policy_, items, count, base, true);
    } catch (const std::bad_alloc&) {
      return false;
    }
    Tree::PolicyType::yield_point();
    if (!leaves[0]->try_lock(headers[0], headers[0].locked())) return false;
    if (!leaves[1]->try_lock(headers[1], headers[1].locked())) {
      leaves[0]->unlock(headers[0]);
      return false;
    }
    // Each leaf still in its slot, as only its lock's holder replaces it, with what was seen in it.
    const bool same = unchanged(leaves, items, count);
    if (same) {
      const bool exchanged = tree_.exchange(slot, word, to_word(merged));
      assert(exchanged && "only the turn's owner replaces a branch");
      static_cast<void>(exchanged);
    }
    for (unsigned side : {0U, 1U}) {
      same ? tree_.end_leaf(*leaves[side], headers[side]) : leaves[side]->unlock(headers[side]);
    }
    if (!same) return false;
    merged->unlock(merged->header().open());
    tree_.retire(leaves[0]);
    tree_.retire(leaves[1]);
    tree_.retire(&branch);
    note<P>(StructureEvent::kMerge);
    Record<Tree>(tree_).structure(StructureEvent::kMerge);
    return true;
  }

  /// Needs both locks. Whether the leaves hold these containers, in this order, and no others.
  static bool unchanged(Leaf* const (&leaves)[2], const Item* items, unsigned count) noexcept {
    unsigned seen = 0;
    for (Leaf* const leaf : leaves) {
      leaf->assert_held();
      for (unsigned i = 0; i < Header::kCells; ++i) {
        const Word cell = leaf->cell_held(i);
        if (cell != 0 && (seen == count || items[seen++].container != cell)) return false;
      }
    }
    return seen == count;
  }

  /// Needs the root's turn. Takes an empty leaf out of all its slots, which are slots of the root.
  void drop_empty(Root& root, std::uint64_t hash) noexcept {
    const Word word = Tree::read(root.slot(hash));
    // Frozen: clear() has replaced the root while it was being resized.
    if (word == 0 || is_frozen(word) || is_branch(word) || is_direct(word)) return;
    Leaf* const leaf = Tree::leaf_of(word);
    const Header header = leaf->header();
    if (!header.is_open() || !header.is_empty()) return;
    Tree::PolicyType::yield_point();
    if (!leaf->try_lock(header, header.locked())) return;
    assert(header.depth() <= root.bits());
    const std::size_t first = root.index(range_begin(hash, header.depth()));
    const std::size_t last = root.index(range_end(hash, header.depth()));
    for (std::size_t i = first; i <= last; ++i) {
      if (Tree::read(root.at(i)) == word) continue;
      return leaf->unlock(header);  // it stands in a branch, too: see merge_twins()
    }
    for (std::size_t i = first; i <= last; ++i) {
      const bool exchanged = tree_.exchange(root.at(i), word, 0);
      assert(exchanged && "only the holder of a leaf's lock replaces it");
      static_cast<void>(exchanged);
    }
    tree_.end_leaf(*leaf, header);
    tree_.retire(leaf);
  }

  /// Closes what a slot holds. `first` is the first hash that the slot speaks for: of a leaf that stands in
  /// several slots, each takes care of its own part.
  void close(Slot& slot, std::uint64_t first, unsigned depth) noexcept {
    const Word word = freeze(slot);
    if (is_branch(word)) {
      Branch* const branch = Tree::branch_of(word);
      close(branch->slots[0], first, depth + 1);
      close(branch->slots[1], first | (std::uint64_t{1} << (kHashBits - 1 - depth)), depth + 1);
      tree_.retire(branch);
    } else if (is_direct(word)) {
      tree_.retire_removed(Tree::entry_of(word));
    } else if (word != 0) {
      close(*Tree::leaf_of(word), first, range_end(first, depth));
    }
    slot.store(kFrozen, std::memory_order_release);  // (1) pairs with (2)
  }

  void close(Leaf& leaf, std::uint64_t first, std::uint64_t last) noexcept {
    const Header header = leaf.lock();
    if (!header.is_dead()) {  // else by another slot, or by a split that came before
      tree_.end_leaf(leaf, header);
      tree_.retire(&leaf);
    }
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf.cell(i);
      if (cell == 0) continue;
      const std::uint64_t hash = container_of(cell)->hash;
      if (hash < first || hash > last) continue;
      if ((cell & kChain) != 0) {
        close(Tree::link_of(cell));
      } else {
        tree_.retire_removed(Tree::entry_of(cell));
      }
    }
  }

  // The leaf is dead, so the chain belongs to this thread alone. Iterators in it find nothing more.
  void close(Link* link) noexcept {
    while (link != nullptr) {
      Entry* const entry = link->entry.load(std::memory_order_relaxed);  // relaxed: the chain is ours
      link->entry.store(nullptr, std::memory_order_release);             // (9) pairs with (10)
      Link* const next = link->next.load(std::memory_order_relaxed);     // relaxed: the chain is ours
      tree_.retire_removed(entry);
      tree_.retire(link);
      link = next;
    }
  }

  Tree& tree_;
};

}  // namespace interlox::trie::detail
