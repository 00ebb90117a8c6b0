// SPDX-License-Identifier: BSD-3-Clause
// The duel on the collected heap, with a collector that keeps collecting.
#include <chrono>
#include <stop_token>
#include <thread>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/stress/duel.hpp"
#include "tests/stress/duel_round.hpp"

namespace interlox::trie::duel {

namespace {

/// Collects about half of the time while it lives.
class Collecting {
 public:
  Collecting()
      : thread_([](const std::stop_token& stop) {
          using Clock = std::chrono::steady_clock;
          const gc::ThreadScope scope;
          while (!stop.stop_requested()) {
            const auto start = Clock::now();
            gc::collect();
            std::this_thread::sleep_for(std::chrono::microseconds(200) + (Clock::now() - start));
          }
        }) {}

 private:
  std::jthread thread_;
};

struct CollectedWorld {
  using Policy = gc::TriePolicy;
  using HarshPolicy = gc::TriePolicy;  // the collector finds what is still reachable
  using ThreadScope = gc::ThreadScope;
  using Trouble = Collecting;
};

}  // namespace

void start_collector() { gc::initialize(); }

std::uint64_t collections() { return gc::stats().collections; }

std::string play_on_collected_heap(const Plan& plan) { return play_in<CollectedWorld>(plan); }

}  // namespace interlox::trie::duel
