// SPDX-License-Identifier: BSD-3-Clause
// The reference map must be beyond doubt before others are compared with it: it passes the suites of the map,
// and has the shape that its layout prescribes.
#include <functional>
#include <numeric>

#include "tests/support/reference/reference_map.hpp"
#include "trie/std_policy.hpp"

namespace interlox::trie::test {

using TestPolicy = StdPolicy;
struct TestThread {
  TestThread() {}
};
struct TestTrouble {
  TestTrouble() {}
};
template <class Key, class Value, class Traits, class P, class ValueEqual = std::equal_to<Value>>
using MapUnderTest = reference::ReferenceMap<Key, Value, Traits, P, ValueEqual>;

}  // namespace interlox::trie::test

#include "tests/trie/map_callback_suite.hpp"
#include "tests/trie/map_concurrent_suite.hpp"
#include "tests/trie/map_iteration_suite.hpp"
#include "tests/trie/map_suite.hpp"

namespace interlox::trie::test {

TEMPLATE_TEST_CASE("a reference map is as deep as its hashes ask", "[reference]", int, Wide) {
  const Hash hash = GENERATE(Hash::kConstant, Hash::kLowBits, Hash::kHighBits);
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  for (const auto& key : make_keys(128)) map.store(key, 1);
  REQUIRE(map.stats().max_depth == (hash == Hash::kLowBits ? 16 : 1));
  REQUIRE(map.stats().overflow == 128);
  // the root, the fifteen nodes of one path if the hashes part at its end, a link an entry
  REQUIRE(map.stats().indirects == (hash == Hash::kLowBits ? 16 : 1) + 128);
}

TEMPLATE_TEST_CASE("all nodes of a reference map but the root go when its keys go", "[reference]", int,
                   Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const std::size_t empty_bytes = map.stats().bytes;
  const auto keys = make_keys(128);
  for (const auto& key : keys) map.store(key, 1);
  const auto full = map.stats();
  REQUIRE(full.retired == 0);
  for (const auto& key : keys) map.erase(key);
  const auto empty = map.stats();
  REQUIRE(empty.indirects == 1);
  REQUIRE(empty.bytes == empty_bytes);
  // all that was ever linked but the root
  REQUIRE(empty.retired == full.entries + full.indirects - 1);
  for (const auto& key : keys) map.store(key, 1);
  map.clear();
  REQUIRE(map.stats().retired == 2 * empty.retired + 1);  // the second time, the root as well
}

TEMPLATE_TEST_CASE("threads leave no empty node in a reference map", "[reference][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  run_threads(threads, [&](unsigned id) {
    Tide tide(make_keys(64, 1000 * id));
    for (int step = 0; step < 2 * 64 * 4; ++step) tide.step(map, 1);
  });
  REQUIRE(map.count() == 0);
  REQUIRE(map.stats().indirects == 1);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("single bits of a hash lead a reference map down to its last level", "[reference]") {
  struct Identity : PlainKeys<std::uint64_t> {
    static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key; }
    static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
  };
  MapUnderTest<std::uint64_t, int, Identity, TestPolicy> map;
  for (int bit = 0; bit < 64; ++bit) map.store(std::uint64_t{1} << bit, bit);
  map.store(0, 64);
  const auto stats = map.stats();
  REQUIRE(stats.max_depth == 16);
  REQUIRE(stats.indirects == 16);
  // each level but the last holds the keys of its four bits; the last one zero as well
  std::vector<std::size_t> depths(16, 4);
  depths.back() = 5;
  REQUIRE(stats.depths == depths);
}

TEST_CASE("the first change of a value already happens in place", "[reference]") {
  TestMap<int> narrow{TestKeys(), kSeed};
  TestMap<Wide> wide{TestKeys(), kSeed};
  for (int i = 0; i < 10; ++i) {
    narrow.store("key", i);
    wide.store("key", i);
  }
  REQUIRE(narrow.stats().retired == 0);
  REQUIRE(wide.stats().retired == 9);
}

}  // namespace interlox::trie::test
