// SPDX-License-Identifier: BSD-3-Clause
// The algorithm under HashTrieMap: finding a place, and the changes that one operation makes to it. How a
// full leaf splits is in split.hpp; how the root grows and shrinks, and leaves merge, in maintenance.hpp.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

#include "trie/books.hpp"
#include "trie/key_traits.hpp"
#include "trie/leaf.hpp"
#include "trie/maintenance.hpp"
#include "trie/node.hpp"
#include "trie/policy.hpp"
#include "trie/record.hpp"
#include "trie/split.hpp"

namespace interlox::trie::detail {

/// A hash trie over 64-bit hashes: a wide root that grows and shrinks, leaves of seven containers that are
/// one cache line each, and between them, where hashes are crowded, branches of one bit.
///
///     Root {2^r slots}        slot: null | leaf | branch | direct entry (in a small root), or frozen
///     Branch {2 slots}        slot: leaf | branch, or frozen
///     Leaf {7 cells, header}  cell: null | entry | chain of entries of one full hash
///
/// Invariants
///   I1  A slot speaks for exactly its own range of hashes. A leaf of depth d holds hashes that share d bits,
///       and stands in every slot that covers a part of its range, in branches too. Only the holder of its
///       lock replaces it, going over hashes and not over slots, since the root may change meanwhile.
///   I2  What replaces a leaf is locked from its birth until the last slot is replaced and the old leaf is
///       dead. A dead leaf never changes. A node or an entry that was unlinked is never linked again.
///   I3  The pointer in a cell is the presence of its key: an insert publishes the fingerprint, then the
///       pointer; a removal takes the pointer, then the fingerprint. A present key keeps its cell.
///   I4  A frozen slot does not change until its root is replaced, or the thread that froze it gives up.
///       Whoever freezes slots has the root's turn (Root::try_begin) and waits for no lock meanwhile.
///   I5  A direct entry is immutable and stands in a slot of the root. To change its value in place, or to
///       put a second key beside it, it is first moved into a leaf, by the slot's compare-and-swap.
///   I6  A slot of a branch is never null: an empty leaf stands there. A leaf's depth is at most 63.
///   I7  One full hash, one cell of one leaf. A second key of that hash makes the cell a chain: links are
///       added at its head only; a removed link has a null entry and keeps its `next`.
///   I8  The key and hash of an entry never change. A value changes in place, under the leaf's lock, if it
///       fits a word, else by a new entry in the old one's place.
///   I9  Books::entries is the number of entries below the root, in any state without a writer inside.
///   I10 Every node and entry that was linked is reported to Policy::retired once, when it is unlinked.
///
/// A change is planned without a lock (user code and allocations happen there), then made under the leaf's
/// lock, or by a compare-and-swap of a slot, if what the plan was made for still stands, else planned again.
/// What was seen still stands if the cell's pointer is the same: an entry never comes back (I2; the thread's
/// own reference keeps its address from being used again), and a chain with the same head has gained no key
/// (I7). A failed plan means that another thread has changed the place: the writers as a whole progress.
///
/// No deadlock: a thread waits for a leaf while it holds no other; it waits for a frozen slot while it holds
/// at most a leaf, and whoever has the turn of a root that others can still reach waits for nobody (I4).
///
/// Atomic pairs: (1) a slot is written with release, (2) read with acquire: what a node holds is visible to
/// whoever finds it. (3), (4) the same for the header of a leaf, (5), (6) for its cells, (7), (8) for values,
/// (9), (10) for the fields of a link, (11), (12) for the root. (13), (14) a turn ends with release and
/// begins with acquire.
///
/// Sources: the map is after M. Knyszek's internal/concurrent.HashTrieMap (Go 1.23), whose operations it has;
/// a directory over leaves that may stand in many slots is extendible hashing (R. Fagin et al., 1979);
/// freezing slots before copying them is C. Click's non-blocking hash table (2007); fingerprints in the line
/// that they guard are those of F14 and Swiss tables.
template <class Key, class Value, class Traits, Policy P>
class Tree {
 public:
  using PolicyType = P;
  using TraitsType = Traits;
  using LeafNode = Leaf<P>;
  using BranchNode = Branch<P>;
  using RootNode = Root<P>;
  using EntryNode = Entry<Key, Value, P>;
  using LinkNode = Link<Key, Value, P>;
  using Slot = typename RootNode::Slot;
  using Seen = typename ValueCell<Value, P>::Seen;
  static constexpr bool kInPlace = ValueCell<Value, P>::kInPlace;
  static constexpr bool kEntryMayHoldPointers = Traits::may_hold_pointers || kMayHoldPointers<Value>;

  static_assert(alignof(EntryNode) <= kNodeAlignment,
                "keys and values must not need more than 16-byte alignment");

  Tree(Traits traits, std::uint64_t seed, P policy)
      : root_(nullptr), traits_(std::move(traits)), seed_(seed), policy_(std::move(policy)) {
    books_ = ::new (policy_.allocate(sizeof(Books<P>), true)) Books<P>();
    RootNode* const first = make_empty_root();
    Record<Tree> record(*this);
    root_.store(first, std::memory_order_release);  // (11) pairs with (12)
    record.born();
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const Traits& traits() const noexcept { return traits_; }
  P& policy() noexcept { return policy_; }
  const P& policy() const noexcept { return policy_; }
  std::uint64_t seed() const noexcept { return seed_; }
  const Books<P>& books() const noexcept { return *books_; }
  RootNode* root() const noexcept { return root_.load(std::memory_order_acquire); }  // (12) pairs with (11)

  static LeafNode* leaf_of(Word slot) noexcept { return reinterpret_cast<LeafNode*>(slot & ~kTags); }
  static BranchNode* branch_of(Word slot) noexcept { return reinterpret_cast<BranchNode*>(slot & ~kTags); }
  static EntryNode* entry_of(Word slot_or_cell) noexcept {
    return reinterpret_cast<EntryNode*>(slot_or_cell & ~kTags);
  }
  static LinkNode* link_of(Word cell) noexcept { return reinterpret_cast<LinkNode*>(cell & ~kTags); }
  static Word read(const Slot& slot) noexcept {
    return slot.load(std::memory_order_acquire);  // (2) pairs with (1)
  }
  /// Replaces what a slot was seen to hold. (1), which pairs with (2)
  bool exchange(Slot& slot, Word seen, Word next) noexcept {
    Record<Tree> record(*this);
    if (!slot.compare_exchange_strong(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return false;
    }
    record.slot(slot, next);
    return true;
  }

  /// Where a hash belongs, and what stood there when it was looked at.
  struct Place {
    RootNode* root;
    BranchNode* branch;  // that the slot is in, or null: the root
    Slot* slot;
    Word word;
    unsigned depth;
  };

  /// The lowest slot for `hash`: root, slot, branches. Lock-free, without a retry. May be old at once.
  Place locate(std::uint64_t hash) const noexcept {
    RootNode* const top = root();
    Place place{top, nullptr, &top->slot(hash), 0, top->bits()};
    for (;;) {
      place.word = read(*place.slot);
      if (!is_branch(place.word)) return place;
      place.branch = branch_of(place.word);
      place.slot = &place.branch->slot(hash);
      place.depth = static_cast<unsigned>(place.branch->base) + 1;
    }
  }

  /// The entry of `query`, or null. Lock-free, without a retry; calls Traits::equal.
  template <class Q>
  const EntryNode* find(std::uint64_t hash, const Q& query) const {
    Word word = read(root()->slot(hash));
    while (is_branch(word)) [[unlikely]] {
        word = read(branch_of(word)->slot(hash));
      }
    return find_in(word, hash, query);
  }

  /// The same below a slot that holds no branch.
  template <class Q>
  const EntryNode* find_in(Word slot, std::uint64_t hash, const Q& query) const {
    if (is_direct(slot)) {
      const EntryNode* const entry = entry_of(slot);
      return entry->hash == hash && traits_.equal(entry->key(), query) ? entry : nullptr;
    }
    const LeafNode* const leaf = leaf_of(slot);
    if (leaf == nullptr) return nullptr;
    for (std::uint64_t mask = leaf->header().matches(hash); mask != 0; mask = Header::rest(mask)) {
      const Word cell = leaf->cell(Header::first(mask));
      if (cell != 0 && container_of(cell)->hash == hash) return find_in_cell(cell, query);
    }
    return nullptr;
  }

  /// What an operation has seen of its key: what it plans on.
  struct Sight {
    Place place;
    Header header;     // of the leaf, if there is one
    unsigned index;    // of the cell, if there is a container
    Word container;    // of this full hash: a direct entry, or what the cell holds; 0: none
    EntryNode* entry;  // of this key, or null
  };

  template <class Q>
  Sight look(std::uint64_t hash, const Q& query) const {
    Sight sight{locate(hash), Header(0), 0, 0, nullptr};
    const Word word = sight.place.word;
    if (is_direct(word)) {
      EntryNode* const entry = entry_of(word);
      if (entry->hash != hash) return sight;
      sight.container = to_word(entry);
      if (traits_.equal(entry->key(), query)) sight.entry = entry;
    } else if (const LeafNode* const leaf = leaf_of(word)) {
      sight.header = leaf->header();
      find_container(*leaf, hash, sight);
      if (sight.container != 0) sight.entry = find_in_cell(sight.container, query);
    }
    return sight;
  }

  /// An entry that is ready to be linked, kept over the tries of one operation.
  struct Draft {
    EntryNode* entry = nullptr;
    const EntryNode* source = nullptr;  // whose key it has; null: the operation's own key
  };

  /// An entry for insert() or supplant(), made before the place for it was looked for.
  template <class Q>
  Draft draft(std::uint64_t hash, const Q& query, const Value& value) {
    return {make_entry(hash, query, value), nullptr};
  }

  /// Adds `query`, which was seen not to be there; false if the place has changed or has to be waited for.
  /// Linearizes at (1) or (5). The draft's entry is linked if and only if the answer is true.
  template <class Q>
  bool insert(const Sight& sight, std::uint64_t hash, const Q& query, const Value& value, Draft& draft) {
    if (draft.entry == nullptr || draft.source != nullptr) draft = {make_entry(hash, query, value), nullptr};
    LeafNode* const leaf = is_direct(sight.place.word) ? nullptr : leaf_of(sight.place.word);
    if (leaf == nullptr) return insert_into_slot(sight.place, draft.entry);
    if (!sight.header.is_open()) {
      if (sight.header.is_locked()) leaf->await();
      return false;
    }
    RootNode* crowded = nullptr;
    if (sight.container != 0) {
      if (!insert_into_chain(*leaf, sight, draft.entry)) return false;
    } else if (!sight.header.is_full()) {
      if (!insert_into_leaf(*leaf, sight, draft.entry)) return false;
    } else if (!Split<Tree>(*this).run(*leaf, sight, draft.entry, crowded)) {
      return false;
    }
    books_->added();
    if (crowded != nullptr) Maintenance<Tree>(*this).grow(crowded);
    return true;
  }

  /// Puts the draft's entry in the place of the single entry of its full hash that was seen, whose key then
  /// is gone; false if the place has changed or has to be waited for. As the cell changes, every plan made
  /// for the old entry fails, as after a removal and an insert (I7). Linearizes at (1) or (5).
  bool supplant(const Sight& sight, const Draft& draft) {
    assert(sight.container != 0 && (sight.container & kChain) == 0);
    const Place& place = sight.place;
    P::yield_point();
    if (is_direct(place.word)) {
      if (is_frozen(place.word)) {
        await_resize(place.root);
        return false;
      }
      if (!exchange(*place.slot, place.word, to_word(draft.entry) | kDirect)) return false;
    } else {
      LeafNode& leaf = *leaf_of(place.word);
      const Header header = leaf.lock();
      if (header.is_dead()) return false;
      const bool stands = leaf.cell_held(sight.index) == sight.container;
      if (stands) set_cell(leaf, sight.index, to_word(draft.entry));
      leaf.unlock(header);
      if (!stands) return false;
    }
    retire(entry_of(sight.container));
    return true;
  }

  /// Gives the entry that was seen a new value if its value still is `expected`; with `expected` null
  /// whatever it is. Returns the value replaced, or nothing if the place or the value has changed.
  /// Linearizes at (7), for large values at (1), (5) or (9).
  std::optional<Value> replace(const Sight& sight, const Seen* expected, const Value& value, Draft& draft) {
    EntryNode* const entry = sight.entry;
    if constexpr (!kInPlace) {
      if (draft.entry == nullptr || draft.source != entry) {
        draft = {make_entry(entry->hash, traits_.view(entry->key()), value), entry};
      }
    }
    if (is_direct(sight.place.word)) return replace_direct(sight, draft);
    LeafNode& leaf = *leaf_of(sight.place.word);
    P::yield_point();
    const Header header = leaf.lock();
    if (header.is_dead()) return std::nullopt;
    const Holder holder = find_holder(leaf, sight);
    if (!holder.found || (expected != nullptr && !entry->value.still(*expected))) {
      leaf.unlock(header);
      return std::nullopt;
    }
    const Value before = entry->value.seen().value();
    if constexpr (kInPlace) {
      Record<Tree> record(*this);
      entry->value.store(value);
      record.value(*entry);
    } else if (holder.link != nullptr) {
      set_link(*holder.link, &LinkNode::entry, draft.entry);
    } else {
      set_cell(leaf, sight.index, to_word(draft.entry));
    }
    leaf.unlock(header);
    if constexpr (!kInPlace) retire(entry);
    return before;
  }

  /// Removes the entry that was seen if its value still is `expected`; with `expected` null whatever it is.
  /// Returns the value, or nothing if the place or the value has changed. Linearizes at (1), (5) or (9).
  std::optional<Value> remove(const Sight& sight, const Seen* expected) noexcept {
    if (is_direct(sight.place.word)) return remove_direct(sight);
    EntryNode* const entry = sight.entry;
    LeafNode& leaf = *leaf_of(sight.place.word);
    P::yield_point();
    const Header header = leaf.lock();
    if (header.is_dead()) return std::nullopt;
    const Holder holder = find_holder(leaf, sight);
    if (!holder.found || (expected != nullptr && !entry->value.still(*expected))) {
      leaf.unlock(header);
      return std::nullopt;
    }
    const Value value = entry->value.seen().value();
    const Header after = holder.link == nullptr || !unlink(leaf, sight.index, holder)
                             ? empty_cell(leaf, header, sight.index)
                             : header;
    leaf.unlock(after);
    retire_removed(entry);
    if (holder.link != nullptr) retire(holder.link);
    if (after.count() <= Maintenance<Tree>::kSparse) tidy(sight.place, after, entry->hash);
    return value;
  }

  /// Replaces the whole tree by an empty one. Linearizes at (11). Then closes the old one: an operation that
  /// found the old root before that either changes a leaf that is not closed yet, and counts as done just
  /// before the clear, or finds the place closed and starts again at the new root.
  void clear() {
    RootNode* const fresh = make_empty_root();
    RootNode* old = nullptr;
    {
      Record<Tree> record(*this);
      old = root_.exchange(fresh, std::memory_order_acq_rel);  // (11) pairs with (12)
      record.top(StructureEvent::kClear, old->size());
    }
    Maintenance<Tree>(*this).close(old);
  }

  /// What the policy was asked for the entry, in bytes.
  std::size_t entry_bytes(const EntryNode* entry) const noexcept {
    return EntryNode::bytes(traits_.key_bytes(traits_.view(entry->key())));
  }

 private:
  friend class Maintenance<Tree>;
  friend class Split<Tree>;

  static constexpr unsigned kDirectBits = 8;  // direct entries are made in roots of up to 2^8 slots

  template <class Q>
  EntryNode* make_entry(std::uint64_t hash, const Q& query, const Value& value) {
    const std::size_t bytes = EntryNode::bytes(traits_.key_bytes(query));
    auto* const entry = ::new (policy_.allocate(bytes, kEntryMayHoldPointers)) EntryNode(hash, value);
    traits_.construct(entry->key_place(), query);
    return entry;
  }
  LinkNode* make_link(EntryNode* entry, LinkNode* rest) {
    return ::new (policy_.allocate(sizeof(LinkNode), true)) LinkNode(entry, rest);
  }
  RootNode* make_root(unsigned bits) {
    return ::new (policy_.allocate(RootNode::bytes(bits), true)) RootNode(bits);
  }
  RootNode* make_empty_root() {
    RootNode* const fresh = make_root(RootNode::kMinBits);
    for (std::size_t i = 0; i < fresh->size(); ++i) fresh->make_slot(i, 0);
    return fresh;
  }

  /// The entry of `query` among what a cell held, or null.
  template <class Q>
  EntryNode* find_in_cell(Word cell, const Q& query) const {
    if ((cell & kChain) == 0) [[likely]] {
      EntryNode* const entry = entry_of(cell);
      return traits_.equal(entry->key(), query) ? entry : nullptr;
    }
    return find_in_chain(link_of(cell), query);
  }

  template <class Q>
  [[gnu::noinline]] EntryNode* find_in_chain(const LinkNode* link, const Q& query) const {
    for (; link != nullptr; link = link->next.load(std::memory_order_acquire)) {  // (10) pairs with (9)
      EntryNode* const entry = link->entry.load(std::memory_order_acquire);       // (10) pairs with (9)
      if (entry != nullptr && traits_.equal(entry->key(), query)) return entry;
    }
    return nullptr;
  }

  static void find_container(const LeafNode& leaf, std::uint64_t hash, Sight& sight) noexcept {
    for (std::uint64_t mask = sight.header.matches(hash); mask != 0; mask = Header::rest(mask)) {
      const unsigned index = Header::first(mask);
      const Word cell = leaf.cell(index);
      if (cell == 0 || container_of(cell)->hash != hash) continue;
      sight.index = index;
      sight.container = cell;
      return;
    }
  }

  /// Waits until the root is replaced of which a slot was seen frozen, or unfrozen.
  void await_resize(RootNode* seen) const noexcept {
    if (root() == seen) seen->await();
  }

  bool insert_into_slot(const Place& place, EntryNode* entry) {
    if (is_frozen(place.word)) {
      await_resize(place.root);
      return false;
    }
    Word next;
    if (place.word == 0 && place.depth <= kDirectBits) {
      next = to_word(entry) | kDirect;
    } else if (place.word == 0) {
      next = to_word(make_leaf(policy_, SingleItem(entry), 1, place.depth, false));
    } else {
      next = beside(entry_of(place.word), entry, place.depth);
    }
    P::yield_point();
    if (!exchange(*place.slot, place.word, next)) return false;
    std::size_t entries = books_->added();
    if (place.depth >= kDirectBits) return true;
    // A small root is kept sparse, so that most of its entries are direct.
    if (entries == 0) entries = books_->entries();
    if (2 * entries > place.root->size()) Maintenance<Tree>(*this).grow(place.root);
    return true;
  }

  /// A leaf for a direct entry and another one.
  Word beside(EntryNode* direct, EntryNode* entry, unsigned depth) {
    if (direct->hash != entry->hash) {
      const Item both[2] = {{direct->hash, to_word(direct)}, {entry->hash, to_word(entry)}};
      return to_word(make_leaf(policy_, both, 2, depth, false));
    }
    LinkNode* const chain = make_link(entry, make_link(direct, nullptr));
    const Item item{entry->hash, to_word(chain) | kChain};
    return to_word(make_leaf(policy_, &item, 1, depth, false));
  }

  bool insert_into_leaf(LeafNode& leaf, const Sight& sight, EntryNode* entry) noexcept {
    const unsigned index = sight.header.free_cell();
    const Header after = sight.header.with_cell(index, entry->hash);
    P::yield_point();
    // One step locks, finds the header as it was seen, and publishes the fingerprint (I3).
    if (!leaf.try_lock(sight.header, after.locked())) return false;
    for (std::uint64_t mask = sight.header.matches(entry->hash); mask != 0; mask = Header::rest(mask)) {
      const Word cell = leaf.cell_held(Header::first(mask));
      if (cell != 0 && container_of(cell)->hash == entry->hash) {
        leaf.unlock(sight.header);  // the hash has come, with fingerprints that look the same (I7)
        return false;
      }
    }
    set_cell(leaf, index, to_word(entry));
    leaf.unlock(after);
    return true;
  }

  bool insert_into_chain(LeafNode& leaf, const Sight& sight, EntryNode* entry) {
    const bool chained = (sight.container & kChain) != 0;
    LinkNode* const rest = chained ? link_of(sight.container) : make_link(entry_of(sight.container), nullptr);
    LinkNode* const head = make_link(entry, rest);
    P::yield_point();
    const Header header = leaf.lock();
    if (header.is_dead()) return false;
    const bool stands = leaf.cell_held(sight.index) == sight.container;
    if (stands) set_cell(leaf, sight.index, to_word(head) | kChain);
    leaf.unlock(header);
    return stands;
  }

  std::optional<Value> replace_direct(const Sight& sight, const Draft& draft) {
    const Place& place = sight.place;
    if (is_frozen(place.word)) {
      await_resize(place.root);
      return std::nullopt;
    }
    if constexpr (kInPlace) {
      LeafNode* const leaf = make_leaf(policy_, SingleItem(sight.entry), 1, place.depth, false);
      P::yield_point();
      exchange(*place.slot, place.word, to_word(leaf));
      return std::nullopt;  // now it can be changed, there (I5)
    } else {
      P::yield_point();
      if (!exchange(*place.slot, place.word, to_word(draft.entry) | kDirect)) return std::nullopt;
      const Value before = sight.entry->value.seen().value();
      retire(sight.entry);
      return before;
    }
  }

  std::optional<Value> remove_direct(const Sight& sight) noexcept {
    const Place& place = sight.place;
    P::yield_point();
    if (is_frozen(place.word)) {
      await_resize(place.root);
      return std::nullopt;
    }
    if (!exchange(*place.slot, place.word, 0)) return std::nullopt;
    const Value value = sight.entry->value.seen().value();
    retire_removed(sight.entry);
    Maintenance<Tree>(*this).shrink_if_sparse();
    return value;
  }

  /// Where an entry hangs: in a link, or (link null) in the cell itself.
  struct Holder {
    bool found;
    LinkNode* link;
    LinkNode* before;  // the link in front of it, if any
  };

  /// Needs the leaf's lock. Where the entry that was seen hangs in its cell now. Compares addresses only.
  static Holder find_holder(const LeafNode& leaf, const Sight& sight) noexcept {
    leaf.assert_held();
    constexpr Holder kGone{false, nullptr, nullptr};
    const Word cell = leaf.cell_held(sight.index);
    if ((cell & kChain) == 0) return {cell == to_word(sight.entry), nullptr, nullptr};
    LinkNode* before = nullptr;
    // relaxed, both: the lock orders them
    for (auto* link = link_of(cell); link != nullptr;
         before = link, link = link->next.load(std::memory_order_relaxed)) {
      if (link->entry.load(std::memory_order_relaxed) == sight.entry) return {true, link, before};
    }
    return kGone;
  }

  /// Needs the leaf's lock. Takes a link out of its chain (I7); false if it was the only one, which still
  /// stands in its cell then.
  bool unlink(LeafNode& leaf, unsigned index, const Holder& holder) noexcept {
    leaf.assert_held();
    LinkNode* const next = holder.link->next.load(std::memory_order_relaxed);  // relaxed: the lock orders it
    set_link(*holder.link, &LinkNode::entry, static_cast<EntryNode*>(nullptr));  // here the key goes
    if (holder.before != nullptr) {
      set_link(*holder.before, &LinkNode::next, next);
    } else if (next != nullptr) {
      set_cell(leaf, index, to_word(next) | kChain);
    } else {
      return false;
    }
    return true;
  }

  /// Needs the leaf's lock. Takes the pointer; the fingerprint goes when the leaf is unlocked (I3).
  Header empty_cell(LeafNode& leaf, Header header, unsigned index) noexcept {
    leaf.assert_held();
    set_cell(leaf, index, 0);
    return header.without_cell(index);
  }

  /// Needs the leaf's lock. (5), which pairs with (6)
  void set_cell(LeafNode& leaf, unsigned index, Word container) noexcept {
    Record<Tree> record(*this);
    leaf.set_cell(index, container);
    record.cell(leaf, index, container);
  }

  /// The same for the entry or the next one of a link. (9), which pairs with (10)
  template <class T>
  void set_link(LinkNode& link, typename P::template atomic<T*> LinkNode::*field, T* now) noexcept {
    Record<Tree> record(*this);
    (link.*field).store(now, std::memory_order_release);
    record.link(link);
  }

  /// Needs the leaf's lock, and lets go: nothing of the leaf changes any more.
  void end_leaf(LeafNode& leaf, Header header) noexcept {
    Record<Tree> record(*this);
    leaf.unlock(header.dead());
    record.dead(leaf);
  }

  /// After a removal that has left few containers in a leaf, whose header was `after`.
  void tidy(const Place& place, Header after, std::uint64_t hash) noexcept {
    if (place.branch != nullptr) {
      Maintenance<Tree>(*this).merge(*place.branch, hash);
    } else if (after.is_empty()) {
      Maintenance<Tree>(*this).shrink_if_sparse();
    }
  }

  /// An entry that is gone with its key; retire(entry) is for one that another has replaced.
  void retire_removed(EntryNode* entry) noexcept {
    books_->removed();
    policy_.retired(entry, entry_bytes(entry));
  }
  void retire(EntryNode* entry) noexcept { retire(entry, entry_bytes(entry)); }
  void retire(RootNode* node) noexcept { retire(node, RootNode::bytes(node->bits())); }
  template <class N>
  void retire(N* node) noexcept {
    retire(node, sizeof(N));
  }
  void retire(void* node, std::size_t bytes) noexcept {
    books_->retired();
    policy_.retired(node, bytes);
  }

  typename P::template atomic<RootNode*> root_;
  Books<P>* books_;
  [[no_unique_address]] Traits traits_;
  const std::uint64_t seed_;
  [[no_unique_address]] P policy_;
};

}  // namespace interlox::trie::detail
