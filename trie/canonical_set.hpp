// SPDX-License-Identifier: BSD-3-Clause
// A concurrent set that holds its elements weakly: what symbol tables and tables of unique handles are.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "trie/batch.hpp"
#include "trie/check.hpp"
#include "trie/dump.hpp"
#include "trie/hash.hpp"
#include "trie/iterator.hpp"
#include "trie/policy.hpp"
#include "trie/stats.hpp"
#include "trie/tally.hpp"
#include "trie/this_thread.hpp"
#include "trie/tree.hpp"
#include "trie/walk.hpp"

namespace interlox::trie {

namespace detail {

/// A query for make() and find(): what the search has met is left in it. An element that was found is thereby
/// on the searching thread's stack, and stays alive.
template <class T, class Cell, class Q>
struct Wanted {
  const Q& query;
  mutable T* found = nullptr;
  mutable bool met_dead = false;  // an entry of the same full hash
};

/// A query for any dead entry.
struct AnyDead {};

/// What a walk sees of an entry: its element, alive while the view is on the stack, or null; and its cell.
template <class T, class Cell>
struct ElementView {
  T* element;
  const Cell* cell;
  [[nodiscard]] bool is_dead() const noexcept { return element == nullptr; }
};

/// Whether entries have a tail: Traits::Tail, behind the cell.
template <class Traits>
concept Tailed = requires {
  typename Traits::Tail;
};

/// Keys that are weak cells, with tails where the Traits have some. Hashes are those stored in the entries:
/// of a dead element nothing can be asked.
template <class T, class Traits, WeakPolicy P>
struct CellKeys {
  using Cell = typename P::WeakCell;
  using View = ElementView<T, Cell>;
  static constexpr bool may_hold_pointers = false;

  [[no_unique_address]] Traits elements;

  template <class Q>
  std::uint64_t hash(const Q& query, std::uint64_t seed) const {
    return elements.hash(query, seed);
  }
  std::uint64_t hash(const View& view, std::uint64_t seed) const { return hash(*view.element, seed); }

  template <class Q>
  bool equal(const Cell& stored, const Wanted<T, Cell, Q>& wanted) const {
    T* const element = static_cast<T*>(stored.get());
    if (element == nullptr) {
      wanted.met_dead = true;
      return false;
    }
    if (!equal(stored, *element, wanted.query)) return false;
    wanted.found = element;
    return true;
  }
  static bool equal(const Cell& stored, const AnyDead& /*query*/) noexcept { return stored.get() == nullptr; }
  bool equal(const Cell& stored, const View& view) const {
    T* const element = static_cast<T*>(stored.get());
    return element != nullptr && equal(stored, *element, *view.element);
  }

  template <class Q>
  std::size_t key_bytes(const Wanted<T, Cell, Q>& wanted) const {
    if constexpr (Tailed<Traits>) return sizeof(Cell) + elements.tail_bytes(wanted.query);
    return sizeof(Cell);
  }
  std::size_t key_bytes(const View& view) const noexcept {
    if constexpr (Tailed<Traits>) return sizeof(Cell) + elements.tail_bytes(tail_of(*view.cell));
    return sizeof(Cell);
  }
  template <class Q>
  void construct(void* place, const Wanted<T, Cell, Q>& wanted) const {
    auto* const cell = ::new (place) Cell();
    if constexpr (Tailed<Traits>) elements.construct_tail(cell + 1, wanted.query);
  }
  static View view(const Cell& cell) noexcept { return {static_cast<T*>(cell.get()), &cell}; }

  static constexpr const char* kTitle = title<Traits>();
  void describe(std::string& text, const Cell& cell) const requires Described<Traits, T> {
    const T* const element = static_cast<T*>(cell.get());
    element == nullptr ? void(text += "dead") : elements.describe(text, *element);
  }

 private:
  template <class Q>
  bool equal(const Cell& stored, const T& element, const Q& query) const {
    if constexpr (Tailed<Traits>) {
      return elements.equal(element, tail_of(stored), query);
    } else {
      return elements.equal(element, query);
    }
  }
  static const auto& tail_of(const Cell& cell) noexcept {
    return *std::launder(reinterpret_cast<const typename Traits::Tail*>(&cell + 1));
  }
};

}  // namespace detail

/// A set of T, at most one of equal ones, that any number of threads may use at once and that keeps none of
/// them alive: an element whose last other reference has gone is reclaimed by the collector. What it leaves
/// is a dead entry, which the next insert of the same hash replaces, and which prune() removes:
/// a cleaner's, or that of inserts, which help when many are waiting. So removal keeps up with any number of
/// inserts (golang/go#71772 tells of one that did not).
///
///   T            is allocated by create() below and never moves. It holds its own content, and the set holds
///                nothing that refers to others: a strong key would keep what it refers to, and N nested
///                elements would take N collections to go.
///   Traits       hash(q, seed) and equal(const T&, q) for every type of query q, a const T& among them.
///                They are called with no lock held; they may throw, and may use the set themselves.
///                Traits may keep a part of the content that holds no pointers in the entry, as a Tail behind
///                the cell: a search then need not touch the element, which is one cache miss less. They then
///                have tail_bytes(q) and tail_bytes(const Tail&), construct_tail(place, q), equal(const T&,
///                const Tail&, q) in the place of the other, and attach(T&, entry): the element gets the
///                address of its entry, kTailOffset before the tail, and may hold it: so the content need not
///                be twice.
///   P            policy.hpp. The set must be in memory that the collector scans.
///
/// Invariants
///
///   I1  Of all live elements that are equal, one at most is in the set, and that as long as it lives. So
///       elements are equal if and only if they are the same.
///   I2  An entry is in the tree of map entries (tree.hpp, whose invariants hold here) with a cell that
///       refers to its element from before it is linked; null there means dead, and never changes again.
///   I3  A thread gets an element out of a cell by one load, and from then on holds it.
///   I4  Only dead entries are removed or replaced.
///
/// Why I1 holds: an insert is planned on a place where no live equal element was seen, and made only if the
/// place has not changed since. What was seen there as dead stays so; a cell that is reused for another entry
/// looks different, since the planning thread's reference keeps the address from coming back. The maker holds
/// the new element until it is linked, so no collection can find it dead before.
///
/// Linearization: make() and find() at the load of the cell whose element they return, make() of a new
/// element when its entry is linked, find() of an absent one as a map's load. An element's end is the
/// collection that finds it dead.
///
/// Source: the table of Go's `unique` package (1.23), whose map is this trie's ancestor.
template <class T, class Traits, WeakPolicy P>
class CanonicalSet {
  using Cell = typename P::WeakCell;
  using Keys = detail::CellKeys<T, Traits, P>;
  using Nothing = std::monostate;
  using Tree = detail::Tree<Cell, Nothing, Keys, P>;
  using Fetching = detail::Batch<Tree>;
  template <class Q>
  using Wanted = detail::Wanted<T, Cell, Q>;
  static_assert(sizeof(typename Tree::EntryNode) == sizeof(std::uint64_t) + sizeof(Cell),
                "an entry is a hash and a weak cell, and perhaps a tail");

 public:
  /// Where the tail stands in an entry.
  static constexpr std::size_t kTailOffset = sizeof(std::uint64_t) + sizeof(Cell);

  /// An empty set. Throws what P::allocate throws.
  explicit CanonicalSet(P policy, Traits traits = {}, std::uint64_t seed = random_seed())
      : tree_(Keys{std::move(traits)}, seed, std::move(policy)) {}
  CanonicalSet(const CanonicalSet&) = delete;
  CanonicalSet& operator=(const CanonicalSet&) = delete;

  /// The element equal to `query`, or null. Lock-free, without a retry; allocates nothing.
  template <class Q>
  [[nodiscard]] T* find(const Q& query) const {
    const Wanted<Q> wanted{query};
    tree_.find(hash_of(query), wanted);
    return wanted.found;
  }

  /// The element equal to `query`, or else the one that create(hash) makes, where `hash` is that of the
  /// query. Lock-free when it is there; else locks one leaf. create() runs with no lock held, at most once,
  /// and what it makes is dropped if another thread comes first. Throws what create() and P::allocate throw;
  /// the set is then unchanged.
  template <class Q, class Create>
  T* make(const Q& query, const Create& create) {
    const std::uint64_t hash = hash_of(query);
    const Wanted<Q> wanted{query};
    tree_.find(hash, wanted);
    if (wanted.found != nullptr) [[likely]] {
      hits_.add();
      return wanted.found;
    }
    return add(hash, query, create);
  }

  /// Removes up to `most` dead entries that wait for it, and returns how many hashes it went after: fewer
  /// than `most` when no more are waiting. Never throws; locks one leaf at a time. Any number of threads.
  std::size_t prune(std::size_t most) noexcept {
    std::array<std::uint64_t, Fetching::kMost> hashes;
    std::size_t all = 0;
    while (all < most) {
      pruning_.begin();
      const std::size_t count =
          tree_.policy().take_dead({hashes.data(), std::min(hashes.size(), most - all)});
      prune_hashes({hashes.data(), count});
      pruning_.end();
      all += count;
      if (count == 0) break;
    }
    return all;
  }

  /// Returns once all entries are removed that were dead before the call. Blocks while other threads prune.
  void prune_all() noexcept {
    while (prune(Fetching::kMost) != 0) {
    }
    pruning_.await();
  }

  /// Whether dead entries wait for prune(). Wait-free; may be called while the world is stopped.
  [[nodiscard]] bool needs_pruning() const noexcept { return tree_.policy().waiting() != 0; }

  /// How many live elements there are; exact when no other thread changes the set and no collection runs.
  [[nodiscard]] std::size_t count() const noexcept {
    const std::size_t dead = this->dead();
    const std::size_t entries = tree_.books().entries();
    return entries > dead ? entries - dead : 0;
  }

  /// Calls visit(T&) for the live elements, in no particular order, with no lock held. No snapshot: one that
  /// is there and alive the whole time is met exactly once.
  template <class F>
  void for_each(const F& visit) const {
    detail::HashCursor<Tree, detail::ElementView<T, Cell>, Nothing> at(tree_);
    while (const auto item = at.next()) {
      if (!item->key.is_dead()) visit(*item->key.element);
    }
  }

  /// Walks the whole set and counts; exact under the conditions of count().
  [[nodiscard]] CanonicalStats stats() const { return with_tallies(detail::StatsWalk<Tree>(tree_).run()); }

  /// The same but for what only a walk can tell, which stays 0: no node is looked at. Wait-free.
  [[nodiscard]] CanonicalStats counts() const noexcept {
    Stats counted;
    counted.entries = tree_.books().entries();
    counted.retired = tree_.books().retirements();
    return with_tallies(std::move(counted));
  }

  /// Walks the whole set, which no other thread may be changing; returns nothing, or a sentence that begins
  /// with the number of the broken invariant of tree.hpp. Calls hash and equality.
  [[nodiscard]] std::optional<std::string> check() const { return detail::Checker<Tree>(tree_).run(); }

  /// Writes one node a line, indented by depth; print(out, const T&) writes an element.
  template <class Printer>
  void dump(std::ostream& out, const Printer& print) const {
    draw(out, print, [](auto dumper) { dumper.text(); });
  }

  /// Writes the set as a Graphviz digraph, likewise.
  template <class Printer>
  void dot(std::ostream& out, const Printer& print) const {
    draw(out, print, [](auto dumper) { dumper.dot(); });
  }

  /// Shows `visitor` all memory that the set is made of: walk.hpp says what is asked of it, and promised. An
  /// entry's key has its `element`, null if that is dead; its value is nothing.
  template <class Visitor>
  void walk_memory(Visitor& visitor) const {
    detail::MemoryWalk(tree_, visitor).run();
  }

  /// The set's copy of what it was made with. Wait-free.
  ///@{
  [[nodiscard]] P& policy() noexcept { return tree_.policy(); }
  [[nodiscard]] std::uint64_t seed() const noexcept { return tree_.seed(); }
  ///@}

 private:
  static constexpr std::size_t kMany = 1024;  // waiting dead entries, from which on inserts help
  static constexpr std::size_t kHelp = 4;     // of them, for each entry that is added, on average
  static constexpr std::size_t kHelpers = 4;  // of so many entries that are added, one helps

  template <class Q>
  std::uint64_t hash_of(const Q& query) const {
    return tree_.traits().hash(query, tree_.seed());
  }

  template <class Printer, class Draw>
  void draw(std::ostream& out, const Printer& print, const Draw& how) const {
    const auto print_key = [&print](std::ostream& to, const detail::ElementView<T, Cell>& view) {
      view.is_dead() ? void(to << "dead") : print(to, *view.element);
    };
    const auto print_nothing = [](std::ostream& to, const Nothing&) { to << "weak"; };
    how(detail::Dumper(tree_, out, print_key, print_nothing));
  }

  /// An element that is not in the set yet, and its entry. One that is never linked gives its target up, so
  /// that it does not count as cleared one day.
  struct Fresh {
    Fresh() = default;
    Fresh(const Fresh&) = delete;
    Fresh& operator=(const Fresh&) = delete;
    ~Fresh() {
      if (!linked && draft.entry != nullptr) cell().abandon();
    }
    Cell& cell() const noexcept { return *std::launder(static_cast<Cell*>(draft.entry->key_place())); }

    T* element = nullptr;
    typename Tree::Draft draft;
    bool linked = false;
  };

  template <class Q, class Create>
  [[gnu::noinline]] T* add(std::uint64_t hash, const Q& query, const Create& create) {
    Fresh fresh;
    for (;;) {
      const Wanted<Q> wanted{query};
      const auto sight = tree_.look(hash, wanted);
      if (wanted.found != nullptr) {
        hits_.add();
        return wanted.found;
      }
      if (fresh.element == nullptr) {
        fresh.element = create(hash);
        fresh.draft = tree_.draft(hash, wanted, Nothing{});
        if constexpr (detail::Tailed<Traits>)
          tree_.traits().elements.attach(*fresh.element, fresh.draft.entry);
        tree_.policy().watch(fresh.cell(), fresh.element);
      }
      if (link(sight, hash, wanted, fresh)) break;
    }
    misses_.add();
    // One in four helps with four times as many: their memory is then fetched together (prune_hashes).
    if (tree_.policy().waiting() > kMany && hash % kHelpers == 0) prune(kHelpers * kHelp);
    return fresh.element;
  }

  template <class Q>
  bool link(const typename Tree::Sight& sight, std::uint64_t hash, const Wanted<Q>& wanted, Fresh& fresh) {
    if (wanted.met_dead && (sight.container & detail::kChain) == 0) {  // then that is all of this hash
      fresh.linked = tree_.supplant(sight, fresh.draft);
      if (fresh.linked) pruned_.add();
      return fresh.linked;
    }
    fresh.linked = tree_.insert(sight, hash, wanted, Nothing{}, fresh.draft);
    if (fresh.linked && wanted.met_dead) prune_hash(hash);
    return fresh.linked;
  }

  // Removes the dead entries of these hashes, whose memory is fetched for all of them at once.
  void prune_hashes(std::span<const std::uint64_t> hashes) noexcept {
    Fetching fetching(tree_);
    for (std::size_t i = 0; i < hashes.size(); ++i) fetching.start(i, hashes[i]);
    for (std::size_t i = 0; i < hashes.size(); ++i) fetching.descend(i);
    for (std::size_t i = 0; i < hashes.size(); ++i) fetching.match(i);
    for (const std::uint64_t hash : hashes) prune_hash(hash);
  }

  // Removes the dead entries of one full hash.
  void prune_hash(std::uint64_t hash) noexcept {
    for (;;) {
      const auto sight = tree_.look(hash, detail::AnyDead{});
      if (sight.entry == nullptr) return;
      if (tree_.remove(sight, nullptr)) pruned_.add();
    }
  }

  CanonicalStats with_tallies(Stats counted) const noexcept {
    CanonicalStats stats{std::move(counted)};
    stats.dead = std::min(dead(), stats.entries);
    stats.live = stats.entries - stats.dead;
    stats.hits = hits_.sum();
    stats.misses = misses_.sum();
    stats.pruned = pruned_.sum();
    stats.cleared = tree_.policy().cleared();
    return stats;
  }

  std::size_t dead() const noexcept {
    const std::uint64_t pruned = pruned_.sum();  // first: what is pruned was cleared before
    const std::uint64_t cleared = tree_.policy().cleared();
    return cleared > pruned ? static_cast<std::size_t>(cleared - pruned) : 0;
  }

  /// Batches of pruning that are under way, so that somebody can wait for those begun before, whichever end
  /// first. Each thread has a line, where it begins one batch after the other: so there is soon a moment
  /// without any.
  class Batches {
   public:
    void begin() noexcept { mine().begin(); }
    void end() noexcept { mine().end(); }
    /// Returns once there was a moment without any in each line.
    void await() noexcept {
      for (Line& line : lines_) line.await();
    }

   private:
    /// How many are under way, and how often there was none. Some threads share one.
    class Line {
     public:
      // relaxed: who has to wait for this batch knows of it by take_dead()
      void begin() noexcept { state_.fetch_add(1, std::memory_order_relaxed); }
      void end() noexcept {
        std::uint64_t seen = state_.load(std::memory_order_relaxed);  // relaxed: the next line decides
        while (!state_.compare_exchange_strong(seen, after_one(seen),
                                               std::memory_order_release,     // (1) pairs with (2): what the
                                               std::memory_order_relaxed)) {  // batch removed is removed
        }
        if (under_way(after_one(seen)) == 0) state_.notify_all();
      }
      void await() noexcept {
        const std::uint64_t first = state_.load(std::memory_order_acquire);  // (2) pairs with (1)
        std::uint64_t now = first;
        while (under_way(now) != 0 && quiet_moments(now) == quiet_moments(first)) {
          state_.wait(now, std::memory_order_relaxed);   // relaxed: the next load decides
          now = state_.load(std::memory_order_acquire);  // (2) pairs with (1)
        }
      }

     private:
      static constexpr std::uint64_t kQuietMoment = std::uint64_t{1} << 32;
      static std::uint64_t under_way(std::uint64_t state) noexcept { return state % kQuietMoment; }
      static std::uint64_t quiet_moments(std::uint64_t state) noexcept { return state / kQuietMoment; }
      static std::uint64_t after_one(std::uint64_t state) noexcept {
        return state - 1 + (under_way(state) == 1 ? kQuietMoment : 0);
      }

      typename P::template atomic<std::uint64_t> state_{0};
      std::byte distance_[64 - sizeof(std::uint64_t)];
    };

    static constexpr std::size_t kLines = 16;
    Line& mine() noexcept { return lines_[detail::ordinal_of_thread<P>() % kLines]; }

    std::array<Line, kLines> lines_{};
  };

  Tree tree_;
  detail::Tally<P> hits_;
  detail::Tally<P> misses_;
  detail::Tally<P> pruned_;
  Batches pruning_;
};

}  // namespace interlox::trie
