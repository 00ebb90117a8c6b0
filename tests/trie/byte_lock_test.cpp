// SPDX-License-Identifier: BSD-3-Clause
#include "trie/byte_lock.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using interlox::trie::ByteLock;

static_assert(sizeof(ByteLock) == 1);

TEST_CASE("a ByteLock is held by one") {
  ByteLock lock;
  REQUIRE(lock.try_lock());
  REQUIRE_FALSE(lock.try_lock());
  lock.assert_held();
  lock.unlock();
  REQUIRE(lock.try_lock());
  lock.unlock();
}

TEST_CASE("a ByteLock keeps threads apart and wakes those that wait") {
  const unsigned threads = GENERATE(2U, 8U);
  const unsigned each = 40000 / threads;
  ByteLock lock;
  std::size_t counter = 0;  // not atomic: the lock must order it
  {
    std::vector<std::jthread> workers;
    for (unsigned id = 0; id < threads; ++id) {
      workers.emplace_back([&] {
        for (unsigned i = 0; i < each; ++i) {
          const std::lock_guard guard(lock);
          ++counter;
        }
      });
    }
  }
  REQUIRE(counter == std::size_t{threads} * each);
}

TEST_CASE("a thread that found the lock held sleeps until it is let go") {
  ByteLock lock;
  std::atomic<int> through{0};
  lock.lock();
  std::vector<std::jthread> waiters;
  for (int i = 0; i < 3; ++i) {
    waiters.emplace_back([&] {
      const std::lock_guard guard(lock);
      ++through;
    });
  }
  // Long enough that they have most likely parked; the outcome does not depend on it.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(through == 0);
  lock.unlock();
  waiters.clear();
  REQUIRE(through == 3);
}
