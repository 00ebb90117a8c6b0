// SPDX-License-Identifier: BSD-3-Clause
// What load_or_compute promises: one computation for each value stored, no lock while it runs, and nothing
// left behind by one that fails. Compiled once for each policy.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/trie/map_spies.hpp"
#include "tests/trie/map_under_test.hpp"

namespace interlox::trie::test {

/// load_or_compute(key) as an Answer.
template <class Map, class Query, class Compute>
Answer compute(Map& map, const Query& key, const Compute& body) {
  using Value = decltype(typename Map::Loaded{}.value);
  const auto got = map.load_or_compute(key, [&] { return Value(body()); });
  return {to_int(got.value), got.loaded};
}

/// Waits until `reached` holds; false if that takes so long that it never will.
template <class Predicate>
bool wait_for(const Predicate& reached) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!reached()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEMPLATE_TEST_CASE("load_or_compute computes what is not there and loads it from then on", "[map][compute]",
                   int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 2000));
  int runs = 0;
  const auto count = [&] { return ++runs; };
  for (int i = 1; const auto& key : keys) {
    REQUIRE(compute(map, key, count) == Answer{i, false});
    REQUIRE(compute(map, key, count) == Answer{i, true});
    REQUIRE(apply(map, Op::kLoad, key, 0, 0) == Answer{i, true});
    REQUIRE(runs == i++);
  }
  REQUIRE(map.count() == keys.size());
  runs = 0;
  map.store(keys[0], 77);
  REQUIRE(compute(map, keys[0], count) == Answer{77, true});
  REQUIRE(runs == 0);
  REQUIRE(map.erase(keys[0]));
  REQUIRE(compute(map, keys[0], count) == Answer{1, false});
  map.clear();
  REQUIRE(compute(map, keys[0], count) == Answer{2, false});
  REQUIRE(map.count() == 1);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("load_or_compute hashes its key once, a hashed query not at all", "[map][compute][hashed]") {
  const SpyReset reset;
  SpyKeys::spread = GENERATE(false, true);
  SpyMap<int> map;
  for (const auto& key : make_keys(200)) {
    SpyKeys::hashed = 0;
    REQUIRE(compute(map, key, [] { return 1; }) == Answer{1, false});
    REQUIRE(SpyKeys::hashed == 1);
    REQUIRE(compute(map, key, [] { return 2; }) == Answer{1, true});
    REQUIRE(SpyKeys::hashed == 2);
    map.erase(key);
    const auto hashed = map.hashed(key);
    SpyKeys::hashed = 0;
    REQUIRE(compute(map, hashed, [] { return 3; }) == Answer{3, false});
    REQUIRE(compute(map, hashed, [] { return 4; }) == Answer{3, true});
    REQUIRE(SpyKeys::hashed == 0);
  }
}

TEMPLATE_TEST_CASE("a computation that throws leaves its key to the next caller", "[map][compute]", int,
                   Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  for (const auto& key : make_keys(40)) map.store(key, 1);
  const auto before = contents(map);
  const auto fail = [&]() -> int { throw std::runtime_error("no"); };
  for (int i = 0; i < 3; ++i) {
    REQUIRE_THROWS_AS(compute(map, "key", fail), std::runtime_error);
    REQUIRE_FALSE(map.load("key"));
    REQUIRE(contents(map) == before);
    REQUIRE(map.check() == std::nullopt);
  }
  REQUIRE(compute(map, "key", [] { return 5; }) == Answer{5, false});
  REQUIRE(compute(map, "key", fail) == Answer{5, true});
}

TEMPLATE_TEST_CASE("a computation whose memory runs out leaves its key to the next caller",
                   "[map][compute][memory]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType, FailingPolicy> map{TestKeys(hash), kSeed};
  int failures = 0;
  int stored = 0;
  for (const auto& key : make_keys(key_count(hash, 300))) {
    for (int nth = 0;; ++nth) {
      try {
        const auto dearth = Dearth::after(nth);
        const Answer got = compute(map, key, [&] { return nth; });
        REQUIRE(got == Answer{nth, false});
        ++stored;
        break;
      } catch (const std::bad_alloc&) {
        ++failures;
        REQUIRE_FALSE(map.load(key));
        REQUIRE(map.count() == static_cast<std::size_t>(stored));
      }
    }
  }
  REQUIRE(failures >= stored);
  REQUIRE(map.check() == std::nullopt);
}

// Each number asks for the two before it, which are computed inside of its computation.
template <class Map>
int fibonacci(Map& map, int n, int& runs) {
  return compute(map, std::to_string(n),
                 [&] {
                   ++runs;
                   return n < 2 ? n : fibonacci(map, n - 1, runs) + fibonacci(map, n - 2, runs);
                 })
      .value;
}

TEMPLATE_TEST_CASE("a computation may use the map for other keys", "[map][compute]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  int runs = 0;
  REQUIRE(fibonacci(map, 40, runs) == 102334155);
  REQUIRE(runs == 41);
  REQUIRE(map.count() == 41);
  Tide tide(make_keys(key_count(hash, 1000, 32), 1000));
  const auto got = compute(map, "key", [&] {
    for (int i = 0; i < 3000; ++i) tide.step(map, 1);
    map.erase("40");
    return fibonacci(map, 40, runs);
  });
  REQUIRE(got == Answer{102334155, false});
  REQUIRE(runs == 42);
  REQUIRE(compute(map, "last", [&] {
            map.clear();
            return 1;
          }) == Answer{1, false});
  REQUIRE(contents(map) == std::map<std::string, int>{{"last", 1}});
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("a computation that asks for its own value is refused", "[map][compute]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto one = [] { return 1; };
  const auto ask_again = [&] { return compute(map, "key", one).value; };
  REQUIRE_THROWS_AS(compute(map, "key", ask_again), std::logic_error);
  REQUIRE_THROWS_AS(compute(map, "key", [&] { return compute(map, "other", ask_again).value; }),
                    std::logic_error);
  REQUIRE(map.count() == 0);
  // one that can live with the refusal goes on, and its value counts
  const auto insist = [&] {
    try {
      return ask_again();
    } catch (const std::logic_error&) {
      return 7;
    }
  };
  REQUIRE(compute(map, "key", insist) == Answer{7, false});
  // the same key of another map is another value
  TestMap<TestType> second{TestKeys(hash), kSeed};
  REQUIRE(compute(second, "key", ask_again) == Answer{7, false});
  REQUIRE(compute(map, "new", [&] { return compute(second, "new", one).value; }) == Answer{1, false});
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("a value that was stored during a computation stays", "[map][compute]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto got = compute(map, "key", [&] {
    map.store("key", 5);
    return 6;
  });
  REQUIRE(got == Answer{5, true});
  REQUIRE(apply(map, Op::kLoad, "key", 0, 0) == Answer{5, true});
  REQUIRE(map.count() == 1);
}

TEMPLATE_TEST_CASE("of threads that ask for one value, one computes it and all get it",
                   "[map][compute][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  constexpr unsigned kThreads = 8;
  constexpr std::size_t kKeys = 50;
  for (int round = 0; round < 16 / kScale; ++round) {
    TestMap<TestType> map{TestKeys(hash), kSeed};
    const auto keys = make_keys(kKeys);
    std::array<std::atomic<int>, kKeys> runs{};
    std::vector<std::vector<Answer>> seen(kThreads, std::vector<Answer>(kKeys));
    run_threads(kThreads, [&](unsigned id) {
      for (std::size_t i = 0; i < kKeys; ++i) {
        const std::size_t k = id % 2 == 0 ? i : kKeys - 1 - i;
        seen[id][k] = compute(map, keys[k], [&] {
          ++runs[k];
          std::this_thread::yield();
          return static_cast<int>(id);
        });
      }
    });
    for (std::size_t k = 0; k < kKeys; ++k) {
      CAPTURE(round, k);
      REQUIRE(runs[k] == 1);
      int computed = 0;
      for (unsigned id = 0; id < kThreads; ++id) {
        REQUIRE(seen[id][k].value == seen[0][k].value);
        if (!seen[id][k].yes) {
          ++computed;
          REQUIRE(seen[id][k].value == static_cast<int>(id));
        }
      }
      REQUIRE(computed == 1);
    }
    REQUIRE(map.count() == kKeys);
    REQUIRE(map.check() == std::nullopt);
  }
}

// A value is computed for being stored, so as many are computed as are deleted, or there in the end.
TEMPLATE_TEST_CASE("each computation stores its value beside threads that delete", "[map][compute][threads]",
                   int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(6);
  std::atomic<std::size_t> runs{0};
  std::atomic<std::size_t> stored{0};
  std::atomic<std::size_t> deleted{0};
  run_threads(threads, [&](unsigned id) {
    Random random(id);
    for (unsigned i = 0; i < 8000 / threads / kScale; ++i) {
      const auto& key = keys[random.below(keys.size())];
      if (random.below(3) == 0) {
        deleted += map.erase(key) ? 1 : 0;
      } else {
        stored += compute(map, key, [&] { return static_cast<int>(++runs); }).yes ? 0 : 1;
      }
    }
  });
  REQUIRE(runs == stored);
  REQUIRE(runs == deleted + map.count());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("who waits for a computation that fails computes in its place", "[map][compute][threads]",
                   int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  Log log;
  std::atomic<bool> begun{false};
  std::atomic<int> runs{0};
  std::atomic<int> stored{0};
  run_threads(threads, [&](unsigned id) {
    if (id == 0) {
      bool thrown = false;
      try {
        compute(map, "key", [&]() -> int {
          begun = true;
          // Long enough for the others to wait, most likely; the outcome does not depend on it.
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          throw std::runtime_error("no");
        });
      } catch (const std::runtime_error&) {
        thrown = true;
      }
      log.expect(thrown, "the failure did not reach the caller of the computation that failed");
      return;
    }
    log.expect(wait_for([&] { return begun.load(); }), "the first computation did not begin");
    const Answer got = compute(map, "key", [&] {
      ++runs;
      return 5;
    });
    log.expect(got.value == 5, "another value");
    if (!got.yes) ++stored;
  });
  REQUIRE(log.text().empty());
  REQUIRE(runs == 1);
  REQUIRE(stored == 1);
  REQUIRE(apply(map, Op::kLoad, "key", 0, 0) == Answer{5, true});
}

// The computation does not end before another thread has used the map, computed a value of its own and seen
// the map grow and shrink: a lock that was held would keep both for ever. Under the bad hashes the other keys
// stand in the same place.
TEMPLATE_TEST_CASE("a computation holds no lock", "[map][compute][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(20);
  for (const auto& key : keys) map.store(key, 1);
  Log log;
  std::atomic<bool> begun{false};
  std::atomic<bool> done{false};
  run_threads(2, [&](unsigned id) {
    if (id == 0) {
      const Answer got = compute(map, "key", [&] {
        begun = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50 / kScale));
        log.expect(wait_for([&] { return done.load(); }), "the other thread can't go on");
        return 5;
      });
      log.expect(got == Answer{5, false}, "the computed value is not stored");
      return;
    }
    log.expect(wait_for([&] { return begun.load(); }), "the computation did not begin");
    log.expect(!map.load("key"), "there before it is computed");
    log.expect(!map.erase("key"), "deleted before it is computed");
    Tide tide(make_keys(key_count(hash, 2000, 64), 10'000));
    Random random(1);
    for (int i = 0; i < 20'000 / kScale; ++i) {
      tide.step(map, 2);
      const auto& key = keys[random.below(keys.size())];
      apply(map, kAllOps[random.below(kAllOps.size())], key, 1, 1);
    }
    tide.drain(map);
    log.expect(compute(map, "other", [] { return 3; }) == Answer{3, false}, "another key's computation");
    log.expect(compute(map, "other", [] { return 4; }) == Answer{3, true}, "another key's value");
    done = true;
  });
  REQUIRE(log.text().empty());
  REQUIRE(apply(map, Op::kLoad, "key", 0, 0) == Answer{5, true});
  REQUIRE(map.check() == std::nullopt);
}

}  // namespace interlox::trie::test
