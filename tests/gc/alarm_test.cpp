// SPDX-License-Identifier: BSD-3-Clause
#include "gc/alarm.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"

namespace gc = interlox::gc;

namespace {

/// A thread that counts how often it was woken.
struct Sleeper {
  Sleeper() {
    thread = gc::start_thread([this](const std::stop_token& token) {
      for (;;) {
        alarm.wait();
        if (token.stop_requested()) return;
        woken.fetch_add(1);
      }
    });
  }
  ~Sleeper() {
    thread.request_stop();
    alarm.ring();
    thread.join();
  }
  [[nodiscard]] bool wakes_within_a_while(int times) const {
    const auto begin = std::chrono::steady_clock::now();
    while (woken.load() < times) {
      if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(20)) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  std::atomic<bool> due{false};
  std::atomic<int> asked{0};
  std::atomic<int> woken{0};
  gc::Alarm alarm{[](void* context) noexcept {
                    auto& self = *static_cast<Sleeper*>(context);
                    self.asked.fetch_add(1);
                    return self.due.load();
                  },
                  this};
  std::jthread thread;
};

}  // namespace

TEST_CASE("an alarm wakes its thread after a collection that left something to do, and after no other") {
  Sleeper sleeper;
  gc::collect();
  gc::collect();
  CHECK(sleeper.asked.load() >= 2);
  CHECK(sleeper.woken.load() == 0);
  sleeper.due.store(true);
  gc::collect();
  CHECK(sleeper.wakes_within_a_while(1));
  gc::collect();
  CHECK(sleeper.wakes_within_a_while(2));
}

TEST_CASE("an alarm that nobody waits for rings once, however often it was rung") {
  Sleeper sleeper;
  sleeper.alarm.ring();
  CHECK(sleeper.wakes_within_a_while(1));
  gc::Alarm alone([](void*) noexcept { return true; }, nullptr);
  for (int i = 0; i < 5; ++i) alone.ring();
  alone.wait();  // returns
  alone.ring();
  alone.wait();
}

// The thread that sleeps is not stopped, but what it has on its stack is seen.
TEST_CASE("a thread that waits for an alarm keeps what its stack refers to") {
  struct Thing {
    std::uint64_t number;
  };
  gc::Alarm alarm([](void*) noexcept { return false; }, nullptr);
  std::atomic<bool> ready{false};
  std::atomic<bool> right{false};
  {
    const std::jthread thread = gc::start_thread([&] {
      Thing* volatile things[100];
      for (std::uint64_t i = 0; i < 100; ++i) things[i] = ::new (gc::allocate(sizeof(Thing))) Thing{i};
      ready.store(true);
      alarm.wait();
      bool all = true;
      for (std::uint64_t i = 0; i < 100; ++i) all = all && things[i]->number == i;
      right.store(all);
    });
    while (!ready.load()) std::this_thread::yield();
    for (int i = 0; i < 5; ++i) {
      gc::collect();
      for (int j = 0; j < 1000; ++j) ::new (gc::allocate(sizeof(Thing))) Thing{~std::uint64_t{0}};
    }
    alarm.ring();
  }
  CHECK(right.load());
}
