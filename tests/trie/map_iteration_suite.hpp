// SPDX-License-Identifier: BSD-3-Clause
// What iteration promises, on a map at rest and on one that changes. Compiled once for each policy.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/trie/map_under_test.hpp"

namespace interlox::trie::test {

static_assert(std::is_trivially_destructible_v<TestMap<int>::Iterator>);
static_assert(std::is_trivially_copyable_v<TestMap<int>::Iterator>);

TEMPLATE_TEST_CASE("iteration meets every key once", "[map][iteration]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  std::map<std::string, int> want;
  for (int i = 0; const auto& key : make_keys(key_count(hash, 5000))) {
    map.store(key, i);
    want[key] = i++;
  }
  REQUIRE(contents(map) == want);
}

TEMPLATE_TEST_CASE("entries may be deleted by their visitor", "[map][iteration]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const Op removal = GENERATE(Op::kDeleteIf, Op::kLoadAndDelete, Op::kErase);
  CAPTURE(hash, removal);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 5000));
  for (int i = 0; const auto& key : keys) map.store(key, i++);
  std::size_t visited = 0;
  map.for_each([&](std::string_view key, const TestType& value) {
    ++visited;
    REQUIRE(apply(map, removal, std::string(key), to_int(value), 0).yes);
  });
  REQUIRE(visited == keys.size());
  REQUIRE(map.count() == 0);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a visitor that returns false stops the walk", "[map][iteration]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  TestMap<int> map{TestKeys(hash), kSeed};
  for (int i = 0; const auto& key : make_keys(128)) map.store(key, i++);
  int visited = 0;
  map.for_each([&](std::string_view, int) { return ++visited < 5; });
  REQUIRE(visited == 5);
}

TEST_CASE("an iterator that has ended stays at the end", "[map][iteration]") {
  TestMap<int> map{TestKeys(), kSeed};
  map.store("a", 1);
  auto at = map.iterate();
  REQUIRE(at.next());
  map.store("b", 2);
  while (at.next()) continue;
  for (const auto& key : make_keys(100)) map.store(key, 1);
  REQUIRE_FALSE(at.next());
}

// On one thread: what was deleted before the iterator came to it is not handed out, not even from a chain
// that the iterator is in the middle of.
TEMPLATE_TEST_CASE("an iterator does not give what is gone", "[map][iteration]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const bool by_clear = GENERATE(true, false);
  CAPTURE(hash, by_clear);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 1000));
  for (const auto& key : keys) map.store(key, 1);
  auto at = map.iterate();
  for (int i = 0; i < 10; ++i) REQUIRE(at.next());
  if (by_clear) {
    map.clear();
  } else {
    for (const auto& key : keys) REQUIRE(map.erase(key));
  }
  REQUIRE_FALSE(at.next());
}

TEMPLATE_TEST_CASE("an iterator gives the values of the moment", "[map][iteration]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(64);
  for (const auto& key : keys) map.store(key, 1);
  auto at = map.iterate();
  for (int i = 0; i < 10; ++i) REQUIRE(to_int(at.next()->value) == 1);
  for (const auto& key : keys) map.store(key, 2);
  for (int i = 10; i < 64; ++i) REQUIRE(to_int(at.next()->value) == 2);
  REQUIRE_FALSE(at.next());
}

// Residents stay the whole time; at each step some other keys come and go, and now and then a tide turns.
TEMPLATE_TEST_CASE("iteration meets residents once whatever happens between its steps", "[map][iteration]",
                   int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const std::uint64_t seed = GENERATE(range(1, 9));
  CAPTURE(hash, seed);
  TestMap<TestType> map{TestKeys(hash), seed};
  Random random(seed);
  for (int round = 0; round < 24 / kScale; ++round) {
    const auto residents = make_keys(random.below(40), 10000);
    const auto others = make_keys(40);
    Tide tide(make_keys(key_count(hash, 400, 64), 20000));
    for (const auto& key : residents) map.store(key, 1);
    std::map<std::string, int> met;
    auto at = map.iterate();
    while (const auto item = at.next()) {
      ++met[std::string(item->key)];
      for (std::size_t i = random.below(12); i > 0; --i) {
        const auto& key = others[random.below(others.size())];
        if (random.below(2) == 0) {
          map.store(key, 2);
        } else {
          map.erase(key);
        }
        if (!residents.empty()) map.store(residents[random.below(residents.size())], 3);
      }
      if (random.below(8) != 0) continue;
      for (std::size_t i = random.below(600); i > 0; --i) tide.step(map, 2);
    }
    for (const auto& [key, times] : met) REQUIRE(times == 1);
    for (const auto& key : residents) REQUIRE(met.contains(key));
    for (const auto& key : residents) map.erase(key);
    tide.drain(map);
    REQUIRE(map.check() == std::nullopt);
  }
}

TEMPLATE_TEST_CASE("no key is met twice when the map is cleared and filled between steps", "[map][iteration]",
                   int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 400, 64));
  for (const auto& key : keys) map.store(key, 0);
  std::map<std::string, int> met;
  auto at = map.iterate();
  for (int step = 0;; ++step) {
    const auto item = at.next();
    if (!item) break;
    REQUIRE(++met[std::string(item->key)] == 1);
    if (step % 3 == 2) {
      map.clear();
      for (const auto& key : keys) map.store(key, step);
    }
  }
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("iteration meets residents once beside threads that insert and delete",
                   "[map][iteration][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto residents = make_keys(64, 5000);
  for (const auto& key : residents) map.store(key, 1);
  Log log;
  std::atomic<bool> done{false};
  run_threads(threads, [&](unsigned id) {
    if (id != 0) {
      Random random(id);
      const auto others = make_keys(64);
      Tide tide(make_keys(key_count(hash, 1000, 16), 10000 * (id + 1)));
      while (!done) {
        for (int i = 0; i < 8; ++i) tide.step(map, 2);
        const auto& key = others[random.below(others.size())];
        const Op op = kAllOps[random.below(kAllOps.size())];
        apply(map, op, key, 2, 2);
        map.store(residents[random.below(residents.size())], 3);
      }
      return;
    }
    for (int round = 0; round < 60 / kScale; ++round) {
      std::map<std::string, int> met;
      map.for_each([&](std::string_view key, const TestType& value) {
        log.expect(to_int(value) > 0, "a broken value", key);
        ++met[std::string(key)];
      });
      for (const auto& [key, times] : met) log.expect(times == 1, "met twice", key);
      for (const auto& key : residents) log.expect(met.contains(key), "not met", key);
    }
    done = true;
  });
  REQUIRE(log.text().empty());
  REQUIRE(map.check() == std::nullopt);
}

}  // namespace interlox::trie::test
