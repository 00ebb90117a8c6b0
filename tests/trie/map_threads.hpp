// SPDX-License-Identifier: BSD-3-Clause
// Threads for the tests of maps, made known to whatever the policy needs. The program that includes this has
// defined TestThread and TestTrouble in interlox::trie::test before.
#pragma once

#include <thread>
#include <vector>

#include "tests/trie/map_kit.hpp"

namespace interlox::trie::test {

/// Runs body(0) ... body(count - 1), each on a thread of its own, from one moment on; returns when all are
/// done. Meanwhile the policy's world does its worst (TestTrouble: the collector collects).
template <class Body>
void run_threads(unsigned count, const Body& body) {
  const TestTrouble trouble;
  Rendezvous start(count);
  std::vector<std::jthread> threads;
  for (unsigned id = 0; id < count; ++id) {
    threads.emplace_back([&, id] {
      const TestThread scope;
      start.wait();
      body(id);
    });
  }
}

}  // namespace interlox::trie::test
