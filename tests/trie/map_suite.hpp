// SPDX-License-Identifier: BSD-3-Clause
// The map on one thread: the behaviours of Go's test suite for it, the same for the later operations, and a
// comparison with a plain table. Compiled once for each policy.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "tests/trie/map_under_test.hpp"

namespace interlox::trie::test {

TEMPLATE_TEST_CASE("an empty map holds nothing", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  for (const auto& key : make_keys(128)) {
    REQUIRE_FALSE(map.load(key));
    REQUIRE_FALSE(map.compare_and_swap(key, 0, 1));
    REQUIRE_FALSE(map.compare_and_delete(key, 0));
    REQUIRE_FALSE(map.load_and_delete(key));
    REQUIRE_FALSE(map.erase(key));
  }
  REQUIRE(map.count() == 0);
  REQUIRE_FALSE(map.iterate().next());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("load_or_store stores once and loads from then on", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 5000));
  const int count = static_cast<int>(keys.size());
  for (int i = 0; i < count; ++i) {
    expect(map, Op::kLoad, keys[i], 0, 0, {});
    expect(map, Op::kLoadOrStore, keys[i], 0, i, {i, false});
    expect(map, Op::kLoad, keys[i], 0, 0, {i, true});
    expect(map, Op::kLoadOrStore, keys[i], 0, 0, {i, true});
    REQUIRE(map.count() == static_cast<std::size_t>(i) + 1);
  }
  for (int i = 0; i < count; ++i) {
    expect(map, Op::kLoad, keys[i], 0, 0, {i, true});
    expect(map, Op::kLoadOrStore, keys[i], 0, 0, {i, true});
  }
  REQUIRE(map.check() == std::nullopt);
}

// Each way to remove a key, as the argument of the cases below.
inline Answer remove_by(Op op, int value) {
  return op == Op::kLoadAndDelete ? Answer{value, true} : Answer{-1, true};
}

TEMPLATE_TEST_CASE("every key can be deleted, three times over", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const Op removal = GENERATE(Op::kDeleteIf, Op::kLoadAndDelete, Op::kErase);
  CAPTURE(hash, removal);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 5000));
  const int count = static_cast<int>(keys.size());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < count; ++i) {
      expect(map, Op::kLoad, keys[i], 0, 0, {});
      expect(map, Op::kLoadOrStore, keys[i], 0, i, {i, false});
      expect(map, Op::kLoadOrStore, keys[i], 0, 0, {i, true});
    }
    REQUIRE(map.count() == keys.size());
    REQUIRE(map.check() == std::nullopt);
    for (int i = 0; i < count; ++i) {
      expect(map, Op::kDeleteIf, keys[i], 1 << 30, 0, {});
      expect(map, removal, keys[i], i, 0, remove_by(removal, i));
      expect(map, removal, keys[i], i, 0, {});
      expect(map, Op::kLoad, keys[i], 0, 0, {});
      if (i == count * 3 / 4) REQUIRE(map.check() == std::nullopt);
    }
    REQUIRE(map.count() == 0);
    REQUIRE_FALSE(map.iterate().next());
    REQUIRE(map.check() == std::nullopt);
  }
}

TEMPLATE_TEST_CASE("deleting some keys leaves the others", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const Op removal = GENERATE(Op::kDeleteIf, Op::kLoadAndDelete, Op::kErase);
  const auto gone = GENERATE(std::vector<int>{15}, std::vector<int>{1, 105, 6, 85});
  CAPTURE(hash, removal, gone.size());
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(128);
  for (int i = 0; i < 128; ++i) map.store(keys[i], i);
  for (const int i : gone) {
    REQUIRE_FALSE(map.compare_and_delete(keys[i], 1 << 30));
    REQUIRE(apply(map, removal, keys[i], i, 0) == remove_by(removal, i));
    REQUIRE_FALSE(map.compare_and_delete(keys[i], i));
  }
  for (int i = 0; i < 128; ++i) {
    const bool deleted = std::find(gone.begin(), gone.end(), i) != gone.end();
    REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == (deleted ? Answer{} : Answer{i, true}));
  }
  REQUIRE(map.count() == 128 - gone.size());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("store, swap and compare_and_swap set values", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(128);
  for (int i = 0; i < 128; ++i) {
    REQUIRE(apply(map, Op::kSwap, keys[i], 0, i) == Answer{});
    REQUIRE(apply(map, Op::kSwap, keys[i], 0, i + 1000) == Answer{i, true});
    map.store(keys[i], i + 2000);
    REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{i + 2000, true});
  }
  REQUIRE(map.count() == 128);
  for (int i = 0; i < 128; ++i) {
    REQUIRE_FALSE(map.compare_and_swap(keys[i], i, 7));
    REQUIRE(map.compare_and_swap(keys[i], i + 2000, i + 3000));
    REQUIRE_FALSE(map.compare_and_swap(keys[i], i + 2000, 7));
    REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{i + 3000, true});
  }
  REQUIRE(map.count() == 128);
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("clear empties a map that can then be filled again", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 5000));
  for (int round = 0; round < 3; ++round) {
    for (const auto& key : keys) map.store(key, round);
    REQUIRE(map.count() == keys.size());
    map.clear();
    REQUIRE(map.count() == 0);
    for (const auto& key : keys) REQUIRE_FALSE(map.load(key));
    REQUIRE(map.check() == std::nullopt);
  }
}

// A program of random operations. It goes in phases: keys come in one, go in the next, so that the map grows
// and shrinks; now and then it is cleared.
TEMPLATE_TEST_CASE("a map does what a plain table does", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const std::uint64_t seed = GENERATE(range(1, 5));
  const std::size_t size = GENERATE(40U, 400U, 5000U);
  const std::size_t count = size > 400 ? key_count(hash, size) : size;
  CAPTURE(hash, seed, count);
  TestMap<TestType> map{TestKeys(hash), seed};
  Model model;
  Random random(seed);
  const auto keys = make_keys(count);
  const int steps = static_cast<int>(std::max<std::size_t>(20000, count * 12)) / kScale;
  const int phase = std::max(steps / 8, 1000);
  for (int step = 0; step < steps; ++step) {
    Op op = kAllOps[random.below(kAllOps.size())];
    const bool inserts = op == Op::kLoadOrStore || op == Op::kStore || op == Op::kSwap;
    if (step / phase % 2 == 1 && inserts && random.below(16) != 0) op = Op::kErase;
    const auto& key = keys[random.below(keys.size())];
    const int old = static_cast<int>(random.below(4));
    const int value = static_cast<int>(random.below(4));
    expect(map, op, key, old, value, model.apply(op, key, old, value));
    if (step % phase == phase - 1 || step % 1000 == 999) {
      REQUIRE(map.check() == std::nullopt);
      REQUIRE(map.count() == model.table().size());
      REQUIRE(contents(map) == model.table());
    }
    if (step % (3 * phase) == 3 * phase - 1) {
      map.clear();
      model.clear();
    }
  }
}

// Keys whose hashes part only in the last four bits stand as deep as keys can stand, with another beside them
// that has the same hash: as good a place as any other, in every operation.
TEMPLATE_TEST_CASE("hashes that part in the last bits only are as good as any", "[map][faults]", int, Wide) {
  const Op op = GENERATE(from_range(kAllOps));
  CAPTURE(op);
  TestMap<TestType> map{TestKeys(Hash::kLowBits), kSeed};
  Model model;
  const auto keys = make_keys(64);
  for (int i = 0; i < 48; ++i) {
    map.store(keys[i], i);
    model.apply(Op::kStore, keys[i], 0, i);
  }
  for (int i = 0; i < 64; ++i) {
    REQUIRE(apply(map, op, keys[i], i, i + 100) == model.apply(op, keys[i], i, i + 100));
    REQUIRE(contents(map) == model.table());
  }
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("any one bit of the hash tells two keys apart", "[map][faults]") {
  struct Identity : PlainKeys<std::uint64_t> {
    static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key; }
    static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
  };
  MapUnderTest<std::uint64_t, int, Identity, TestPolicy> map;
  for (int bit = 0; bit < 64; ++bit) map.store(std::uint64_t{1} << bit, bit);
  map.store(0, 64);
  map.store(~std::uint64_t{0}, 65);
  REQUIRE(map.check() == std::nullopt);
  for (int bit = 0; bit < 64; ++bit) REQUIRE(map.load(std::uint64_t{1} << bit) == bit);
  REQUIRE(map.load(0) == 64);
  REQUIRE(map.load(~std::uint64_t{0}) == 65);
  REQUIRE_FALSE(map.load(3));
  REQUIRE(map.stats().overflow == 0);
  for (int bit = 0; bit < 64; ++bit) REQUIRE(map.compare_and_delete(std::uint64_t{1} << bit, bit));
  REQUIRE(map.count() == 2);
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("statistics describe the map", "[map][stats]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto fresh = map.stats();
  REQUIRE(fresh.entries == 0);
  REQUIRE(fresh.max_depth == 0);
  REQUIRE(fresh.depths.empty());
  REQUIRE(fresh.overflow == 0);
  REQUIRE(fresh.bytes > 0);
  REQUIRE(fresh.retired == 0);
  const auto keys = make_keys(key_count(hash, 2000));
  std::map<std::uint64_t, std::size_t> of_hash;
  std::size_t key_bytes = 0;
  for (const auto& key : keys) {
    map.store(key, 1);
    ++of_hash[TestKeys(hash).hash(key, kSeed)];
    key_bytes += key.size() + sizeof(TestType);
  }
  std::size_t sharing = 0;
  for (const auto& [bits, entries] : of_hash) sharing += entries > 1 ? entries : 0;
  const auto full = map.stats();
  REQUIRE(full.entries == keys.size());
  REQUIRE(full.depths.size() == full.max_depth);
  REQUIRE(full.depths.back() > 0);
  REQUIRE(std::accumulate(full.depths.begin(), full.depths.end(), std::size_t{0}) == keys.size());
  REQUIRE(full.bytes > fresh.bytes + key_bytes);
  REQUIRE(full.overflow == sharing);
  for (const auto& key : keys) REQUIRE(map.erase(key));
  const auto empty = map.stats();
  REQUIRE(empty.entries == 0);
  REQUIRE(empty.depths.empty());
  REQUIRE(empty.overflow == 0);
  REQUIRE(empty.retired >= full.retired + keys.size());
  for (const auto& key : keys) map.store(key, 1);
  const auto again = map.stats();
  REQUIRE(again.overflow == sharing);
  map.clear();
  REQUIRE(map.stats().entries == 0);
  REQUIRE(map.stats().retired >= again.retired + keys.size());
  REQUIRE(map.stats().bytes == fresh.bytes);
}

TEST_CASE("replacing a value retires an entry only where it can't change in place", "[map][stats]") {
  TestMap<int> narrow{TestKeys(), kSeed};
  TestMap<Wide> wide{TestKeys(), kSeed};
  const auto store_all = [&](int times) {
    for (int i = 0; i < times; ++i) {
      narrow.store("key", i);
      wide.store("key", i);
    }
  };
  store_all(2);  // a map may keep its first keys in a simpler form until they change
  const std::size_t narrow_before = narrow.stats().retired;
  const std::size_t wide_before = wide.stats().retired;
  store_all(10);
  REQUIRE(narrow.stats().retired == narrow_before);
  REQUIRE(wide.stats().retired == wide_before + 10);
}

}  // namespace interlox::trie::test
