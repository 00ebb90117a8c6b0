// SPDX-License-Identifier: BSD-3-Clause
#include "gc/spin_mutex.hpp"

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using interlox::gc::detail::SpinMutex;

TEST_CASE("one thread at a time holds a SpinMutex") {
  constexpr int kThreads = 4;
  constexpr int kTimes = 50'000;
  SpinMutex mutex;
  long count = 0;  // no atomic: the mutex orders it
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kTimes; ++j) {
          const std::lock_guard hold(mutex);
          ++count;
        }
      });
    }
  }
  CHECK(count == long{kThreads} * kTimes);
}

TEST_CASE("a SpinMutex that is held for long is waited for, and refuses try_lock") {
  SpinMutex mutex;
  bool done = false;
  bool refused = false;
  bool seen = false;
  mutex.lock();
  std::jthread([&] { refused = !mutex.try_lock(); }).join();
  {
    const std::jthread other([&] {
      const std::lock_guard hold(mutex);
      seen = done;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // long enough to spin in vain, and park
    done = true;
    mutex.unlock();
  }
  CHECK(refused);
  CHECK(seen);
  CHECK(mutex.try_lock());
  mutex.unlock();
}
