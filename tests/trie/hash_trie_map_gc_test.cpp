// SPDX-License-Identifier: BSD-3-Clause
// The suites of the map on the collected heap, with the collector running all the time beside the threads;
// and what only a collector can show: a map that is changed for ever does not grow.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "trie/hash_trie_map.hpp"
#include "trie/key_traits.hpp"
#include "trie/policy.hpp"

namespace interlox::trie::test {

using TestPolicy = gc::TriePolicy;
static_assert(Policy<TestPolicy>);

using TestThread = gc::ThreadScope;

/// Collects again and again while it lives.
class TestTrouble {
 public:
  TestTrouble()
      : thread_([](const std::stop_token& stop) {
          const gc::ThreadScope scope;
          while (!stop.stop_requested()) {
            gc::collect();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}

 private:
  std::jthread thread_;
};

template <class Key, class Value, class Traits, class P, class ValueEqual = std::equal_to<Value>>
using MapUnderTest = HashTrieMap<Key, Value, Traits, P, ValueEqual>;

}  // namespace interlox::trie::test

#include "tests/trie/map_callback_suite.hpp"
#include "tests/trie/map_compute_suite.hpp"
#include "tests/trie/map_concurrent_suite.hpp"
#include "tests/trie/map_extra_suite.hpp"
#include "tests/trie/map_iteration_suite.hpp"
#include "tests/trie/map_suite.hpp"

namespace interlox::trie::test {

TEST_CASE("the heap stays flat over ten million insert and delete pairs", "[map][collector]") {
  constexpr std::uint64_t kPairs = 10'000'000 / kScale / kScale;
  constexpr unsigned kThreads = 2;
  constexpr int kLive = 1000;
  HashTrieMap<int, int, KeyTraits<int>, TestPolicy> map;
  for (int i = 0; i < kLive; ++i) map.store(-1 - i, i);
  gc::collect();
  const std::uint64_t before = gc::stats().heap_bytes;
  std::vector<std::jthread> threads;
  std::atomic<std::uint64_t> wrong{0};
  for (unsigned id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] {
      const TestThread scope;
      for (std::uint64_t i = 0; i < kPairs / kThreads; ++i) {
        const int key = static_cast<int>(i * kThreads + id);
        if (map.load_or_store(key, key).loaded) ++wrong;
        if (!map.compare_and_delete(key, key)) ++wrong;
      }
    });
  }
  threads.clear();
  const std::uint64_t after = gc::stats().heap_bytes;
  CAPTURE(before, after);
  REQUIRE(wrong == 0);
  REQUIRE(map.count() == kLive);
  REQUIRE(after <= 2 * before);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a map that grows and shrinks again and again leaves nothing behind", "[map][collector]") {
  constexpr int kKeys = 20'000 / kScale;
  HashTrieMap<int, int, KeyTraits<int>, TestPolicy> map;
  const auto breathe = [&] {
    for (int key = 0; key < kKeys; ++key) map.store(key, key);
    for (int key = 0; key < kKeys; ++key) map.erase(key);
  };
  breathe();
  const gc::Stats before = gc::stats();
  const std::uint64_t limit = 2 * std::max<std::uint64_t>(before.heap_bytes, gc::options().initial_heap);
  while (gc::stats().allocated_bytes < before.allocated_bytes + 3 * limit) breathe();
  const std::uint64_t after = gc::stats().heap_bytes;
  CAPTURE(before.heap_bytes, after);
  REQUIRE(after <= limit);
  REQUIRE(map.count() == 0);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("chains of equal hashes leave nothing behind either", "[map][collector]") {
  constexpr int kPairs = 2'000'000 / kScale / kScale;
  TestMap<Wide> map{TestKeys(Hash::kConstant), kSeed};
  const auto residents = make_keys(4, 1000);
  for (const auto& key : residents) map.store(key, 1);
  gc::collect();
  const std::uint64_t before = gc::stats().heap_bytes;
  for (int i = 0; i < kPairs; ++i) {
    const std::string key = std::to_string(i % 100);
    map.store(key, i);
    map.store(residents[0], i);
    map.erase(key);
  }
  const std::uint64_t after = gc::stats().heap_bytes;
  CAPTURE(before, after);
  REQUIRE(after <= 2 * before);
  REQUIRE(map.count() == 4);
}

TEST_CASE("an iterator and a key view keep what they stand on", "[map][collector]") {
  TestMap<int> map{TestKeys(Hash::kConstant), kSeed};
  for (int i = 0; i < 100; ++i) map.store(std::string(100, 'k') + std::to_string(i), i);
  auto at = map.iterate();
  const auto item = at.next();
  REQUIRE(item);
  const std::string key(item->key);
  for (int i = 0; i < 100; ++i) map.erase(std::string(100, 'k') + std::to_string(i));
  for (int i = 0; i < 5; ++i) {
    gc::collect();
    for (int k = 0; k < 2000; ++k) map.store(std::to_string(k), 1);
    map.clear();
  }
  REQUIRE(item->key == key);
  REQUIRE_FALSE(at.next());
}

}  // namespace interlox::trie::test
