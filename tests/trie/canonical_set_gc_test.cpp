// SPDX-License-Identifier: BSD-3-Clause
// The canonical set on the collected heap. Its logic, step by step: canonical_set_test.cpp; with threads that
// dawdle: tests/stress/weak_darts.cpp.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "trie/canonical_set.hpp"

namespace gc = interlox::gc;
namespace trie = interlox::trie;
using interlox::test::kSlowdown;
using interlox::test::run_in_thread;

namespace {

/// An element that may keep another one.
struct Element {
  std::uint64_t key;
  Element* next;
  std::uint64_t check;

  [[nodiscard]] bool is(std::uint64_t wanted) const noexcept { return key == wanted && check == ~wanted; }
};

struct Traits {
  std::uint64_t mask = ~std::uint64_t{0};  // of the hash

  std::uint64_t hash(std::uint64_t key, std::uint64_t seed) const {
    return trie::hash_integer(key, seed) & mask;
  }
  std::uint64_t hash(const Element& element, std::uint64_t seed) const { return hash(element.key, seed); }
  static bool equal(const Element& stored, std::uint64_t key) { return stored.key == key; }
  static bool equal(const Element& stored, const Element& other) { return stored.key == other.key; }
};

using Set = trie::CanonicalSet<Element, Traits, gc::WeakTriePolicy>;

/// A set on this stack, which the collector scans, and its registry.
struct Fixture {
  explicit Fixture(std::uint64_t mask = ~std::uint64_t{0})
      : set(gc::WeakTriePolicy(registry), Traits{mask}) {}

  Element* make(std::uint64_t key, Element* next = nullptr) {
    return set.make(key, [&](std::uint64_t) {
      return ::new (gc::allocate(sizeof(Element))) Element{key, next, ~key};
    });
  }
  /// Collects up to five times, until no more than so many elements live.
  [[gnu::noinline]] void collect_down_to(std::size_t most) const {
    for (int i = 0; i < 5 && set.count() > most; ++i) {
      gc::clear_stack();
      gc::collect();
    }
  }
  void check() {
    set.prune_all();
    const auto fault = set.check();
    if (fault) FAIL(*fault);
    const trie::CanonicalStats stats = set.stats();
    CHECK(stats.dead == 0);
    CHECK(stats.live == stats.entries);
    CHECK(stats.misses == stats.live + stats.pruned);
    CHECK(stats.cleared == stats.pruned);
    CHECK(set.count() == stats.live);
  }

  gc::WeakRegistry registry{gc::WeakRegistry::Tokens::kKeep};
  Set set;
};

std::uint64_t any_mask() { return GENERATE(~std::uint64_t{0}, std::uint64_t{0xff}); }

}  // namespace

TEST_CASE("collected canonical set: elements live as long as they are held") {
  constexpr std::uint64_t kCount = 4000;
  Fixture fixture(any_mask());
  gc::RootVector<Element*> held;
  run_in_thread([&] {
    for (std::uint64_t key = 0; key < kCount; ++key) {
      Element* const element = fixture.make(key);
      if (key % 4 == 0) held.push_back(element);
    }
  });
  fixture.collect_down_to(kCount / 4 + kCount * 5 / 100);
  CHECK(fixture.set.count() <= kCount / 4 + kCount * 5 / 100);
  for (std::uint64_t i = 0; i < held.size(); ++i) {
    REQUIRE(held[i]->is(i * 4));
    REQUIRE(fixture.set.find(i * 4) == held[i]);
    REQUIRE(fixture.make(i * 4) == held[i]);
  }
  fixture.check();
  run_in_thread([&] {
    for (std::uint64_t key = 0; key < kCount; ++key) {
      Element* const element = fixture.make(key);
      if (!element->is(key)) held.clear();
    }
  });
  CHECK(held.size() == kCount / 4);
  CHECK(fixture.set.count() == kCount);
  std::fill(held.begin(), held.end(), nullptr);
  fixture.collect_down_to(kCount * 5 / 100);
  CHECK(fixture.set.count() <= kCount * 5 / 100);
  fixture.check();
}

TEST_CASE("collected canonical set: elements that keep each other go in one collection") {
  constexpr std::uint64_t kChains = 50;
  constexpr std::uint64_t kLength = 200;
  Fixture fixture;
  gc::RootVector<Element*> tops;
  run_in_thread([&] {
    for (std::uint64_t chain = 0; chain < kChains; ++chain) {
      Element* below = nullptr;
      for (std::uint64_t i = 0; i < kLength; ++i) below = fixture.make(chain * kLength + i, below);
      tops.push_back(below);
    }
  });
  gc::collect();
  REQUIRE(fixture.set.count() == kChains * kLength);
  std::fill(tops.begin(), tops.end(), nullptr);
  gc::clear_stack();
  gc::collect();
  CHECK(fixture.set.count() <= kChains * kLength * 5 / 100);
  fixture.check();
}

TEST_CASE("collected canonical set: inserts keep up with elements that die, with nobody else to prune") {
  Fixture fixture;
  std::size_t most = 0;
  run_in_thread([&] {
    for (std::uint64_t key = 0; key < 400'000 / kSlowdown; ++key) {
      fixture.make(key);
      if (key % 2000 == 1999) {
        gc::collect();
        most = std::max(most, fixture.set.stats().entries);
      }
    }
  });
  CHECK(most <= 3 * 2000 + 1100);  // two rounds, and what inserts leave to a cleaner
  fixture.check();
}

TEST_CASE("collected canonical set: threads that prune take out all that died, and nothing else") {
  constexpr std::uint64_t kCount = 20'000;
  Fixture fixture(any_mask() | 0xfff);
  gc::RootVector<Element*> held;
  run_in_thread([&] {
    for (std::uint64_t key = 0; key < kCount; ++key) {
      Element* const element = fixture.make(key);
      if (key % 5 == 0) held.push_back(element);
    }
  });
  fixture.collect_down_to(kCount / 5 + kCount * 5 / 100);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) threads.push_back(gc::start_thread([&] { fixture.set.prune_all(); }));
  threads.clear();
  CHECK(fixture.set.stats().dead == 0);
  CHECK(fixture.set.stats().entries == fixture.set.count());
  for (std::uint64_t i = 0; i < held.size(); ++i) REQUIRE(fixture.set.find(i * 5) == held[i]);
  fixture.check();
}

TEST_CASE("collected canonical set: makers on threads agree while a collector loops") {
  constexpr std::uint64_t kKeys = 2000;
  constexpr std::size_t kThreads = 4;
  Fixture fixture(any_mask());
  std::vector<gc::RootVector<Element*>> found(kThreads);
  for (auto& mine : found) mine.resize(kKeys);
  std::atomic<std::size_t> left{kThreads};
  std::vector<std::jthread> threads;
  for (std::size_t id = 0; id < kThreads; ++id) {
    threads.push_back(gc::start_thread([&, id] {
      for (std::uint64_t i = 0; i < kKeys; ++i) {
        const std::uint64_t key = id % 2 == 0 ? i : kKeys - 1 - i;
        found[id][key] = fixture.make(key);
        for (std::uint64_t other = 0; other < 5; ++other) fixture.make(kKeys + (i * 5 + other) * 7 % 300);
      }
      --left;
    }));
  }
  while (left != 0) gc::collect();
  threads.clear();
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    REQUIRE(found[0][key]->is(key));
    for (std::size_t id = 1; id < kThreads; ++id) REQUIRE(found[id][key] == found[0][key]);
  }
  fixture.check();
}
