// SPDX-License-Identifier: BSD-3-Clause
#include "gc/stats.hpp"

#include <cstdint>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;

TEST_CASE("each collection is counted and its pause measured") {
  const gc::Stats before = gc::stats();
  gc::collect();
  const gc::Stats after = gc::stats();
  CHECK(after.collections == before.collections + 1);
  CHECK(after.pause_ns_last > 0);
  CHECK(after.pause_ns_max >= after.pause_ns_last);
  CHECK(after.pause_ns_total == before.pause_ns_total + after.pause_ns_last);
}

TEST_CASE("used and allocated bytes follow what is allocated") {
  const gc::Stats before = gc::stats();
  void* const block = gc::allocate_uncollectable(4u << 20);
  const gc::Stats with = gc::stats();
  CHECK(with.used_bytes >= before.used_bytes + (4u << 20));
  CHECK(with.allocated_bytes >= before.allocated_bytes + (4u << 20));
  CHECK(with.heap_bytes >= with.used_bytes);
  gc::free_uncollectable(block);
  const gc::Stats without = gc::stats();
  CHECK(without.used_bytes + (4u << 20) <= with.used_bytes);
  CHECK(without.allocated_bytes >= with.allocated_bytes);
}

TEST_CASE("counts only grow, also as another thread sees them") {
  std::atomic<bool> stop{false};
  std::atomic<bool> monotone{true};
  std::atomic<std::uint64_t> looks{0};
  {
    const std::jthread observer = gc::start_thread([&] {
      gc::Stats last = gc::stats();
      while (!stop.load(std::memory_order_relaxed)) {
        const gc::Stats now = gc::stats();
        const bool fine =
            now.collections >= last.collections && now.allocated_bytes >= last.allocated_bytes &&
            now.pause_ns_max >= last.pause_ns_max && now.pause_ns_total >= last.pause_ns_total &&
            now.pause_ns_max >= now.pause_ns_last && now.heap_bytes >= now.used_bytes;
        if (!fine) monotone.store(false, std::memory_order_relaxed);
        last = now;
        looks.fetch_add(1, std::memory_order_relaxed);
      }
    });
    for (int i = 0; i < 20; ++i) {
      for (std::size_t j = 0; j < 20'000; ++j) static_cast<void>(gc::allocate(j % 700));
      gc::collect();
    }
    stop.store(true, std::memory_order_relaxed);
  }
  CHECK(monotone.load());
  CHECK(looks.load() > 0);
}

TEST_CASE("nodes are not counted unless asked for") {
  CHECK_FALSE(gc::options().count_nodes);
  CHECK(gc::stats().nodes_allocated == 0);
  CHECK(gc::stats().nodes_retired == 0);
  CHECK(gc::stats().nodes_reclaimed == 0);
}
