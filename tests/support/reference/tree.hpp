// SPDX-License-Identifier: BSD-3-Clause
// The algorithm under ReferenceMap: finding a place, and the four changes that are ever made to one.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "tests/support/reference/node.hpp"
#include "trie/key_traits.hpp"
#include "trie/policy.hpp"

namespace interlox::trie::reference::detail {

/// A trie of sixteen-way nodes over 64-bit hashes, four bits a level from the top.
///
/// Invariants
///   I1  A slot at `shift` speaks for exactly the hashes that lead to it; each entry below agrees with
///       them. A node at shift 0 has no inner nodes below it: its slots are ordinary slots.
///   I2  Slots, `dead`, chains and values change only under the lock of the node that holds the slot,
///       and only while that node is not dead. The slots of a dead node are empty, for ever.
///   I3  In the current tree, an inner node other than the root holds at least one child, or its emptier
///       holds its lock; it hangs in its parent, and neither is dead.
///   I4  An unlinked node is never linked again. An entry moves only downwards, as a whole, with the
///       slot that held it. So a slot that still holds what was seen in it has not gained a key since.
///   I5  A chain holds the entries of one full hash. Links are added at its head only; a removed link
///       has a null entry and keeps its `next`.
///   I6  The key and hash of an entry never change. A value changes in place if it fits a word, else by
///       a new entry in the old one's place.
///   I7  Root::entries is the number of entries below it, in any state without a writer inside.
///   I8  Every node that was linked is reported to Policy::retired exactly once when it is unlinked.
///
/// A change is planned without a lock on what the slot held (user callbacks and allocations happen
/// there), then made under the lock if the slot still holds that, else planned again (I4). So no user
/// code runs and no memory is asked for under a lock. A failed plan means that another thread has
/// changed the slot: the writers as a whole progress.
///
/// Lock order: a node before its parent; clear() holds one lock at a time.
///
/// Atomic pairs: (1) a slot is written with release, (2) read with acquire: what a node holds is visible
/// to whoever finds it. (3), (4) the same for values, which trie/value_cell.hpp numbers (7), (8). (5), (6)
/// the same for the fields of a link. (7) the root is exchanged, (8) read with acquire.
///
/// Source: M. Knyszek, internal/concurrent.HashTrieMap of Go 1.23 (BSD-3-Clause), after the hash tries of
/// P. Bagwell, "Ideal Hash Trees", 2001. Different from it: the stored hash, a chain of links instead of
/// chained entries, changes planned outside of the lock, and the operations that Go added later.
template <class Key, class Value, class Traits, Policy P>
class Tree {
 public:
  using IndirectNode = Indirect<P>;
  using RootNode = Root<P>;
  using EntryNode = Entry<Key, Value, P>;
  using OverflowNode = Overflow<Key, Value, P>;
  using Slot = typename IndirectNode::Slot;
  using Seen = typename ValueCell<Value, P>::Seen;
  static constexpr bool kInPlace = ValueCell<Value, P>::kInPlace;
  static constexpr bool kEntryMayHoldPointers = Traits::may_hold_pointers || kMayHoldPointers<Value>;

  static_assert(alignof(EntryNode) <= kNodeAlignment,
                "keys and values must not need more than 16-byte alignment");

  Tree(Traits traits, std::uint64_t seed, P policy)
      : traits_(std::move(traits)), seed_(seed), policy_(std::move(policy)), root_(make<RootNode>()) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const Traits& traits() const noexcept { return traits_; }
  P& policy() noexcept { return policy_; }
  std::uint64_t seed() const noexcept { return seed_; }
  RootNode* root() const noexcept { return root_.load(std::memory_order_acquire); }  // (8) pairs with (7)
  std::size_t retired() const noexcept { return retired_.load(std::memory_order_relaxed); }

  template <class Q>
  std::uint64_t hash(const Q& query) const {
    return traits_.hash(query, seed_);
  }

  /// Where a hash belongs, and what stood there when it was looked at.
  struct Place {
    RootNode* root;
    IndirectNode* node;
    unsigned shift;
    Slot* slot;
    Node* head;
  };

  /// The lowest slot for `hash`. Lock-free. The answer may be old at once.
  Place locate(std::uint64_t hash) const noexcept {
    RootNode* const top = root();
    Place place{top, top, kRootShift, nullptr, nullptr};
    for (;;) {
      place.slot = &place.node->children[slot_index(hash, place.shift)];
      place.head = place.slot->load(std::memory_order_acquire);  // (2) pairs with (1)
      if (place.head == nullptr || place.head->kind != Kind::kIndirect) return place;
      assert(place.shift != 0 && "I1: an inner node below the last level");
      place.node = static_cast<IndirectNode*>(place.head);
      place.shift -= kBitsPerLevel;
    }
  }

  /// The entry of `query` among what a slot held, or null. Calls Traits::equal; takes no lock.
  template <class Q>
  EntryNode* find(Node* head, std::uint64_t hash, const Q& query) const {
    if (head == nullptr) return nullptr;
    if (head->kind == Kind::kEntry) {
      auto* const entry = static_cast<EntryNode*>(head);
      return entry->hash == hash && traits_.equal(entry->key(), query) ? entry : nullptr;
    }
    auto* link = static_cast<OverflowNode*>(head);
    if (link->hash != hash) return nullptr;
    for (; link != nullptr; link = link->next.load(std::memory_order_acquire)) {  // (6) pairs with (5)
      EntryNode* const entry = link->entry.load(std::memory_order_acquire);       // (6) pairs with (5)
      if (entry != nullptr && traits_.equal(entry->key(), query)) return entry;
    }
    return nullptr;
  }

  template <class Q>
  EntryNode* find(std::uint64_t hash, const Q& query) const {
    return find(locate(hash).head, hash, query);
  }

  /// An entry that is ready to be linked, kept over the tries of one operation.
  struct Draft {
    EntryNode* entry = nullptr;
    const EntryNode* source = nullptr;  // whose key it has; null: the operation's own key
  };

  /// Adds `query` where `place.head` was found not to hold it; false if the place has changed.
  /// Linearizes at (1). The draft's entry is linked if and only if the answer is true.
  template <class Q>
  bool insert(const Place& place, std::uint64_t hash, const Q& query, const Value& value, Draft& draft) {
    if (draft.entry == nullptr || draft.source != nullptr) draft = {make_entry(hash, query, value), nullptr};
    Node* const grown = graft(place, draft.entry);
    P::yield_point();
    const std::lock_guard guard(place.node->mutex);
    if (!unchanged(place)) return false;
    place.slot->store(grown, std::memory_order_release);  // (1) pairs with (2)
    // relaxed: a count orders nothing (I7)
    place.root->entries.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  /// Gives `entry`, found at `place`, a new value if its value still is what was seen; with `expected`
  /// null whatever it is. Returns the value replaced, or nothing if the place or the value has changed.
  /// Linearizes at (3), for large values at (1) or (5).
  std::optional<Value> replace(const Place& place, EntryNode* entry, const Seen* expected, const Value& value,
                               Draft& draft) {
    if constexpr (kInPlace) {
      P::yield_point();
      const std::lock_guard guard(place.node->mutex);
      if (!find_holder(place, entry).found) return std::nullopt;
      const Seen before = entry->value.seen();
      if (expected != nullptr && !entry->value.still(*expected)) return std::nullopt;
      entry->value.store(value);
      return before.value();
    } else {
      if (draft.entry == nullptr || draft.source != entry) {
        draft = {make_entry(entry->hash, traits_.view(entry->key()), value), entry};
      }
      P::yield_point();
      {
        const std::lock_guard guard(place.node->mutex);
        const Holder holder = find_holder(place, entry);
        if (!holder.found) return std::nullopt;
        if (holder.link != nullptr) {
          holder.link->entry.store(draft.entry, std::memory_order_release);  // (5) pairs with (6)
        } else {
          place.slot->store(draft.entry, std::memory_order_release);  // (1) pairs with (2)
        }
      }
      const Value before = entry->value.seen().value();
      retire(entry);
      return before;
    }
  }

  /// Removes `entry`, found at `place`, if its value still is what was seen; with `expected` null whatever
  /// it is. Returns the value, or nothing if the place or the value has changed. Never allocates.
  /// Linearizes at (1), in a chain at (5).
  std::optional<Value> remove(const Place& place, EntryNode* entry, const Seen* expected) noexcept {
    P::yield_point();
    Garbage garbage;
    std::unique_lock guard(place.node->mutex);
    const Holder holder = find_holder(place, entry);
    if (!holder.found || (expected != nullptr && !entry->value.still(*expected))) return std::nullopt;
    const Value value = entry->value.seen().value();
    if (holder.link == nullptr) {
      place.slot->store(nullptr, std::memory_order_release);  // (1) pairs with (2)
    } else {
      unlink(place, holder);
    }
    place.root->entries.fetch_sub(1, std::memory_order_relaxed);  // relaxed: as in insert()
    guard.release();
    collapse(place, entry->hash, garbage);
    retire(entry);
    if (holder.link != nullptr) retire(holder.link);
    for (unsigned i = 0; i < garbage.count; ++i) retire(garbage.nodes[i]);
    return value;
  }

  /// Replaces the whole tree by an empty one, then closes the old one node by node. Linearizes at (7).
  /// An operation that found the old root before that either changes a node that is not closed yet, and
  /// counts as done just before the clear, or finds it dead and starts again at the new root.
  void clear() {
    RootNode* const fresh = make<RootNode>();
    close(root_.exchange(fresh, std::memory_order_acq_rel));  // (7) pairs with (8)
  }

  /// What the policy was asked for the entry, in bytes.
  std::size_t entry_bytes(const EntryNode* entry) const noexcept {
    return kEntryHeaderBytes + traits_.key_bytes(traits_.view(entry->key()));
  }

 private:
  static constexpr std::size_t kEntryHeaderBytes = sizeof(EntryNode) - sizeof(Key);

  /// Where an entry hangs: in a link, or (link null) in the slot itself.
  struct Holder {
    bool found;
    OverflowNode* link;
    OverflowNode* before;  // the link in front of it, if any
  };

  /// Inner nodes that one removal has emptied: at most one a level.
  struct Garbage {
    IndirectNode* nodes[kHashBits / kBitsPerLevel];
    unsigned count = 0;
  };

  template <class N, class... Args>
  N* make(Args... args) {
    return ::new (policy_.allocate(sizeof(N), true)) N(args...);
  }

  template <class Q>
  EntryNode* make_entry(std::uint64_t hash, const Q& query, const Value& value) {
    const std::size_t bytes = kEntryHeaderBytes + traits_.key_bytes(query);
    auto* const entry = ::new (policy_.allocate(bytes, kEntryMayHoldPointers)) EntryNode(hash, value);
    traits_.construct(entry->key_place(), query);
    return entry;
  }

  /// Needs the place's lock. Whether the slot still holds what the plan was made for (I4).
  static bool unchanged(const Place& place) noexcept {
    place.node->mutex.assert_held();
    // relaxed, both: the lock orders them (I2)
    return !place.node->dead.load(std::memory_order_relaxed) &&
           place.slot->load(std::memory_order_relaxed) == place.head;
  }

  /// Needs the place's lock. Where `entry` hangs in the place's slot now. Compares addresses only.
  static Holder find_holder(const Place& place, const EntryNode* entry) noexcept {
    place.node->mutex.assert_held();
    constexpr Holder kGone{false, nullptr, nullptr};
    // relaxed, all: the lock orders them. A dead node's slots are empty, so nothing is found in one (I2).
    Node* const head = place.slot->load(std::memory_order_relaxed);
    if (head == nullptr || head->kind == Kind::kIndirect) return kGone;
    if (head->kind == Kind::kEntry) return {head == entry, nullptr, nullptr};
    OverflowNode* before = nullptr;
    for (auto* link = static_cast<OverflowNode*>(head); link != nullptr;
         before = link, link = link->next.load(std::memory_order_relaxed)) {
      if (link->entry.load(std::memory_order_relaxed) == entry) return {true, link, before};
    }
    return kGone;
  }

  /// What the place's slot must hold for `entry` to be there beside what it holds now. Links nothing.
  Node* graft(const Place& place, EntryNode* entry) {
    Node* const head = place.head;
    if (head == nullptr) return entry;
    if (head->kind == Kind::kEntry) {
      auto* const old = static_cast<EntryNode*>(head);
      if (old->hash != entry->hash) return expand(place, old, old->hash, entry);
      auto* const last = make<OverflowNode>(old, static_cast<OverflowNode*>(nullptr), old->hash);
      return make<OverflowNode>(entry, last, entry->hash);
    }
    auto* const chain = static_cast<OverflowNode*>(head);
    if (chain->hash != entry->hash) return expand(place, chain, chain->hash, entry);
    return make<OverflowNode>(entry, chain, entry->hash);
  }

  /// The inner nodes down to where the two hashes, which differ, part. They part at shift 0 at the latest,
  /// so no level is left over (I1).
  Node* expand(const Place& place, Node* old, std::uint64_t old_hash, EntryNode* entry) {
    constexpr auto kPrivate = std::memory_order_relaxed;  // nobody else sees these nodes before (1)
    auto* const top = make<IndirectNode>(place.node);
    auto* node = top;
    for (unsigned shift = place.shift;;) {
      assert(shift != 0 && "I1: two hashes that differ nowhere");
      shift -= kBitsPerLevel;
      const unsigned old_index = slot_index(old_hash, shift);
      const unsigned new_index = slot_index(entry->hash, shift);
      if (old_index != new_index) {
        node->children[old_index].store(old, kPrivate);
        node->children[new_index].store(entry, kPrivate);
        return top;
      }
      auto* const below = make<IndirectNode>(node);
      node->children[new_index].store(below, kPrivate);
      node = below;
    }
  }

  /// Needs the place's lock. Takes a link out of the chain in the place's slot (I5).
  static void unlink(const Place& place, const Holder& holder) noexcept {
    place.node->mutex.assert_held();
    holder.link->entry.store(nullptr, std::memory_order_release);  // (5) pairs with (6): here the key goes
    OverflowNode* const next = holder.link->next.load(std::memory_order_relaxed);  // relaxed: I2
    if (holder.before != nullptr) {
      holder.before->next.store(next, std::memory_order_release);  // (5) pairs with (6)
    } else {
      place.slot->store(next, std::memory_order_release);  // (1) pairs with (2)
    }
  }

  /// Takes empty inner nodes out of the tree, from the place's node upwards. Called with that node locked,
  /// returns with no lock held. Locks go upwards, so two removals can't wait for each other.
  static void collapse(const Place& place, std::uint64_t hash, Garbage& garbage) noexcept {
    IndirectNode* node = place.node;
    unsigned shift = place.shift;
    node->mutex.assert_held();
    while (node->parent != nullptr && node->empty()) {
      IndirectNode* const parent = node->parent;
      P::yield_point();
      parent->mutex.lock();
      if (parent->dead.load(std::memory_order_relaxed)) {  // relaxed: the lock orders it (I2)
        // clear() has closed the parent and taken over its children: it will retire this node (I8).
        parent->mutex.unlock();
        break;
      }
      shift += kBitsPerLevel;
      Slot& slot = parent->children[slot_index(hash, shift)];
      assert(slot.load(std::memory_order_relaxed) == node && "I3: a live node hangs in its parent");
      node->dead.store(true, std::memory_order_relaxed);  // relaxed: read under the lock (I2)
      slot.store(nullptr, std::memory_order_release);     // (1) pairs with (2)
      node->mutex.unlock();
      garbage.nodes[garbage.count++] = node;
      node = parent;
    }
    node->mutex.unlock();
  }

  /// Ends a tree that clear() has replaced. Each node is made dead under its lock, so no change can follow
  /// the moment at which its children are taken; then they are closed in turn. The slots are emptied so
  /// that a stray reference to one old node does not keep its whole tree.
  void close(IndirectNode* node) noexcept {
    Node* taken[kFanout];
    {
      const std::lock_guard guard(node->mutex);
      node->dead.store(true, std::memory_order_relaxed);  // relaxed: read under the lock (I2)
      for (unsigned i = 0; i < kFanout; ++i) {
        taken[i] = node->children[i].load(std::memory_order_relaxed);  // relaxed: the lock orders it (I2)
        node->children[i].store(nullptr, std::memory_order_release);   // (1) pairs with (2)
      }
    }
    for (Node* const child : taken) {
      if (child == nullptr) continue;
      P::yield_point();
      switch (child->kind) {
        case Kind::kIndirect:
          close(static_cast<IndirectNode*>(child));
          break;
        case Kind::kEntry:
          retire(static_cast<EntryNode*>(child));
          break;
        case Kind::kOverflow:
          close(static_cast<OverflowNode*>(child));
          break;
      }
    }
    // A removal that emptied this node may still be inside, so it is not freed by being retired (policy.hpp).
    if (node->parent == nullptr) {
      retire(static_cast<RootNode*>(node));
    } else {
      retire(node);
    }
  }

  // The chain belongs to this thread alone: its slot's node is dead.
  void close(OverflowNode* link) noexcept {
    while (link != nullptr) {
      EntryNode* const entry = link->entry.load(std::memory_order_relaxed);   // relaxed: the chain is ours
      link->entry.store(nullptr, std::memory_order_release);                  // (5) pairs with (6)
      OverflowNode* const next = link->next.load(std::memory_order_relaxed);  // relaxed: the chain is ours
      retire(entry);
      retire(link);
      link = next;
    }
  }

  void retire(EntryNode* entry) noexcept { retire(entry, entry_bytes(entry)); }
  template <class N>
  void retire(N* node) noexcept {
    retire(node, sizeof(N));
  }
  void retire(Node* node, std::size_t bytes) noexcept {
    retired_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a count orders nothing
    policy_.retired(node, bytes);
  }

  [[no_unique_address]] Traits traits_;
  const std::uint64_t seed_;
  [[no_unique_address]] P policy_;
  typename P::template atomic<RootNode*> root_;
  std::byte distance_[64];  // every delete writes the counter; loads of the root should not feel it
  typename P::template atomic<std::size_t> retired_{0};
};

}  // namespace interlox::trie::reference::detail
