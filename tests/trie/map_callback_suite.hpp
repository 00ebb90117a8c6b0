// SPDX-License-Identifier: BSD-3-Clause
// What happens in the middle of an operation: user code that throws or calls the map, memory that runs out,
// and any other operation between the plan of a change and its lock. Compiled once for each policy.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/trie/map_spies.hpp"

namespace interlox::trie::test {

// The first yield point of a change is between its plan and its lock, so the result must be that of the
// intruder first. A load has none.
TEMPLATE_TEST_CASE("an operation in the middle of another comes before it", "[map][interleaving]", int,
                   Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const int present = GENERATE(range(0, 4));        // bit 0: the key; bit 1: the intruder's key
  const std::size_t crowd = GENERATE(0U, 1U, 20U);  // other keys around
  const bool same = GENERATE(true, false);
  CAPTURE(hash, present, crowd, same);
  const std::string key = "key";
  const std::string other = same ? key : "other";
  for (const Op op : kAllOps) {
    for (const Op intruder : kAllOps) {
      for (const bool match : {true, false}) {
        CAPTURE(op, intruder, match);
        TestMap<TestType, HookPolicy> map{TestKeys(hash), kSeed};
        Model model;
        const auto fill = [&](const std::string& which) {
          map.store(which, 1);
          model.apply(Op::kStore, which, 0, 1);
        };
        for (const auto& neighbour : make_keys(crowd)) fill(neighbour);
        if ((present & 1) != 0) fill(key);
        if ((present & 2) != 0) fill(other);
        Answer inner;
        bool intruded = false;
        HookPolicy::hook = [&] {
          intruded = true;
          inner = apply(map, intruder, other, 1, 5);
        };
        const int old = match ? 1 : 5;
        const Answer outer = apply(map, op, key, old, 6);
        HookPolicy::hook = nullptr;
        if (intruded) {
          if (inner != model.apply(intruder, other, 1, 5)) FAIL("the intruder answers " << inner);
        }
        if (outer != model.apply(op, key, old, 6)) FAIL("the operation answers " << outer);
        if (contents(map) != model.table()) FAIL("the map holds something else");
        if (map.check() != std::nullopt) FAIL(*map.check());
      }
    }
  }
}

TEMPLATE_TEST_CASE("a clear in the middle of an operation comes before it", "[map][interleaving]", int,
                   Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const bool present = GENERATE(true, false);
  const std::size_t crowd = GENERATE(0U, 1U, 20U);
  CAPTURE(hash, present, crowd);
  for (const Op op : kAllOps) {
    CAPTURE(op);
    TestMap<TestType, HookPolicy> map{TestKeys(hash), kSeed};
    for (const auto& neighbour : make_keys(crowd)) map.store(neighbour, 1);
    if (present) map.store("key", 1);
    Model model;
    bool intruded = false;
    HookPolicy::hook = [&] {
      intruded = true;
      map.clear();
    };
    const Answer outer = apply(map, op, "key", 1, 6);
    HookPolicy::hook = nullptr;
    if (!intruded) continue;
    REQUIRE(outer == model.apply(op, "key", 1, 6));
    REQUIRE(contents(map) == model.table());
    REQUIRE(map.check() == std::nullopt);
  }
}

TEMPLATE_TEST_CASE("an operation whose memory runs out has changed nothing", "[map][memory]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType, FailingPolicy> map{TestKeys(hash), kSeed};
  Model model;
  Random random(7);
  const auto keys = make_keys(hash == Hash::kGood ? 300 : 60);
  int failures = 0;
  for (int step = 0; step < 2000; ++step) {
    const Op op = kAllOps[random.below(kAllOps.size())];
    const auto& key = keys[random.below(keys.size())];
    const int old = static_cast<int>(random.below(2));
    const int value = static_cast<int>(random.below(2));
    CAPTURE(step, op, key);
    for (int nth = 0;;
         ++nth) {  // fail the first allocation, then the second, ... until the operation succeeds
      try {
        const auto dearth = Dearth::after(nth);
        const Answer got = apply(map, op, key, old, value);
        REQUIRE(got == model.apply(op, key, old, value));
        break;
      } catch (const std::bad_alloc&) {
        ++failures;
        if (op == Op::kLoad || op == Op::kErase || op == Op::kDeleteIf || op == Op::kLoadAndDelete) {
          FAIL("a load or a deletion failed for want of memory");
        }
        if (map.check() != std::nullopt) FAIL(*map.check());
        if (map.count() != model.table().size()) FAIL("a failed operation is counted");
      }
    }
    if (step % 100 == 0) REQUIRE(contents(map) == model.table());
  }
  REQUIRE(failures > 100);
  {
    const auto dearth = Dearth::total();
    REQUIRE_THROWS_AS(map.clear(), std::bad_alloc);
    REQUIRE_THROWS_AS((TestMap<TestType, FailingPolicy>{TestKeys(hash), kSeed}), std::bad_alloc);
  }
  REQUIRE(contents(map) == model.table());
  REQUIRE(map.check() == std::nullopt);
}

// A deletion may ask for memory, to tidy up; but it does its work without.
TEMPLATE_TEST_CASE("loads, iteration and deletions succeed when every allocation fails", "[map][memory]", int,
                   Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType, FailingPolicy> map{TestKeys(hash), kSeed};
  std::map<std::string, int> table;
  const auto keys = make_keys(key_count(hash, 2000));
  for (int i = 0; const auto& key : keys) {
    map.store(key, i);
    table[key] = i++;
  }
  {
    const auto dearth = Dearth::total();
    REQUIRE(contents(map) == table);
    REQUIRE_THROWS_AS(map.store("another", 1), std::bad_alloc);
    for (int i = 0; const auto& key : keys) {
      expect(map, Op::kLoad, key, 0, 0, {i, true});
      expect(map, Op::kDeleteIf, key, -1, 0, {});
      if (i % 3 == 0) expect(map, Op::kErase, key, 0, 0, {-1, true});
      if (i % 3 == 1) expect(map, Op::kDeleteIf, key, i, 0, {-1, true});
      if (i % 3 == 2) expect(map, Op::kLoadAndDelete, key, 0, 0, {i, true});
      expect(map, Op::kLoad, key, 0, 0, {});
      ++i;
    }
    REQUIRE(map.count() == 0);
    REQUIRE_FALSE(map.iterate().next());
    REQUIRE(map.check() == std::nullopt);
  }
  for (const auto& key : keys) map.store(key, table[key]);
  REQUIRE(contents(map) == table);
  REQUIRE(map.check() == std::nullopt);
}

// Each thread has keys of its own, so that it knows what an operation that failed must have left: all of
// them.
TEMPLATE_TEST_CASE("memory that runs out for some threads changes nothing for any", "[map][memory][threads]",
                   int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned nth = GENERATE(2U, 3U, 7U);
  CAPTURE(hash, nth);
  constexpr unsigned kThreads = 4;
  constexpr unsigned kSteps = 8000 / kScale;
  TestMap<TestType, FailingPolicy> map{TestKeys(hash), kSeed};
  std::vector<Model> models(kThreads);
  std::atomic<int> failures{0};
  Log log;
  {
    const auto dearth = Dearth::every(nth);
    run_threads(kThreads, [&](unsigned id) {
      Random random(id);
      const auto keys = make_keys(key_count(hash, 500, 24), 10'000 * (id + 1));
      for (unsigned step = 0; step < kSteps; ++step) {
        Op op = kAllOps[random.below(kAllOps.size())];
        const bool inserts = op == Op::kLoadOrStore || op == Op::kStore || op == Op::kSwap;
        if (step % (kSteps / 2) > kSteps / 4 && inserts && random.below(16) != 0) op = Op::kErase;
        const auto& key = keys[random.below(keys.size())];
        const int old = static_cast<int>(random.below(2));
        const int value = static_cast<int>(random.below(2));
        try {
          const Answer got = apply(map, op, key, old, value);
          log.expect(got == models[id].apply(op, key, old, value), "wrong answer for", key);
        } catch (const std::bad_alloc&) {
          ++failures;
        }
      }
    });
  }
  REQUIRE(log.text().empty());
  REQUIRE(failures > 20);
  std::map<std::string, int> all;
  for (const auto& model : models) all.insert(model.table().begin(), model.table().end());
  REQUIRE(contents(map) == all);
  REQUIRE(map.count() == all.size());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("hash and equalities may use the map that called them", "[map][callbacks]", int, Wide) {
  const SpyReset reset;
  SpyMap<TestType> map;
  Model model;
  Random random(3);
  int calls = 0;
  const auto meddle = [&] {
    const Op op = kAllOps[static_cast<std::size_t>(++calls) % kAllOps.size()];
    const auto key = "inner" + key_text(random.below(20));
    if (apply(map, op, key, 1, 1) != model.apply(op, key, 1, 1))
      throw std::logic_error("a wrong inner answer");
  };
  SpyKeys::on_hash = SpyKeys::on_equal = SpyEqual::on_equal = meddle;
  const auto keys = make_keys(40);
  for (int step = 0; step < 2000 / kScale; ++step) {
    const Op op = kAllOps[random.below(kAllOps.size())];
    const auto& key = keys[random.below(keys.size())];
    const int old = static_cast<int>(random.below(2));
    REQUIRE(apply(map, op, key, old, 1) == model.apply(op, key, old, 1));
  }
  SpyKeys::on_hash = SpyKeys::on_equal = SpyEqual::on_equal = nullptr;
  REQUIRE(calls > 1000 / kScale);
  REQUIRE(contents(map) == model.table());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("user code that throws leaves the map as it was", "[map][callbacks]", int, Wide) {
  const SpyReset reset;
  SpyMap<TestType> map;
  for (const auto& key : make_keys(40)) map.store(key, 1);
  const auto before = contents(map);
  const std::function<void()> bomb = [] { throw std::runtime_error("no"); };
  std::function<void()>* const place = GENERATE(&SpyKeys::on_hash, &SpyKeys::on_equal, &SpyEqual::on_equal);
  for (const Op op : kAllOps) {
    if (place == &SpyEqual::on_equal && op != Op::kSwapIf && op != Op::kDeleteIf) continue;
    *place = bomb;
    REQUIRE_THROWS_AS(apply(map, op, key_text(17), 1, 2), std::runtime_error);
    *place = nullptr;
    REQUIRE(contents(map) == before);
    REQUIRE(map.check() == std::nullopt);  // also: no lock is held
  }
}

// The seed's expand() hashed the old key again, which user code may notice and a weak key can't bear.
TEST_CASE("an operation hashes its own key once and no other", "[map][callbacks][faults]") {
  const SpyReset reset;
  SpyKeys::spread = GENERATE(false, true);
  CAPTURE(SpyKeys::spread);
  SpyMap<int> map;
  const auto keys = make_keys(SpyKeys::spread ? 2000 : 200);
  for (const Op op : kAllOps) {
    for (const auto& key : keys) {
      SpyKeys::hashed = 0;
      apply(map, op, key, 0, 0);
      if (SpyKeys::hashed != 1) FAIL(op << " hashed " << SpyKeys::hashed << " times");
    }
  }
  SpyKeys::hashed = 0;
  map.for_each([](std::string_view, int) {});
  map.clear();
  REQUIRE(SpyKeys::hashed == 0);
}

}  // namespace interlox::trie::test
