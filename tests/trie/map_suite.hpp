// SPDX-License-Identifier: BSD-3-Clause
// The map on one thread: the behaviours of Go's test suite for it, the same for the later operations, and a
// comparison with a plain table. Compiled once for each policy.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/trie/map_threads.hpp"

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
  const auto keys = make_keys(128);
  for (int i = 0; i < 128; ++i) {
    REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{});
    REQUIRE(apply(map, Op::kLoadOrStore, keys[i], 0, i) == Answer{i, false});
    REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{i, true});
    REQUIRE(apply(map, Op::kLoadOrStore, keys[i], 0, 0) == Answer{i, true});
    REQUIRE(map.count() == static_cast<std::size_t>(i) + 1);
  }
  for (int i = 0; i < 128; ++i) {
    REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{i, true});
    REQUIRE(apply(map, Op::kLoadOrStore, keys[i], 0, 0) == Answer{i, true});
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
  const auto keys = make_keys(128);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 128; ++i) {
      REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{});
      REQUIRE(apply(map, Op::kLoadOrStore, keys[i], 0, i) == Answer{i, false});
      REQUIRE(apply(map, Op::kLoadOrStore, keys[i], 0, 0) == Answer{i, true});
    }
    for (int i = 0; i < 128; ++i) {
      REQUIRE(apply(map, Op::kDeleteIf, keys[i], 1 << 30, 0) == Answer{});
      REQUIRE(apply(map, removal, keys[i], i, 0) == remove_by(removal, i));
      REQUIRE(apply(map, removal, keys[i], i, 0) == Answer{});
      REQUIRE(apply(map, Op::kLoad, keys[i], 0, 0) == Answer{});
    }
    REQUIRE(map.count() == 0);
    REQUIRE(map.stats().indirects == 1);  // nothing but the root stays
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
  const auto keys = make_keys(128);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 128; ++i) map.store(keys[i], i + round);
    REQUIRE(map.count() == 128);
    map.clear();
    REQUIRE(map.count() == 0);
    for (const auto& key : keys) REQUIRE_FALSE(map.load(key));
    REQUIRE(map.check() == std::nullopt);
  }
}

TEMPLATE_TEST_CASE("a map does what a plain table does", "[map]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const std::uint64_t seed = GENERATE(range(1, 5));
  CAPTURE(hash, seed);
  TestMap<TestType> map{TestKeys(hash), seed};
  Model model;
  Random random(seed);
  const auto keys = make_keys(seed % 2 == 0 ? 40 : 400);
  for (int step = 0; step < 20000 / kScale; ++step) {
    const Op op = kAllOps[random.below(kAllOps.size())];
    const auto& key = keys[random.below(keys.size())];
    const int old = static_cast<int>(random.below(4));
    const int value = static_cast<int>(random.below(4));
    CAPTURE(step, op, key, old, value);
    const Answer got = apply(map, op, key, old, value);
    if (got != model.apply(op, key, old, value)) FAIL("not what a table answers: " << got);
    if (step % 1000 == 999) {
      REQUIRE(map.check() == std::nullopt);
      REQUIRE(map.count() == model.table().size());
      REQUIRE(contents(map) == model.table());
    }
    if (step % 7000 == 6999) {
      map.clear();
      model.clear();
    }
  }
}

// Keys whose hashes part only in the last four bits put two of them into one slot of the last level, which
// has to be as good a slot as any other, in every operation.
TEMPLATE_TEST_CASE("the last level is an ordinary level for every operation", "[map][faults]", int, Wide) {
  const Op op = GENERATE(from_range(kAllOps));
  CAPTURE(op);
  TestMap<TestType> map{TestKeys(Hash::kLowBits), kSeed};
  Model model;
  const auto keys = make_keys(64);
  for (int i = 0; i < 48; ++i) {
    map.store(keys[i], i);
    model.apply(Op::kStore, keys[i], 0, i);
  }
  REQUIRE(map.stats().max_depth == 16);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(apply(map, op, keys[i], i, i + 100) == model.apply(op, keys[i], i, i + 100));
    REQUIRE(contents(map) == model.table());
  }
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a full level below the last but one is split down to single bits", "[map][faults]") {
  struct Identity : PlainKeys<std::uint64_t> {
    static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key; }
    static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
  };
  HashTrieMap<std::uint64_t, int, Identity, TestPolicy> map;
  for (int bit = 0; bit < 64; ++bit) map.store(std::uint64_t{1} << bit, bit);
  map.store(0, 64);
  map.store(~std::uint64_t{0}, 65);
  REQUIRE(map.check() == std::nullopt);
  for (int bit = 0; bit < 64; ++bit) REQUIRE(map.load(std::uint64_t{1} << bit) == bit);
  REQUIRE(map.load(0) == 64);
  REQUIRE(map.load(~std::uint64_t{0}) == 65);
  REQUIRE_FALSE(map.load(3));
  REQUIRE(map.stats().max_depth == 16);
  for (int bit = 0; bit < 64; ++bit) REQUIRE(map.compare_and_delete(std::uint64_t{1} << bit, bit));
  REQUIRE(map.count() == 2);
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("statistics describe the map", "[map][stats]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  REQUIRE(map.stats().max_depth == 0);
  REQUIRE(map.stats().depths.empty());
  const std::size_t empty_bytes = map.stats().bytes;
  const auto keys = make_keys(128);
  for (int i = 0; i < 128; ++i) map.store(keys[i], i);
  const Stats full = map.stats();
  REQUIRE(full.entries == 128);
  REQUIRE(full.depths.size() == full.max_depth);
  REQUIRE(std::accumulate(full.depths.begin(), full.depths.end(), std::size_t{0}) == 128);
  REQUIRE(full.bytes > empty_bytes + 128 * 24);
  // 128 keys under 16 or fewer hashes: all but a lone one share
  REQUIRE(full.overflow == (hash == Hash::kGood ? 0 : 128));
  REQUIRE(full.max_depth == (hash == Hash::kLowBits ? 16 : hash == Hash::kGood ? full.max_depth : 1));
  REQUIRE(full.retired == 0);
  for (const auto& key : keys) REQUIRE(map.erase(key));
  const Stats empty = map.stats();
  REQUIRE(empty.entries == 0);
  REQUIRE(empty.indirects == 1);
  REQUIRE(empty.bytes == empty_bytes);
  // all that was ever linked but the root
  REQUIRE(empty.retired == full.entries + full.indirects - 1);
  for (int i = 0; i < 128; ++i) map.store(keys[i], i);
  map.clear();
  REQUIRE(map.stats().retired == 2 * empty.retired + 1);  // the second time, the root as well
  REQUIRE(map.stats().bytes == empty_bytes);
}

TEST_CASE("replacing a value retires an entry only where it can't change in place", "[map][stats]") {
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
