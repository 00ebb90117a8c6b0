// SPDX-License-Identifier: BSD-3-Clause
// The concurrent hash-trie map: lock-free loads, one leaf's lock a change, retired nodes simply dropped.
#pragma once

#include <algorithm>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "trie/batch.hpp"
#include "trie/check.hpp"
#include "trie/computation.hpp"
#include "trie/dump.hpp"
#include "trie/hash.hpp"
#include "trie/iterator.hpp"
#include "trie/key_traits.hpp"
#include "trie/policy.hpp"
#include "trie/stats.hpp"
#include "trie/std_policy.hpp"
#include "trie/tree.hpp"
#include "trie/walk.hpp"

/// The concurrent hash-trie map, and the set of unique elements that are held weakly. On the standard library
/// alone: a collector, if there is one, comes in by the Policy.
namespace interlox::trie {

/// A query together with its hash under the seed of the map, for a caller that has the hash already: any
/// operation takes it in place of the query, and then does not call Traits::hash. HashTrieMap::hashed() makes
/// one; a wrong hash finds nothing, and storing under one breaks the map (check() names it I8).
template <class Q>
struct Hashed {
  const Q& query;      ///< what is looked for; outlives this
  std::uint64_t hash;  ///< what Traits::hash makes of it under the map's seed
};

/// A map from Key to Value that any number of threads may use at once. The algorithm and its invariants
/// are in tree.hpp.
///
///     trie::HashTrieMap<trie::String, int> counts;
///     counts.store("apples", 3);
///     counts.compare_and_swap("apples", 3, 4);             // true
///     int pears = counts.load_or_store("pears", 1).value;  // 1, stored
///     counts.for_each([](std::string_view key, int value) { ... });
///
///   Key, Value   trivially copyable (a Key may be trie::String instead) and trivially destructible.
///                Values of 1, 2, 4 or 8 bytes are changed in place; larger ones get a new entry.
///   Traits       hash, equality and storage of keys: key_traits.hpp. Lookups take any Q that it accepts, or
///                a Hashed<Q>.
///   P            atomics and memory: policy.hpp. Under a collector the map object itself must be in
///                memory that the collector scans, and no destructor needs to run.
///   ValueEqual   ValueEqual()(stored, given) for the compare_ operations.
///
/// Every single-key operation is linearizable, at the points given. Progress: load and iteration are
/// lock-free (load has no retry: a slot of the root, then seldom a branch, then one leaf). A change locks one
/// leaf, or replaces one slot by compare-and-swap; it waits, spinning briefly and then parked, for another
/// change of that leaf, and while the root is replaced by a larger or a smaller one.
///
/// User code (hash, equalities, key construction) runs with no lock held. It may throw: the map is then
/// unchanged. It may use the same map, but an equality that changes the very key under comparison for ever
/// keeps its operation retrying for ever. An allocation that throws also leaves the map unchanged.
template <class Key, class Value, class Traits = KeyTraits<Key>, class P = StdPolicy,
          class ValueEqual = std::equal_to<Value>>
class HashTrieMap {
  static_assert(std::is_trivially_destructible_v<Key>,
                "keys must be trivially destructible: destructors of collected nodes never run. For strings "
                "use trie::String as the key, for other owners store a pointer");
  static_assert(
      std::is_trivially_copyable_v<Value> && std::is_trivially_destructible_v<Value>,
      "values must be trivially copyable and destructible: destructors of collected nodes never run. "
      "Store a pointer to collected memory, or a handle, instead of an owner");
  static_assert(Policy<P>, "P must model trie::Policy (policy.hpp)");

  using Tree = detail::Tree<Key, Value, Traits, P>;

 public:
  /// What iteration hands out for a key.
  using KeyView = typename Traits::View;
  /// A cursor of iterate(): copyable, trivially destructible, and may be kept while the map changes. It
  /// holds pointers to the map and to a node: under a collector it must be in scanned memory, and the map
  /// must be kept alive beside it. Its next() gives {key, value} or nothing.
  using Iterator = detail::HashCursor<Tree, KeyView, Value>;
  /// What its next() gives: a KeyView `key` and a Value `value`.
  using Item = typename Iterator::Item;

  /// What load_or_store() found or made.
  struct Loaded {
    Value value;  ///< the key's, from now on or already
    bool loaded;  ///< true: the value was there; false: it was stored
  };

  /// An empty map. Throws what P::allocate throws. The seed goes to every Traits::hash.
  explicit HashTrieMap(Traits traits = {}, std::uint64_t seed = random_seed(), P policy = {},
                       ValueEqual value_equal = {})
      : tree_(std::move(traits), seed, std::move(policy)), value_equal_(std::move(value_equal)) {}
  HashTrieMap(const HashTrieMap&) = delete;
  HashTrieMap& operator=(const HashTrieMap&) = delete;

  /// What Traits::hash makes of a query under this map's seed; the same for the life of the map. Wait-free if
  /// Traits::hash is.
  template <class Q>
  [[nodiscard]] std::uint64_t hash(const Q& query) const {
    return tree_.traits().hash(query, tree_.seed());
  }
  /// The query with its hash, for several operations on one key. Refers to the query, which must outlive it.
  template <class Q>
  [[nodiscard]] Hashed<Q> hashed(const Q& query) const {
    return {query, hash(query)};
  }
  template <class Q>
  Hashed<Q> hashed(const Q&& query) const = delete;  // it would refer to what is gone with the statement

  /// The value of a key, or nothing. Lock-free; allocates nothing. Linearizes at the last read of a slot, of
  /// a leaf's header or cell, of a link, or of the value.
  template <class Q>
  [[nodiscard]] std::optional<Value> load(const Q& query) const {
    const auto* const entry = tree_.find(hash_of(query), key_of(query));
    if (entry == nullptr) return std::nullopt;
    return entry->value.seen().value();
  }

  /// For each query its value or nothing, as that many loads would give it, in `values`, which must be as
  /// long as `queries` (anything with size() and []); returns how many were found. The cache misses of
  /// sixteen lookups overlap, so on a large map this is several times as fast as single loads. Each lookup
  /// linearizes for itself, as load() does. What the hash or the equality throws leaves `values` partly
  /// written.
  template <class Queries>
  std::size_t load_many(const Queries& queries, std::span<std::optional<Value>> values) const {
    assert(queries.size() == values.size());
    std::size_t found = 0;
    for (std::size_t first = 0; first < values.size(); first += Batch::kMost) {
      const std::size_t count = std::min(Batch::kMost, values.size() - first);
      Batch batch(tree_);
      for (std::size_t i = 0; i < count; ++i) batch.start(i, hash_of(queries[first + i]));
      for (std::size_t i = 0; i < count; ++i) batch.descend(i);
      for (std::size_t i = 0; i < count; ++i) batch.match(i);
      for (std::size_t i = 0; i < count; ++i) {
        const auto* const entry = batch.finish(i, key_of(queries[first + i]));
        values[first + i] = entry == nullptr ? std::nullopt : std::optional(entry->value.seen().value());
        found += entry == nullptr ? 0 : 1;
      }
    }
    return found;
  }

  /// The value of a key that is there, else stores `value`. Lock-free when the key is there. Throws what
  /// P::allocate throws. Linearizes as load(), or when the new entry is linked.
  template <class Q>
  Loaded load_or_store(const Q& query, Value value) {
    const std::uint64_t hash = hash_of(query);
    typename Tree::Draft draft;
    for (;;) {
      const auto sight = tree_.look(hash, key_of(query));
      if (sight.entry != nullptr) return {sight.entry->value.seen().value(), true};
      if (tree_.insert(sight, hash, key_of(query), value, draft)) return {value, false};
    }
  }

  /// The value of a key that is there, else stores what compute() gives. While one thread computes the value
  /// of a key, others that ask for the same one here wait, parked, for its end; so each value that is stored
  /// was computed by one call, and if no other operation stores or removes the key, compute() is called once.
  /// It runs with no lock held and may use the map; what it throws leaves the map unchanged, and one of those
  /// who wait computes in its turn. Throws std::logic_error to a computation that asks for its own key;
  /// computations of two threads that ask for each other's keys wait for ever, as everywhere. Lock-free when
  /// the key is there. Linearizes as load_or_store().
  template <class Q, class F>
  Loaded load_or_compute(const Q& query, F&& compute) {
    const Hashed<std::remove_cvref_t<decltype(key_of(query))>> hashed{key_of(query), hash_of(query)};
    for (;;) {
      if (const auto present = load(hashed)) return {*present, true};
      Running& running = computations();
      if (const auto other = running.load(hashed)) {
        (*other)->await();
        running.compare_and_delete(hashed, *other);  // in case the end of its turn could not (Turn)
        continue;
      }
      auto* const mine = ::new (running.policy().allocate(sizeof(Computation), false)) Computation();
      if (running.load_or_store(hashed, mine).loaded) continue;
      const Turn turn{running, hashed, mine};
      if (const auto present = load(hashed)) return {*present, true};  // stored before it was our turn
      return load_or_store(hashed, std::forward<F>(compute)());
    }
  }

  /// Sets the value of a key; a key that is there keeps its stored form. Throws what P::allocate throws.
  /// Linearizes when the value is written or the new entry is linked.
  template <class Q>
  void store(const Q& query, Value value) {
    static_cast<void>(swap(query, value));
  }

  /// As store(); returns the value replaced, or nothing if the key was not there.
  template <class Q>
  std::optional<Value> swap(const Q& query, Value value) {
    const std::uint64_t hash = hash_of(query);
    typename Tree::Draft draft;
    for (;;) {
      const auto sight = tree_.look(hash, key_of(query));
      if (sight.entry == nullptr) {
        if (tree_.insert(sight, hash, key_of(query), value, draft)) return std::nullopt;
      } else if (auto before = tree_.replace(sight, nullptr, value, draft)) {
        return before;
      }
    }
  }

  /// Sets the value of a key if it is there with a value equal to `old`; returns whether it did. Of this and
  /// compare_and_delete() racing with one `old`, at most one wins. A value of more than a word allocates, and
  /// throws what P::allocate throws. Linearizes at the write, or at the read of a value that differs.
  template <class Q>
  bool compare_and_swap(const Q& query, const Value& old, Value value) {
    const auto is_old = [&](const Value& seen) { return value_equal_(seen, old); };
    return swap_if(query, value, is_old).has_value();
  }

  /// Removes a key if it is there with a value equal to `old`; returns whether it did. Needs no memory: it
  /// never throws for want of it.
  template <class Q>
  bool compare_and_delete(const Q& query, const Value& old) {
    return delete_if(query, [&](const Value& seen) { return value_equal_(seen, old); }).has_value();
  }

  /// Sets the value of a key if it is there with one that accept(that) is true of; returns the value
  /// replaced, or nothing. Where other threads change the value meanwhile, `accept` is asked again about the
  /// new one: its last answer, on the value that is returned or on none, is what counts. It runs with no lock
  /// held. Otherwise as compare_and_swap().
  template <class Q, std::predicate<const Value&> Accept>
  std::optional<Value> swap_if(const Q& query, Value value, Accept&& accept) {
    const std::uint64_t hash = hash_of(query);
    typename Tree::Draft draft;
    for (;;) {
      const auto sight = tree_.look(hash, key_of(query));
      if (sight.entry == nullptr) return std::nullopt;
      const auto seen = sight.entry->value.seen();
      if (!accept(seen.value())) return std::nullopt;
      if (const auto before = tree_.replace(sight, &seen, value, draft)) return before;
    }
  }

  /// Removes a key if it is there with a value that accept(value) is true of; returns that value, or nothing.
  /// Asks `accept` as swap_if() does. Needs no memory: it never throws for want of it.
  template <class Q, std::predicate<const Value&> Accept>
  std::optional<Value> delete_if(const Q& query, Accept&& accept) {
    const std::uint64_t hash = hash_of(query);
    for (;;) {
      const auto sight = tree_.look(hash, key_of(query));
      if (sight.entry == nullptr) return std::nullopt;
      const auto seen = sight.entry->value.seen();
      if (!accept(seen.value())) return std::nullopt;
      if (const auto value = tree_.remove(sight, &seen)) return value;
    }
  }

  /// Removes a key; returns its value, or nothing if it was not there. Needs no memory: it never throws for
  /// want of it.
  template <class Q>
  std::optional<Value> load_and_delete(const Q& query) {
    const std::uint64_t hash = hash_of(query);
    for (;;) {
      const auto sight = tree_.look(hash, key_of(query));
      if (sight.entry == nullptr) return std::nullopt;
      if (auto value = tree_.remove(sight, nullptr)) return value;
    }
  }

  /// Removes a key; returns whether it was there. Needs no memory: it never throws for want of it.
  template <class Q>
  bool erase(const Q& query) {
    return load_and_delete(query).has_value();
  }

  /// Removes all keys, at one moment for every observer. Then retires the old nodes, in time linear in them;
  /// operations that were inside the old tree count as done just before. Throws what P::allocate throws.
  void clear() { tree_.clear(); }

  /// The number of keys; exact when no other thread is changing the map. Wait-free.
  [[nodiscard]] std::size_t count() const noexcept { return tree_.books().entries(); }

  /// A cursor before the first entry, in no particular order. No snapshot: each key is met at most once, and
  /// a key that is there the whole time exactly once, however the map is changed meanwhile.
  [[nodiscard]] Iterator iterate() const noexcept { return Iterator(tree_); }

  /// Calls visit(key, value) for the entries, as iterate() meets them, with no lock held. A `visit` that
  /// returns bool stops the walk by false.
  template <class F>
  void for_each(F&& visit) const {
    Iterator at = iterate();
    while (auto item = at.next()) {
      if constexpr (std::convertible_to<decltype(visit(item->key, item->value)), bool>) {
        if (!visit(item->key, item->value)) return;
      } else {
        visit(item->key, item->value);
      }
    }
  }

  /// Walks the whole map and counts; exact when no other thread is changing it.
  [[nodiscard]] Stats stats() const { return detail::StatsWalk<Tree>(tree_).run(); }

  /// Walks the whole map, which no other thread may be changing; returns nothing, or a sentence that begins
  /// with the number of the broken invariant of tree.hpp. Calls hash and equality. Time is quadratic in the
  /// number of keys that share one full hash.
  [[nodiscard]] std::optional<std::string> check() const { return detail::Checker<Tree>(tree_).run(); }

  /// Writes one node a line, indented by depth, with its kind; an entry's key, value and hash.
  template <class KeyPrinter = StreamPrinter, class ValuePrinter = StreamPrinter>
  void dump(std::ostream& out, const KeyPrinter& print_key = {}, const ValuePrinter& print_value = {}) const {
    detail::Dumper(tree_, out, print_key, print_value).text();
  }

  /// Writes the map as a Graphviz digraph.
  template <class KeyPrinter = StreamPrinter, class ValuePrinter = StreamPrinter>
  void dot(std::ostream& out, const KeyPrinter& print_key = {}, const ValuePrinter& print_value = {}) const {
    detail::Dumper(tree_, out, print_key, print_value).dot();
  }

  /// Shows `visitor` all memory that the map is made of: walk.hpp says what is asked of it, and promised.
  template <class Visitor>
  void walk_memory(Visitor& visitor) const {
    detail::MemoryWalk(tree_, visitor).run();
  }

  /// The map's copy of what it was made with. Wait-free.
  ///@{
  [[nodiscard]] const Traits& traits() const noexcept { return tree_.traits(); }
  [[nodiscard]] std::uint64_t seed() const noexcept { return tree_.seed(); }
  [[nodiscard]] P& policy() noexcept { return tree_.policy(); }
  ///@}

 private:
  using Batch = detail::Batch<Tree>;
  using Computation = detail::Computation<P>;
  using Running = HashTrieMap<Key, Computation*, Traits, detail::BorrowedPolicy<P>>;

  template <class Q>
  std::uint64_t hash_of(const Q& query) const {
    return hash(query);
  }
  template <class Q>
  std::uint64_t hash_of(const Hashed<Q>& query) const noexcept {
    return query.hash;
  }
  template <class Q>
  static const Q& key_of(const Q& query) noexcept {
    return query;
  }
  template <class Q>
  static const Q& key_of(const Hashed<Q>& query) noexcept {
    return query.query;
  }

  // The map of the values that are being computed now, made when first asked for: few maps need one.
  Running& computations() {
    Running* running = computations_.load(std::memory_order_acquire);  // (2) pairs with (1)
    if (running == nullptr) {
      auto* const fresh = ::new (tree_.policy().allocate(sizeof(Running), true))
          Running(traits(), seed(), detail::BorrowedPolicy<P>(tree_.policy()));
      if (computations_.compare_exchange_strong(running, fresh,
                                                std::memory_order_acq_rel,     // (1) pairs with (2)
                                                std::memory_order_acquire)) {  // (2) pairs with (1)
        running = fresh;
      }
    }
    return *running;
  }

  // The turn of this thread to compute one value; ends whichever way the computation does.
  template <class Q>
  struct Turn {
    ~Turn() {
      try {
        running.compare_and_delete(query, computation);
      } catch (...) {  // an equality that throws: who waits takes it out
      }
      computation->end();
      running.policy().retired(computation, sizeof(Computation));
    }
    Running& running;
    const Hashed<Q>& query;
    Computation* computation;
  };
  template <class Q>
  Turn(Running&, const Hashed<Q>&, Computation*) -> Turn<Q>;

  Tree tree_;
  typename P::template atomic<Running*> computations_{nullptr};
  [[no_unique_address]] ValueEqual value_equal_;
};

}  // namespace interlox::trie
