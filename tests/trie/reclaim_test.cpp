// SPDX-License-Identifier: BSD-3-Clause
// Retired nodes are reclaimed, shown by exact counts: this program runs with count_nodes.
#include <cstdint>
#include <string>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "trie/byte_lock.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox;

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.count_nodes = true;
  return options;
}

namespace {

using Map = trie::HashTrieMap<trie::String, int, trie::StringKeys, gc::TriePolicy<trie::ByteLock>>;

constexpr int kKeys = 100'000;

std::string key(int i) { return "key " + std::to_string(i); }

struct Counts {
  std::uint64_t retired;
  std::uint64_t reclaimed;
};

// What is retired by `body`, and how much is reclaimed by two collections after it.
template <class Body>
Counts measure(const Body& body) {
  const auto before = gc::stats();
  test::run_in_thread(body);
  gc::clear_stack();
  gc::collect();
  gc::collect();
  const auto after = gc::stats();
  return {after.nodes_retired - before.nodes_retired, after.nodes_reclaimed - before.nodes_reclaimed};
}

}  // namespace

TEST_CASE("of 100,000 nodes retired by deletions, 99 of 100 are reclaimed by two collections") {
  Map map;
  const Counts counts = measure([&] {
    for (int i = 0; i < kKeys; ++i) map.store(key(i), i);
    for (int i = 0; i < kKeys; ++i) map.erase(key(i));
  });
  CAPTURE(counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == map.stats().retired);
  REQUIRE(counts.retired >= kKeys);
  REQUIRE(counts.reclaimed * 100 >= counts.retired * 99);
  REQUIRE(counts.reclaimed <= counts.retired);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("of 100,000 nodes retired by clear, 99 of 100 are reclaimed by two collections") {
  Map map;
  const Counts counts = measure([&] {
    for (int i = 0; i < kKeys; ++i) map.store(key(i), i);
    map.clear();
  });
  CAPTURE(counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == map.stats().retired);
  REQUIRE(counts.retired >= kKeys);
  REQUIRE(counts.reclaimed * 100 >= counts.retired * 99);
}

TEST_CASE("what a map holds is not reclaimed") {
  Map map;
  const Counts counts = measure([&] {
    for (int i = 0; i < kKeys; ++i) map.store(key(i), i);
  });
  CAPTURE(counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == 0);
  int found = 0;
  for (int i = 0; i < kKeys; ++i) found += map.load(key(i)) == i ? 1 : 0;
  REQUIRE(found == kKeys);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a map that nobody holds is reclaimed whole") {
  const Counts counts = measure([] {
    for (int round = 0; round < 100; ++round) {
      Map map;
      for (int i = 0; i < 100; ++i) map.store(key(i), i);
    }
  });
  CAPTURE(counts.retired, counts.reclaimed);
  REQUIRE(counts.retired == 0);
  REQUIRE(counts.reclaimed >= 9500);
}

TEST_CASE("allocated nodes are live, retired or dropped, beside a collector that runs") {
  const auto before = gc::stats();
  Map map;
  test::run_in_thread([&] {
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 2000; ++i) map.store(key(i), i);
      gc::collect();
      for (int i = 0; i < 2000; i += 2) map.erase(key(i));
    }
  });
  const auto after = gc::stats();
  const trie::Stats stats = map.stats();
  // One thread makes no node in vain; the root was made after `before`.
  REQUIRE(after.nodes_allocated - before.nodes_allocated == stats.entries + stats.indirects + stats.retired);
  REQUIRE(after.nodes_retired - before.nodes_retired == stats.retired);
}
