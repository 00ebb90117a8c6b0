// SPDX-License-Identifier: BSD-3-Clause
#include "gc/trie_policy.hpp"

#include <cstdint>
#include <cstring>
#include <mutex>

#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::run_in_thread;
using Policy = gc::TriePolicy;

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.count_nodes = true;
  return options;
}

namespace {

// Stands for a trie's node: allocated, filled to the last byte, dropped.
void make_and_drop(Policy& policy, std::size_t count, std::size_t bytes, bool may_hold_pointers) {
  for (std::size_t i = 0; i < count; ++i) {
    void* const node = policy.allocate(bytes, may_hold_pointers);
    std::memset(node, 0x11, bytes);
    policy.retired(node, bytes);
  }
}

}  // namespace

TEST_CASE("every dropped node is counted when it is made, retired and reclaimed") {
  const bool may_hold_pointers = GENERATE(true, false);
  const std::size_t bytes = GENERATE(as<std::size_t>{}, 24, 64, 136, 1000, 3000);
  const std::size_t count = (bytes <= 64 ? 100'000 : 10'000) / interlox::test::kSlowdown;
  CAPTURE(may_hold_pointers, bytes, count);
  gc::collect();
  const gc::Stats before = gc::stats();
  run_in_thread([&] {
    Policy policy;
    make_and_drop(policy, count, bytes, may_hold_pointers);
  });
  const gc::Stats made = gc::stats();
  CHECK(made.nodes_allocated == before.nodes_allocated + count);
  CHECK(made.nodes_retired == before.nodes_retired + count);
  gc::clear_stack();
  gc::collect();
  gc::clear_stack();
  gc::collect();
  const gc::Stats after = gc::stats();
  CHECK(after.nodes_allocated == made.nodes_allocated);
  // At most the few that a stale word pins by chance are missing; never is one counted twice.
  CHECK(after.nodes_reclaimed <= after.nodes_allocated);
  CHECK(after.nodes_reclaimed - before.nodes_reclaimed + 5 >= count);
}

TEST_CASE("nodes that are reachable are not counted as reclaimed, and keep their bytes") {
  constexpr std::size_t kNodes = 20'000;
  const std::size_t bytes = GENERATE(as<std::size_t>{}, 40, 64, 600);
  CAPTURE(bytes);
  gc::RootVector<unsigned char*> kept;
  kept.reserve(kNodes / 4);
  gc::collect();
  const gc::Stats before = gc::stats();
  run_in_thread([&] {
    Policy policy;
    for (std::size_t i = 0; i < kNodes; ++i) {
      auto* const node = static_cast<unsigned char*>(policy.allocate(bytes, i % 2 == 0));
      std::memset(node, static_cast<int>(i % 251), bytes);
      if (i % 4 == 0) kept.push_back(node);  // every page keeps some, so the rest is swept cell by cell
    }
  });
  gc::clear_stack();
  gc::collect();
  gc::collect();
  const gc::Stats after = gc::stats();
  const std::uint64_t reclaimed = after.nodes_reclaimed - before.nodes_reclaimed;
  CHECK(after.nodes_allocated == before.nodes_allocated + kNodes);
  CHECK(after.nodes_reclaimed + kept.size() <= after.nodes_allocated);
  CHECK(reclaimed >= (kNodes - kept.size()) * 95 / 100);
  bool intact = true;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (std::size_t j = 0; j < bytes; ++j) intact = intact && kept[i][j] == i * 4 % 251;
  }
  CHECK(intact);
}

TEST_CASE("counted nodes with pointers are scanned, and those without are not") {
  interlox::test::Watcher scanned(1000);
  interlox::test::Watcher hidden(1000);
  gc::RootVector<void**> nodes;
  run_in_thread([&] {
    Policy policy;
    for (int i = 0; i < 1000; ++i) {
      auto** const with = static_cast<void**>(policy.allocate(64, true));
      auto** const without = static_cast<void**>(policy.allocate(64, false));
      std::memset(with, 0, 64);
      with[7] = scanned.watch(gc::allocate(32));
      without[7] = hidden.watch(gc::allocate(32));
      nodes.push_back(with);
      nodes.push_back(without);
    }
  });
  CHECK(hidden.collect_until_dead());
  CHECK(scanned.dead() == 0);
  CHECK(nodes.size() == 2000);
}

TEST_CASE("counted nodes keep the alignment of a cache line") {
  Policy policy;
  bool aligned = true;
  for (int i = 0; i < 1000; ++i) {
    aligned = aligned && reinterpret_cast<std::uintptr_t>(policy.allocate(64, true)) % 64 == 0;
    aligned = aligned && reinterpret_cast<std::uintptr_t>(policy.allocate(24, false)) % 16 == 0;
  }
  CHECK(aligned);
}

TEST_CASE("counts are exact with several threads") {
  constexpr std::size_t kNodes = 20'000;
  gc::collect();
  const gc::Stats before = gc::stats();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(gc::start_thread([] {
        Policy policy;
        make_and_drop(policy, kNodes, 48, true);
      }));
    }
  }
  gc::clear_stack();
  gc::collect();
  gc::collect();
  const gc::Stats after = gc::stats();
  CHECK(after.nodes_allocated - before.nodes_allocated == 4 * kNodes);
  CHECK(after.nodes_retired - before.nodes_retired == 4 * kNodes);
  CHECK(after.nodes_reclaimed <= after.nodes_allocated);
  CHECK(after.nodes_reclaimed - before.nodes_reclaimed + 5 >= 4 * kNodes);
}

TEST_CASE("a node of impossible size throws") {
  Policy policy;
  CHECK_THROWS_AS(policy.allocate(~std::size_t{0}, true), gc::OutOfMemory);
  CHECK_THROWS_AS(policy.allocate(~std::size_t{0} - 7, false), gc::OutOfMemory);
}
