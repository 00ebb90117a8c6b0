// SPDX-License-Identifier: BSD-3-Clause
// What HashTrieMap can do beyond the reference map: queries whose hash is made ahead, changes that ask about
// the value first, and many loads in one call; and what its layout must stand: thousands of keys with one
// hash, thousands of tiny maps. Compiled once for each policy.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/trie/map_spies.hpp"
#include "tests/trie/map_under_test.hpp"

namespace interlox::trie::test {

TEMPLATE_TEST_CASE("every operation takes a query with its hash", "[map][hashed]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  Model model;
  Random random(1);
  const auto keys = make_keys(key_count(hash, 1000));
  for (int step = 0; step < 20000 / kScale; ++step) {
    const Op op = kAllOps[random.below(kAllOps.size())];
    const auto& key = keys[random.below(keys.size())];
    const int old = static_cast<int>(random.below(3));
    const int value = static_cast<int>(random.below(3));
    const Answer got = apply(map, op, map.hashed(key), old, value);
    if (got != model.apply(op, key, old, value)) FAIL(op << " of " << key << " gives " << got);
    expect(map, Op::kLoad, key, 0, 0, model.apply(Op::kLoad, key, 0, 0));
  }
  REQUIRE(contents(map) == model.table());
  REQUIRE(map.check() == std::nullopt);
}

template <class Query>
concept CanBeHashed = requires(const TestMap<int>& map) {
  map.hashed(std::declval<Query>());
};

TEST_CASE("a hashed query holds the query and the map's hash of it", "[map][hashed]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const TestMap<int> map{TestKeys(hash), kSeed};
  const std::string key = "key";
  const auto hashed = map.hashed(key);
  static_assert(std::is_same_v<decltype(hashed), const Hashed<std::string>>);
  REQUIRE(&hashed.query == &key);
  REQUIRE(hashed.hash == TestKeys(hash).hash(key, kSeed));
  REQUIRE(hashed.hash == map.hash(key));
  // A query that would be gone before the hashed one is refused.
  static_assert(CanBeHashed<const std::string&> && !CanBeHashed<std::string>);
}

TEST_CASE("a hashed query is hashed once, when it is made", "[map][hashed]") {
  const SpyReset reset;
  SpyKeys::spread = GENERATE(false, true);
  CAPTURE(SpyKeys::spread);
  SpyMap<int> map;
  for (const auto& key : make_keys(SpyKeys::spread ? 1000 : 100)) {
    SpyKeys::hashed = 0;
    const auto hashed = map.hashed(key);
    REQUIRE(SpyKeys::hashed == 1);
    for (const Op op : kAllOps) apply(map, op, hashed, 0, 0);
    map.store(hashed, 1);
    REQUIRE(map.load(hashed) == 1);
    REQUIRE(SpyKeys::hashed == 1);
  }
}

TEMPLATE_TEST_CASE("swap_if and delete_if ask about a value once more when it changes meanwhile",
                   "[map][interleaving]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const bool deletes = GENERATE(true, false);
  const std::size_t crowd = GENERATE(0U, 1U, 20U);
  CAPTURE(hash, deletes, crowd);
  TestMap<TestType, HookPolicy> map{TestKeys(hash), kSeed};
  for (const auto& neighbour : make_keys(crowd)) map.store(neighbour, 1);
  std::vector<int> asked;
  const auto is_even = [&](const TestType& value) {
    asked.push_back(to_int(value));
    return asked.back() % 2 == 0;
  };
  const auto change = [&] {
    asked.clear();
    const auto before = deletes ? map.delete_if("key", is_even) : map.swap_if("key", TestType(7), is_even);
    HookPolicy::hook = nullptr;
    return before ? to_int(*before) : -1;
  };
  REQUIRE(change() == -1);  // of a key that is absent nothing is asked
  REQUIRE(asked.empty());
  REQUIRE_FALSE(map.load("key"));
  for (const int meanwhile : {4, 6, 5}) {
    map.store("key", 4);
    HookPolicy::hook = [&] { map.store("key", meanwhile); };
    const bool admitted = meanwhile != 5;
    REQUIRE(change() == (admitted ? meanwhile : -1));
    REQUIRE(asked.back() == meanwhile);
    REQUIRE(asked.front() == 4);
    const auto after = map.load("key");
    REQUIRE((after ? to_int(*after) : -1) == (!admitted ? 5 : deletes ? -1 : 7));
  }
  map.store("key", 4);
  HookPolicy::hook = [&] { map.erase("key"); };
  REQUIRE(change() == -1);
  REQUIRE(asked == std::vector<int>{4});
  REQUIRE_FALSE(map.load("key"));
  map.store("key", 4);
  const auto throws = [](const TestType&) -> bool { throw std::runtime_error("refused"); };
  REQUIRE_THROWS_AS(map.swap_if("key", TestType(7), throws), std::runtime_error);
  REQUIRE_THROWS_AS(map.delete_if("key", throws), std::runtime_error);
  REQUIRE(to_int(*map.load("key")) == 4);
  REQUIRE(map.count() == crowd + 1);
  REQUIRE(map.check() == std::nullopt);
}

/// Asks for all of `queries` at once; fails the test unless the answers are those of one load each.
template <class Map, class Queries>
void expect_many(const Map& map, const Queries& queries) {
  using Value = decltype(typename Map::Loaded{}.value);
  std::vector<std::optional<Value>> values(queries.size(), Value(-7));  // what stood there must not stay
  const std::size_t found = map.load_many(queries, values);
  std::size_t present = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto want = map.load(queries[i]);
    if (want) ++present;
    if (values[i] != want) FAIL("the answer to query " << i << " of " << queries.size() << " is another");
  }
  REQUIRE(found == present);
}

TEMPLATE_TEST_CASE("load_many gives what as many loads give", "[map][load_many]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const std::size_t size = GENERATE(0U, 1U, 3U, 40U, 5000U);
  CAPTURE(hash, size);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(size > 40 ? key_count(hash, size) : size);
  for (int i = 0; const auto& key : keys) map.store(key, i++);
  Random random(size);
  const std::size_t range = 2 * keys.size() + 1;  // about half of what is asked for is not there
  for (const std::size_t batch : {0U, 1U, 15U, 16U, 17U, 1000U}) {
    CAPTURE(batch);
    std::vector<std::string> queries;
    for (std::size_t i = 0; i < batch; ++i) queries.push_back(key_text(random.below(range)));
    expect_many(map, queries);
    // the same as other kinds of query, one of which has duplicates in any case
    std::vector<std::string_view> views(queries.begin(), queries.end());
    views.insert(views.end(), queries.begin(), queries.end());
    expect_many(map, views);
    std::vector<Hashed<std::string>> hashed;
    for (const auto& query : queries) hashed.push_back(map.hashed(query));
    expect_many(map, hashed);
  }
  expect_many(map, std::array<std::string_view, 3>{"0", "absent", "0"});
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("load_many hashes each query once, a hashed one not at all", "[map][load_many]") {
  const SpyReset reset;
  SpyKeys::spread = GENERATE(false, true);
  CAPTURE(SpyKeys::spread);
  SpyMap<int> map;
  for (const auto& key : make_keys(100)) map.store(key, 1);
  const auto queries = make_keys(200);
  std::vector<std::optional<int>> values(queries.size());
  SpyKeys::hashed = 0;
  REQUIRE(map.load_many(queries, values) == 100);
  REQUIRE(SpyKeys::hashed == 200);
  std::vector<Hashed<std::string>> hashed;
  for (const auto& query : queries) hashed.push_back(map.hashed(query));
  SpyKeys::hashed = 0;
  REQUIRE(map.load_many(hashed, values) == 100);
  REQUIRE(SpyKeys::hashed == 0);
}

TEMPLATE_TEST_CASE("hash and equality may change the map that load_many reads", "[map][load_many][callbacks]",
                   int, Wide) {
  const SpyReset reset;
  SpyKeys::spread = GENERATE(false, true);
  CAPTURE(SpyKeys::spread);
  SpyMap<TestType> map;
  const auto residents = make_keys(64);
  for (const auto& key : residents) map.store(key, 1);
  Tide tide(make_keys(SpyKeys::spread ? 1000 : 40, 10'000));
  SpyKeys::on_hash = SpyKeys::on_equal = [&] {
    for (int i = 0; i < 5; ++i) tide.step(map, 2);
  };
  for (int round = 0; round < 40 / kScale; ++round) {
    std::vector<std::optional<TestType>> values(residents.size());
    REQUIRE(map.load_many(residents, values) == residents.size());
    for (const auto& value : values) REQUIRE(to_int(value.value()) == 1);
  }
  SpyKeys::on_hash = SpyKeys::on_equal = nullptr;
  tide.drain(map);
  REQUIRE(map.count() == residents.size());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("load_many finds residents beside threads that insert and delete",
                   "[map][load_many][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto residents = make_keys(64);
  for (const auto& key : residents) map.store(key, 1);
  const std::size_t crowd = key_count(hash, 1000, 16);
  Log log;
  std::atomic<bool> done{false};
  run_threads(threads, [&](unsigned id) {
    if (id != 0) {
      Tide tide(make_keys(crowd, 10'000 * id));
      while (!done) tide.step(map, 2);
      return;
    }
    Random random(id);
    for (int round = 0; round < 400 / kScale; ++round) {
      std::vector<std::string> queries;
      for (std::size_t i = 1 + random.below(40); i > 0; --i) {
        queries.push_back(key_text(random.below(2) == 0 ? random.below(64) : 10'000 + random.below(crowd)));
      }
      std::vector<std::optional<TestType>> values(queries.size());
      const std::size_t found = map.load_many(queries, values);
      std::size_t present = 0;
      for (std::size_t i = 0; i < queries.size(); ++i) {
        const bool resident = std::find(residents.begin(), residents.end(), queries[i]) != residents.end();
        if (values[i]) ++present;
        log.expect(!resident || (values[i] && to_int(*values[i]) == 1),
                   "a resident is not found:", queries[i]);
        log.expect(resident || !values[i] || to_int(*values[i]) == 2, "a value of another key:", queries[i]);
      }
      log.expect(found == present, "the count is wrong");
    }
    done = true;
  });
  REQUIRE(log.text().empty());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("thousands of keys may share one hash", "[map][chains]", int, Wide) {
  TestMap<TestType> map{TestKeys(Hash::kConstant), kSeed};
  std::map<std::string, int> table;
  auto keys = make_keys(4000 / kScale);
  const int count = static_cast<int>(keys.size());
  for (int i = 0; i < count; ++i) {
    expect(map, Op::kLoadOrStore, keys[i], 0, i, {i, false});
    table[keys[i]] = i;
  }
  REQUIRE(map.count() == keys.size());
  REQUIRE(map.stats().overflow == keys.size());
  REQUIRE(contents(map) == table);
  REQUIRE(map.check() == std::nullopt);
  expect_many(map, keys);
  for (int i = 0; i < count; ++i) {
    expect(map, Op::kLoad, keys[i], 0, 0, {i, true});
    if (i % 2 == 0) expect(map, Op::kSwap, keys[i], 0, -i, {i, true});
    if (i % 2 == 1) expect(map, Op::kSwapIf, keys[i], i, -i, {-1, true});
    table[keys[i]] = -i;
  }
  REQUIRE_FALSE(map.load("another"));
  REQUIRE_FALSE(map.erase("another"));
  REQUIRE(contents(map) == table);
  Random random(1);
  for (std::size_t i = keys.size(); i > 1; --i) std::swap(keys[i - 1], keys[random.below(i)]);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const int value = table[keys[i]];
    if (i % 3 == 0) expect(map, Op::kErase, keys[i], 0, 0, {-1, true});
    if (i % 3 == 1) expect(map, Op::kDeleteIf, keys[i], value, 0, {-1, true});
    if (i % 3 == 2) expect(map, Op::kLoadAndDelete, keys[i], 0, 0, {value, true});
    expect(map, Op::kLoad, keys[i], 0, 0, {});
    table.erase(keys[i]);
    if (i == keys.size() / 2) {
      REQUIRE(contents(map) == table);
      REQUIRE(map.check() == std::nullopt);
    }
  }
  REQUIRE(map.count() == 0);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("ten thousand tiny maps work side by side", "[map]") {
  using Map = TestMap<int>;
  constexpr int kMaps = 10'000 / kScale;
  // The maps stand in memory that the policy knows: under a collector it must be scanned.
  TestPolicy policy;
  std::size_t space = kMaps * sizeof(Map) + alignof(Map);
  void* place = policy.allocate(space, true);
  auto* const maps = static_cast<Map*>(std::align(alignof(Map), kMaps * sizeof(Map), place, space));
  std::uninitialized_default_construct_n(maps, kMaps);
  const std::span all(maps, kMaps);
  for (int i = 0; auto& map : all) {
    map.store("first", i);
    map.store("second", i + 1);
    REQUIRE(map.load_or_store("third", i + 2).value == i + 2);
    ++i;
  }
  for (int i = 0; auto& map : all) {
    REQUIRE(map.load("first") == i);
    REQUIRE(map.load("second") == i + 1);
    REQUIRE(map.load("third") == i + 2);
    REQUIRE_FALSE(map.load("fourth"));
    REQUIRE(map.count() == 3);
    REQUIRE(map.check() == std::nullopt);
    REQUIRE(map.compare_and_swap("second", i + 1, 0));
    REQUIRE(map.erase("first"));
    ++i;
  }
  for (int i = 2; const auto& map : all) {
    REQUIRE(contents(map) == std::map<std::string, int>{{"second", 0}, {"third", i++}});
  }
  std::destroy(all.begin(), all.end());
}

}  // namespace interlox::trie::test
