// SPDX-License-Identifier: BSD-3-Clause
// Retired nodes are reclaimed, and no others, shown by exact counts: this program runs with count_nodes.
#include <cstdint>
#include <new>
#include <string>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "trie/canonical_set.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox;

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.count_nodes = true;
  return options;
}

namespace {

using Map = trie::HashTrieMap<trie::String, int, trie::StringKeys, gc::TriePolicy>;

constexpr int kKeys = 100'000;

std::string key(int i) { return "key " + std::to_string(i); }

struct Counts {
  std::uint64_t allocated;
  std::uint64_t retired;
  std::uint64_t reclaimed;
};

// What is allocated and retired by `body`, and how much is reclaimed by two collections after it.
template <class Body>
Counts measure(const Body& body) {
  const auto before = gc::stats();
  test::run_in_thread(body);
  gc::clear_stack();
  gc::collect();
  gc::collect();
  const auto after = gc::stats();
  return {after.nodes_allocated - before.nodes_allocated, after.nodes_retired - before.nodes_retired,
          after.nodes_reclaimed - before.nodes_reclaimed};
}

// What a map holds: its root and what can be reached from there.
std::uint64_t held(const Map& map) {
  const trie::Stats stats = map.stats();
  return stats.entries + stats.indirects;
}

// Of all nodes of this process no more are reclaimed than this map, the only one, leaves.
bool spares(const Map& map) {
  const auto now = gc::stats();
  return now.nodes_reclaimed + held(map) <= now.nodes_allocated;
}

}  // namespace

TEST_CASE("of 100,000 nodes retired by deletions, 99 of 100 are reclaimed by two collections") {
  Map map;
  const Counts counts = measure([&] {
    for (int i = 0; i < kKeys; ++i) map.store(key(i), i);
    for (int i = 0; i < kKeys; ++i) map.erase(key(i));
  });
  CAPTURE(counts.allocated, counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == map.stats().retired);
  REQUIRE(counts.retired >= kKeys);
  REQUIRE(counts.reclaimed * 100 >= counts.retired * 99);
  REQUIRE(spares(map));
  REQUIRE(held(map) == 1);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("of 100,000 nodes retired by clear, 99 of 100 are reclaimed by two collections") {
  Map map;
  const Counts counts = measure([&] {
    for (int i = 0; i < kKeys; ++i) map.store(key(i), i);
    map.clear();
  });
  CAPTURE(counts.allocated, counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == map.stats().retired);
  REQUIRE(counts.retired >= kKeys);
  REQUIRE(counts.reclaimed * 100 >= counts.retired * 99);
  REQUIRE(spares(map));
}

TEST_CASE("what a map has outgrown is reclaimed, and what it holds is not") {
  Map map;
  const Counts counts = measure([&] {
    for (int i = 0; i < kKeys; ++i) map.store(key(i), i);
  });
  CAPTURE(counts.allocated, counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == map.stats().retired);
  REQUIRE(counts.retired > 1000);  // leaves that were split, roots that grew
  REQUIRE(counts.reclaimed * 100 >= counts.retired * 95);
  REQUIRE(spares(map));
  int found = 0;
  for (int i = 0; i < kKeys; ++i) found += map.load(key(i)) == i ? 1 : 0;
  REQUIRE(found == kKeys);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a map that nobody holds is reclaimed whole") {
  const int size = GENERATE(3, 100, 5000);
  const int maps = 10'000 / size + 2;
  const Counts counts = measure([&] {
    for (int round = 0; round < maps; ++round) {
      Map map;
      for (int i = 0; i < size; ++i) map.store(key(i), i);
    }
  });
  CAPTURE(size, counts.allocated, counts.retired, counts.reclaimed);
  REQUIRE(counts.allocated >= 10'000);
  REQUIRE(counts.reclaimed * 100 >= counts.allocated * 95);
}

TEST_CASE("live nodes are never reclaimed beside a collector that runs while the map changes") {
  const auto before = gc::stats();
  constexpr int kFew = 2000;
  Map map;
  bool whole = true;
  test::run_in_thread([&] {
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < kFew; ++i) map.store(key(i), i + round);
      gc::collect();
      for (int i = 0; i < kFew; ++i) whole = whole && map.load(key(i)) == i + round;
      for (int i = 0; i < kFew; i += round % 2 + 1) map.erase(key(i));
      gc::collect();
      whole = whole && map.count() == static_cast<std::size_t>(round % 2) * kFew / 2;
    }
  });
  const auto after = gc::stats();
  const std::uint64_t allocated = after.nodes_allocated - before.nodes_allocated;
  REQUIRE(whole);
  REQUIRE(map.check() == std::nullopt);
  REQUIRE(after.nodes_retired - before.nodes_retired == map.stats().retired);
  REQUIRE(allocated >= held(map) + map.stats().retired);  // more: branches of a split that find no slot
  REQUIRE(spares(map));
}

namespace {

struct Number {
  std::uint64_t value;
};

struct NumberTraits {
  static std::uint64_t hash(std::uint64_t value, std::uint64_t seed) {
    return trie::hash_integer(value, seed);
  }
  static std::uint64_t hash(const Number& number, std::uint64_t seed) { return hash(number.value, seed); }
  static bool equal(const Number& stored, std::uint64_t value) { return stored.value == value; }
  static bool equal(const Number& stored, const Number& number) { return stored.value == number.value; }
};

}  // namespace

TEST_CASE("a canonical set's nodes are reclaimed once its elements have died, and none before") {
  using Set = trie::CanonicalSet<Number, NumberTraits, gc::WeakTriePolicy>;
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Set set{gc::WeakTriePolicy(registry)};
  const auto before = gc::stats();
  test::run_in_thread([&] {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      set.make(i, [&](std::uint64_t) { return ::new (gc::allocate_pointer_free(sizeof(Number))) Number{i}; });
    }
  });
  // What the set holds while dead entries wait: no node less than a walk sees.
  const auto spares = [&] {
    const trie::CanonicalStats stats = set.stats();
    const auto now = gc::stats();
    return now.nodes_reclaimed + stats.entries + stats.indirects <= now.nodes_allocated;
  };
  for (int i = 0; i < 5 && set.count() > kKeys / 20; ++i) {
    gc::clear_stack();
    gc::collect();
    REQUIRE(spares());
  }
  REQUIRE(set.count() <= kKeys / 20);
  REQUIRE(set.check() == std::nullopt);
  set.prune_all();
  REQUIRE(set.stats().dead == 0);
  gc::clear_stack();
  gc::collect();
  gc::collect();
  const auto after = gc::stats();
  const std::uint64_t retired = after.nodes_retired - before.nodes_retired;
  CAPTURE(retired, set.stats().retired);
  REQUIRE(retired == set.stats().retired);
  REQUIRE(retired >= kKeys * 95ull / 100);
  REQUIRE((after.nodes_reclaimed - before.nodes_reclaimed) * 100 >= retired * 95);
  REQUIRE(spares());
  REQUIRE(set.check() == std::nullopt);
}
