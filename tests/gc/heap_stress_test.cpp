// SPDX-License-Identifier: BSD-3-Clause
// HeapOptions::stress: a collection at every Nth allocation of any kind.
#include <cstdint>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/trie_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;

namespace {
constexpr std::uint64_t kEvery = 7;
}

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.stress = kEvery;
  options.initial_heap = 8u << 20;
  return options;
}

TEST_CASE("the heap starts with the size that was asked for") {
  CHECK(gc::stats().heap_bytes >= gc::options().initial_heap);
  CHECK(gc::stats().heap_bytes < 2 * gc::options().initial_heap);
}

TEST_CASE("every Nth allocation collects, whatever its kind and size") {
  const auto collections_of = [](auto&& one) {
    const std::uint64_t before = gc::stats().collections;
    for (std::uint64_t i = 0; i < 20 * kEvery; ++i) one(i);
    return gc::stats().collections - before;
  };
  CHECK(collections_of([](std::uint64_t) { static_cast<void>(gc::allocate(24)); }) == 20);
  CHECK(collections_of([](std::uint64_t i) { static_cast<void>(gc::allocate(i * 31)); }) == 20);
  CHECK(collections_of([](std::uint64_t) { static_cast<void>(gc::allocate_pointer_free(24)); }) == 20);
  CHECK(collections_of([](std::uint64_t) { gc::free_uncollectable(gc::allocate_uncollectable(24)); }) == 20);
  gc::TriePolicy policy;
  CHECK(collections_of([&](std::uint64_t i) { static_cast<void>(policy.allocate(48, i % 2 == 0)); }) == 20);
}

TEST_CASE("what is reachable survives a collection at every few allocations") {
  struct Node {
    Node* next;
    std::uint64_t number;
  };
  Node* list = nullptr;
  for (std::uint64_t i = 0; i < 2000; ++i) list = new (gc::allocate(sizeof(Node))) Node{list, i};
  std::uint64_t expected = 2000;
  bool intact = true;
  for (const Node* node = list; node != nullptr; node = node->next)
    intact = intact && node->number == --expected;
  CHECK(intact);
  CHECK(expected == 0);
}

TEST_CASE("threads count together") {
  const std::uint64_t before = gc::stats().collections;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.push_back(gc::start_thread([] {
        for (std::uint64_t j = 0; j < 20 * kEvery; ++j) static_cast<void>(gc::allocate(40));
      }));
    }
  }
  // Each start allocates the thread's body too, so there may be a collection more.
  const std::uint64_t collections = gc::stats().collections - before;
  CHECK(collections >= 60);
  CHECK(collections <= 61);
}
