// SPDX-License-Identifier: BSD-3-Clause
#include "gc/events.hpp"

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;

namespace {

// Events in the order in which they came; as a listener must, in memory that never moves.
struct Log {
  static void record(void* context, gc::Event event) noexcept {
    auto* const log = static_cast<Log*>(context);
    if (log->count < log->events.size()) log->events[log->count++] = event;
  }
  std::array<gc::Event, 256> events{};
  std::size_t count = 0;
};

constexpr std::array kOrder = {gc::Event::kStart,          gc::Event::kPreStopWorld,
                               gc::Event::kPostStopWorld,  gc::Event::kMarkStart,
                               gc::Event::kMarkEnd,        gc::Event::kPreStartWorld,
                               gc::Event::kPostStartWorld, gc::Event::kReclaimStart,
                               gc::Event::kReclaimEnd,     gc::Event::kEnd};

}  // namespace

TEST_CASE("a collection fires its events in the documented order") {
  Log log;
  gc::add_event_listener(Log::record, &log);
  gc::collect();
  gc::collect();
  CHECK(gc::remove_event_listener(Log::record, &log));
  REQUIRE(log.count == 2 * kOrder.size());
  for (std::size_t i = 0; i < log.count; ++i) CHECK(log.events[i] == kOrder[i % kOrder.size()]);
}

TEST_CASE("a collection that an allocation starts fires the same events") {
  Log log;
  gc::add_event_listener(Log::record, &log);
  for (int i = 0; i < 200 && log.count == 0; ++i) {
    for (int j = 0; j < 1000; ++j) static_cast<void>(gc::allocate(4000));
  }
  CHECK(gc::remove_event_listener(Log::record, &log));
  REQUIRE(log.count >= kOrder.size());
  for (std::size_t i = 0; i < log.count; ++i) CHECK(log.events[i] == kOrder[i % kOrder.size()]);
}

TEST_CASE("listeners are called in the order of addition, until they are removed") {
  struct Ordered {
    static void record(void* context, gc::Event event) noexcept {
      auto* const self = static_cast<Ordered*>(context);
      if (event == gc::Event::kStart) self->seen = ++*self->clock;
    }
    int* clock;
    int seen = 0;
  };
  int clock = 0;
  Ordered first{&clock};
  Ordered second{&clock};
  Ordered third{&clock};
  for (Ordered* one : {&first, &second, &third}) gc::add_event_listener(Ordered::record, one);
  gc::collect();
  CHECK(first.seen == 1);
  CHECK(second.seen == 2);
  CHECK(third.seen == 3);
  CHECK(gc::remove_event_listener(Ordered::record, &second));
  CHECK_FALSE(gc::remove_event_listener(Ordered::record, &second));
  gc::collect();
  CHECK(first.seen == 4);
  CHECK(second.seen == 2);
  CHECK(third.seen == 5);
  CHECK(gc::remove_event_listener(Ordered::record, &first));
  CHECK(gc::remove_event_listener(Ordered::record, &third));
}

TEST_CASE("the number of listeners is limited") {
  std::vector<Log> logs(gc::kMaxEventListeners + 1);
  std::size_t added = 0;
  const auto add_all = [&] {
    for (Log& log : logs) {
      gc::add_event_listener(Log::record, &log);
      ++added;
    }
  };
  CHECK_THROWS_AS(add_all(), std::length_error);
  CHECK(added == gc::kMaxEventListeners);
  gc::collect();
  for (std::size_t i = 0; i < added; ++i) {
    CHECK(logs[i].count == kOrder.size());
    CHECK(gc::remove_event_listener(Log::record, &logs[i]));
  }
}

TEST_CASE("listeners come and go while another thread collects") {
  // Each listener must see no event before it is added or after it is removed.
  struct Guarded {
    static void record(void* context, gc::Event) noexcept {
      auto* const self = static_cast<Guarded*>(context);
      if (!self->added.load(std::memory_order_relaxed)) self->wrong.store(true, std::memory_order_relaxed);
      self->calls.fetch_add(1, std::memory_order_relaxed);
    }
    std::atomic<bool> added{false};
    std::atomic<bool> wrong{false};
    std::atomic<int> calls{0};
  };
  std::atomic<bool> stop{false};
  const std::jthread collector = gc::start_thread([&] {
    while (!stop.load(std::memory_order_relaxed)) gc::collect();
  });
  Guarded guarded;
  bool all_removed = true;
  while (guarded.calls.load(std::memory_order_relaxed) < 300) {
    guarded.added.store(true, std::memory_order_relaxed);
    gc::add_event_listener(Guarded::record, &guarded);
    std::this_thread::yield();
    all_removed = gc::remove_event_listener(Guarded::record, &guarded) && all_removed;
    guarded.added.store(false, std::memory_order_relaxed);
  }
  stop.store(true, std::memory_order_relaxed);
  CHECK(all_removed);
  CHECK_FALSE(guarded.wrong.load());
}

TEST_CASE("events have names") {
  CHECK(std::string(gc::event_name(gc::Event::kStart)) == "start");
  CHECK(std::string(gc::event_name(gc::Event::kMarkEnd)) == "mark_end");
  CHECK(std::string(gc::event_name(gc::Event::kPostStartWorld)) == "post_start_world");
  CHECK(std::string(gc::event_name(gc::Event::kEnd)) == "end");
}
