// SPDX-License-Identifier: BSD-3-Clause
#include "trie/std_policy.hpp"

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using interlox::trie::kNodeAlignment;
using interlox::trie::StdPolicy;

TEST_CASE("the arena gives aligned memory that is nobody else's") {
  StdPolicy arena;
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t bytes = i % 500 == 0 ? 100000 + i : 1 + i * 7 % 300;
    auto* const block = static_cast<unsigned char*>(arena.allocate(bytes, i % 2 == 0));
    REQUIRE(reinterpret_cast<std::uintptr_t>(block) % kNodeAlignment == 0);
    std::memset(block, static_cast<int>(i % 251), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (std::size_t at : {std::size_t{0}, blocks[i].second / 2, blocks[i].second - 1}) {
      if (blocks[i].first[at] != i % 251) FAIL("block " << i << " was overwritten");
    }
  }
}

TEST_CASE("threads may allocate at once") {
  StdPolicy arena;
  constexpr unsigned kThreads = 8;
  std::vector<std::vector<std::uint64_t*>> blocks(kThreads);
  {
    std::vector<std::jthread> threads;
    for (unsigned id = 0; id < kThreads; ++id) {
      threads.emplace_back([&, id] {
        for (std::uint64_t i = 0; i < 4000; ++i) {
          auto* const block =
              static_cast<std::uint64_t*>(arena.allocate(sizeof(std::uint64_t) * (1 + i % 9), false));
          *block = i * kThreads + id;
          blocks[id].push_back(block);
        }
      });
    }
  }
  std::set<std::uint64_t*> distinct;
  for (unsigned id = 0; id < kThreads; ++id) {
    for (std::uint64_t i = 0; i < blocks[id].size(); ++i) {
      if (*blocks[id][i] != i * kThreads + id) FAIL("a block was given twice");
      distinct.insert(blocks[id][i]);
    }
  }
  REQUIRE(distinct.size() == kThreads * 4000);
}

TEST_CASE("an arena can be handed over") {
  StdPolicy first;
  auto* const before = static_cast<int*>(first.allocate(sizeof(int), false));
  *before = 5;
  StdPolicy second(std::move(first));
  auto* const after = static_cast<int*>(second.allocate(sizeof(int), false));
  *after = 6;
  REQUIRE(*before == 5);
  static_cast<void>(second.allocate(1 << 20, false));
}
