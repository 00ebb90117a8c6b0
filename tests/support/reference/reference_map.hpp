// SPDX-License-Identifier: BSD-3-Clause
// The reference map: a second, plainer form of the concurrent hash-trie map, kept to compare with.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/support/reference/check.hpp"
#include "tests/support/reference/iterator.hpp"
#include "tests/support/reference/stats.hpp"
#include "tests/support/reference/tree.hpp"
#include "trie/hash.hpp"
#include "trie/key_traits.hpp"
#include "trie/policy.hpp"
#include "trie/std_policy.hpp"

namespace interlox::trie::reference {

/// The operations of trie::HashTrieMap on another layout: sixteen-way inner nodes with a lock in each, one
/// entry a slot. It is the oracle of differential tests (both maps must give the same answers, and the same
/// suites run on both) and the layout that benchmarks compare with. It shares policies, key traits and hashes
/// with trie/, nothing else, and never leaves tests/. It has no dump, and none of hashed(), load_many() and
/// load_or_compute(). The algorithm and its invariants are in tree.hpp.
///
///   Key, Value   trivially copyable (a Key may be trie::String instead) and trivially destructible.
///                Values of 1, 2, 4 or 8 bytes are changed in place; larger ones get a new entry.
///   Traits       hash, equality and storage of keys: trie/key_traits.hpp.
///   P            atomics and memory: trie/policy.hpp. The locks are its own (byte_lock.hpp).
///   ValueEqual   ValueEqual()(stored, given) for the compare_ operations.
///
/// Every single-key operation is linearizable, at the points given. Progress: load and iteration are
/// lock-free (load has no retry: at most 16 steps and a chain of equal hashes); changes lock one node, and
/// a removal that empties nodes also their parents, one pair at a time.
///
/// User code (hash, equalities, key construction) runs with no lock held. It may throw: the map is then
/// unchanged. It may use the same map, but an equality that changes the very key under comparison for ever
/// keeps its operation retrying for ever. An allocation that throws also leaves the map unchanged.
///
/// Source: M. Knyszek, internal/concurrent.HashTrieMap of Go 1.23 (BSD-3-Clause); what differs is in
/// tree.hpp.
template <class Key, class Value, class Traits = KeyTraits<Key>, class P = StdPolicy,
          class ValueEqual = std::equal_to<Value>>
class ReferenceMap {
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
  using KeyView = typename Traits::View;
  /// A cursor of iterate(): copyable, trivially destructible, and may be kept while the map changes. It
  /// holds pointers to the map and to a node: under a collector it must be in scanned memory, and the map
  /// must be kept alive beside it. Its next() gives {key, value} or nothing.
  using Iterator = detail::HashCursor<Tree, KeyView, Value>;
  using Item = typename Iterator::Item;

  /// What load_or_store() found or made.
  struct Loaded {
    Value value;
    bool loaded;  ///< true: the value was there; false: it was stored
  };

  /// An empty map. Throws what P::allocate throws. The seed goes to every Traits::hash.
  explicit ReferenceMap(Traits traits = {}, std::uint64_t seed = random_seed(), P policy = {},
                        ValueEqual value_equal = {})
      : tree_(std::move(traits), seed, std::move(policy)), value_equal_(std::move(value_equal)) {}
  ReferenceMap(const ReferenceMap&) = delete;
  ReferenceMap& operator=(const ReferenceMap&) = delete;

  /// The value of a key, or nothing. Lock-free; allocates nothing. Linearizes at the last read of a slot,
  /// of a link, or of the value.
  template <class Q>
  [[nodiscard]] std::optional<Value> load(const Q& query) const {
    const auto* const entry = tree_.find(tree_.hash(query), query);
    if (entry == nullptr) return std::nullopt;
    return entry->value.seen().value();
  }

  /// The value of a key that is there, else stores `value`. Lock-free when the key is there. Throws what
  /// P::allocate throws. Linearizes as load(), or when the new entry is linked.
  template <class Q>
  Loaded load_or_store(const Q& query, Value value) {
    const std::uint64_t hash = tree_.hash(query);
    typename Tree::Draft draft;
    for (;;) {
      const auto place = tree_.locate(hash);
      const auto* const entry = tree_.find(place.head, hash, query);
      if (entry != nullptr) return {entry->value.seen().value(), true};
      if (tree_.insert(place, hash, query, value, draft)) return {value, false};
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
    const std::uint64_t hash = tree_.hash(query);
    typename Tree::Draft draft;
    for (;;) {
      const auto place = tree_.locate(hash);
      auto* const entry = tree_.find(place.head, hash, query);
      if (entry == nullptr) {
        if (tree_.insert(place, hash, query, value, draft)) return std::nullopt;
      } else if (auto before = tree_.replace(place, entry, nullptr, value, draft)) {
        return before;
      }
    }
  }

  /// Sets the value of a key if it is there with a value equal to `old`; returns whether it did. Of this and
  /// compare_and_delete() racing with one `old`, at most one wins. A value of more than a word allocates, and
  /// throws what P::allocate throws. Linearizes at the write, or at the read of a value that differs.
  template <class Q>
  bool compare_and_swap(const Q& query, const Value& old, Value value) {
    const std::uint64_t hash = tree_.hash(query);
    typename Tree::Draft draft;
    for (;;) {
      const auto place = tree_.locate(hash);
      auto* const entry = tree_.find(place.head, hash, query);
      if (entry == nullptr) return false;
      const auto seen = entry->value.seen();
      if (!value_equal_(seen.value(), old)) return false;
      if (tree_.replace(place, entry, &seen, value, draft)) return true;
    }
  }

  /// Removes a key if it is there with a value equal to `old`; returns whether it did. Never allocates.
  template <class Q>
  bool compare_and_delete(const Q& query, const Value& old) {
    const std::uint64_t hash = tree_.hash(query);
    for (;;) {
      const auto place = tree_.locate(hash);
      auto* const entry = tree_.find(place.head, hash, query);
      if (entry == nullptr) return false;
      const auto seen = entry->value.seen();
      if (!value_equal_(seen.value(), old)) return false;
      if (tree_.remove(place, entry, &seen)) return true;
    }
  }

  /// Removes a key; returns its value, or nothing if it was not there. Never allocates.
  template <class Q>
  std::optional<Value> load_and_delete(const Q& query) {
    const std::uint64_t hash = tree_.hash(query);
    for (;;) {
      const auto place = tree_.locate(hash);
      auto* const entry = tree_.find(place.head, hash, query);
      if (entry == nullptr) return std::nullopt;
      if (auto value = tree_.remove(place, entry, nullptr)) return value;
    }
  }

  /// Removes a key; returns whether it was there. Never allocates.
  template <class Q>
  bool erase(const Q& query) {
    return load_and_delete(query).has_value();
  }

  /// Removes all keys, at one moment for every observer. Then retires the old nodes, in time linear in them;
  /// operations that were inside the old tree count as done just before. Throws what P::allocate throws.
  void clear() { tree_.clear(); }

  /// The number of keys; exact when no other thread is changing the map. Wait-free.
  [[nodiscard]] std::size_t count() const noexcept {
    return tree_.root()->entries.load(std::memory_order_relaxed);  // relaxed: a count orders nothing
  }

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

  /// The map's copies of what it was made with.
  [[nodiscard]] const Traits& traits() const noexcept { return tree_.traits(); }
  [[nodiscard]] std::uint64_t seed() const noexcept { return tree_.seed(); }
  [[nodiscard]] P& policy() noexcept { return tree_.policy(); }

 private:
  Tree tree_;
  [[no_unique_address]] ValueEqual value_equal_;
};

}  // namespace interlox::trie::reference
