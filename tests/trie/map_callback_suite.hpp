// SPDX-License-Identifier: BSD-3-Clause
// What happens in the middle of an operation: user code that throws or calls the map, memory that runs out,
// and any other operation between the plan of a change and its lock. Compiled once for each policy.
#pragma once

#include <functional>
#include <new>
#include <stdexcept>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/trie/map_threads.hpp"

namespace interlox::trie::test {

/// Runs a hook at the next yield point, once: an operation lands in the middle of another, on one thread.
struct HookPolicy : TestPolicy {
  static inline std::function<void()> hook;
  static void yield_point() noexcept {
    if (!hook) return;
    const auto once = std::exchange(hook, nullptr);
    once();
  }
};

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

/// Throws at the Nth allocation from `arm` on.
struct FailingPolicy : TestPolicy {
  static inline int left = -1;
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    if (left >= 0 && left-- == 0) throw std::bad_alloc();
    return TestPolicy::allocate(bytes, may_hold_pointers);
  }
};

TEMPLATE_TEST_CASE("an operation whose memory runs out has changed nothing", "[map][memory]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<TestType, FailingPolicy> map{TestKeys(hash), kSeed};
  Model model;
  Random random(7);
  const auto keys = make_keys(60);
  int failures = 0;
  for (int step = 0; step < 2000; ++step) {
    const Op op = kAllOps[random.below(kAllOps.size())];
    const auto& key = keys[random.below(keys.size())];
    const int old = static_cast<int>(random.below(2));
    const int value = static_cast<int>(random.below(2));
    CAPTURE(step, op, key);
    for (int nth = 0;; ++nth) {  // fail the first allocation, then the second, ... until none fails
      FailingPolicy::left = nth;
      try {
        const Answer got = apply(map, op, key, old, value);
        FailingPolicy::left = -1;
        REQUIRE(got == model.apply(op, key, old, value));
        break;
      } catch (const std::bad_alloc&) {
        FailingPolicy::left = -1;
        ++failures;
        if (op == Op::kLoad || op == Op::kErase || op == Op::kDeleteIf || op == Op::kLoadAndDelete) {
          FAIL("an operation that never allocates did");
        }
        if (map.check() != std::nullopt) FAIL(*map.check());
        if (map.count() != model.table().size()) FAIL("a failed operation is counted");
      }
    }
    if (step % 100 == 0) REQUIRE(contents(map) == model.table());
  }
  REQUIRE(failures > 100);
  FailingPolicy::left = 0;
  REQUIRE_THROWS_AS(map.clear(), std::bad_alloc);
  FailingPolicy::left = -1;
  REQUIRE(contents(map) == model.table());
  REQUIRE(map.check() == std::nullopt);
  FailingPolicy::left = 0;
  REQUIRE_THROWS_AS((TestMap<TestType, FailingPolicy>{TestKeys(hash), kSeed}), std::bad_alloc);
  FailingPolicy::left = -1;
}

/// Strings whose hash and equality do what a test tells them to, beside their work.
struct SpyKeys : StringKeys {
  static inline std::function<void()> on_hash;
  static inline std::function<void()> on_equal;
  static inline int hashed = 0;

  static void run(const std::function<void()>& hook) {
    static bool inside = false;
    if (inside || !hook) return;
    inside = true;
    struct Leave {
      ~Leave() { inside = false; }
    } const leave;
    hook();
  }
  static std::uint64_t hash(std::string_view key, std::uint64_t /*seed*/) {
    ++hashed;
    run(on_hash);
    return key.size();  // many collisions, and hashes that part in the last bits only
  }
  static bool equal(const String& stored, std::string_view query) {
    run(on_equal);
    return stored.view() == query;
  }
};

struct SpyEqual {
  static inline std::function<void()> on_equal;
  template <class Value>
  bool operator()(const Value& a, const Value& b) const {
    SpyKeys::run(on_equal);
    return a == b;
  }
};

template <class Value>
using SpyMap = HashTrieMap<String, Value, SpyKeys, TestPolicy, SpyEqual>;

struct SpyReset {
  SpyReset() = default;
  SpyReset(const SpyReset&) = delete;
  ~SpyReset() { SpyKeys::on_hash = SpyKeys::on_equal = SpyEqual::on_equal = nullptr; }
};

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
  SpyMap<int> map;
  for (const Op op : kAllOps) {
    for (const auto& key : make_keys(200)) {
      SpyKeys::hashed = 0;
      apply(map, op, key, 0, 0);
      REQUIRE(SpyKeys::hashed == 1);
    }
  }
  SpyKeys::hashed = 0;
  map.for_each([](std::string_view, int) {});
  map.clear();
  REQUIRE(SpyKeys::hashed == 0);
}

}  // namespace interlox::trie::test
