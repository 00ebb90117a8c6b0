// SPDX-License-Identifier: BSD-3-Clause
#include "gc/thread.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "gc/root.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::run_in_thread;
using interlox::test::Watcher;

namespace {

struct Node {
  Node* next;
  std::uint64_t number;
};

Node* make_list(std::uint64_t count) {
  Node* list = nullptr;
  for (std::uint64_t i = 0; i < count; ++i) list = new (gc::allocate(sizeof(Node))) Node{list, i};
  return list;
}

bool is_list(const Node* list, std::uint64_t count) {
  for (; list != nullptr; list = list->next) {
    if (list->number != --count) return false;
  }
  return count == 0;
}

}  // namespace

TEST_CASE("the main thread is registered, others by a scope, and scopes nest") {
  CHECK(gc::this_thread_is_registered());
  {
    const gc::ThreadScope harmless;
    CHECK(gc::this_thread_is_registered());
  }
  CHECK(gc::this_thread_is_registered());
  std::vector<bool> seen;
  std::thread([&seen] {
    seen.push_back(gc::this_thread_is_registered());
    {
      const gc::ThreadScope outer;
      seen.push_back(gc::this_thread_is_registered());
      {
        const gc::ThreadScope inner;
        seen.push_back(gc::this_thread_is_registered());
      }
      seen.push_back(gc::this_thread_is_registered());
      static_cast<void>(make_list(100));
    }
    seen.push_back(gc::this_thread_is_registered());
    const gc::ThreadScope again;
    static_cast<void>(make_list(100));
    seen.push_back(gc::this_thread_is_registered());
  }).join();
  CHECK(seen == std::vector<bool>{false, true, true, true, false, true});
}

TEST_CASE("a registered thread's stack keeps what it holds") {
  std::atomic<int> stage{0};
  std::atomic<bool> intact{false};
  const std::jthread holder = gc::start_thread([&] {
    const Node* const list = make_list(10'000);
    stage.store(1);
    stage.notify_all();
    stage.wait(1);
    intact.store(is_list(list, 10'000));
    stage.store(3);
    stage.notify_all();
  });
  stage.wait(0);
  gc::collect();
  run_in_thread([] { static_cast<void>(make_list(200'000)); });
  gc::collect();
  stage.store(2);
  stage.notify_all();
  stage.wait(2);
  CHECK(intact.load());
}

TEST_CASE("threads come and go by the thousand while others collect and allocate") {
  constexpr int kRounds = 1200 / interlox::test::kSlowdown;
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> ran{0};
  {
    const std::jthread collector = gc::start_thread([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        gc::collect();
        std::this_thread::sleep_for(
            std::chrono::microseconds(100));  // else it has the heap's lock all the time
      }
    });
    const std::jthread allocator = gc::start_thread([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        if (!is_list(make_list(2'000), 2'000)) wrong.fetch_add(1, std::memory_order_relaxed);
      }
    });
    for (int round = 0; round < kRounds; ++round) {
      const auto body = [&] {
        if (!is_list(make_list(200), 200)) wrong.fetch_add(1, std::memory_order_relaxed);
        ran.fetch_add(1, std::memory_order_relaxed);
      };
      const std::jthread started = gc::start_thread(body);
      std::thread([&] {
        const gc::ThreadScope scope;
        body();
      }).join();
    }
    stop.store(true, std::memory_order_relaxed);
  }
  CHECK(wrong.load() == 0);
  CHECK(ran.load() == 2 * kRounds);
}

TEST_CASE("a thread's arguments and captures live until it ends") {
  constexpr int kThreads = 50;
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  {
    const std::jthread collector = gc::start_thread([&] {
      while (!stop.load(std::memory_order_relaxed)) gc::collect();
    });
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      // The lists are referenced by the lambda and the argument alone, which start_thread has copied.
      threads.push_back(gc::start_thread(
          [captured = make_list(500), &wrong](Node* const& argument, std::unique_ptr<int> owned) {
            for (int round = 0; round < 20; ++round) {
              static_cast<void>(make_list(1000));
              if (!is_list(captured, 500) || !is_list(argument, 300) || *owned != 5) {
                wrong.fetch_add(1, std::memory_order_relaxed);
              }
            }
          },
          make_list(300), std::make_unique<int>(5)));
    }
    threads.clear();
    stop.store(true, std::memory_order_relaxed);
  }
  CHECK(wrong.load() == 0);
}

TEST_CASE("start_thread passes a stop token to a function that takes one") {
  std::atomic<bool> stopped{false};
  std::jthread thread = gc::start_thread(
      [&stopped](const std::stop_token& token, int number) {
        while (!token.stop_requested()) std::this_thread::yield();
        stopped.store(number == 3);
      },
      3);
  thread.request_stop();
  thread.join();
  CHECK(stopped.load());
}

TEST_CASE("what a thread leaves behind is reclaimed, its private lists too") {
  Watcher watcher(2000);
  for (int i = 0; i < 20; ++i) {
    run_in_thread([&] {
      for (int j = 0; j < 100; ++j) static_cast<void>(watcher.watch(gc::allocate(48)));
    });
  }
  CHECK(watcher.collect_until_dead());
}
