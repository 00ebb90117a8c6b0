// SPDX-License-Identifier: BSD-3-Clause
// An exhausted heap: in a program of its own, for the limit holds for the whole process.
#include <atomic>
#include <cstdint>
#include <sys/mman.h>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::run_in_thread;

namespace {

constexpr std::size_t kMaxHeap = 24u << 20;
constexpr std::size_t kTables = 1u << 20;  // what bdwgc adds to the heap beyond the limit

// Takes what the heap has. The blocks hang on a table outside the heap and not on each other: in a heap this
// full a stale word anywhere pins some block, and with it a whole list.
class Hoard {
 public:
  Hoard()
      : memory_(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                     0)),
        range_(memory_, static_cast<char*>(memory_) + kBytes) {}
  ~Hoard() {
    clear();
    munmap(memory_, kBytes);
  }
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;

  // Keeps blocks of the given size until the heap refuses one; how many it got.
  [[gnu::noinline]] std::size_t fill(std::size_t bytes) {
    std::size_t count = 0;
    try {
      for (;; ++count) add(bytes);
    } catch (const gc::OutOfMemory& error) {
      return error.requested() == bytes ? count : 0;
    }
  }

  // Fills the heap down to the smallest cells.
  void fill_completely() {
    for (const std::size_t bytes : {100'000u, 4000u, 1024u, 512u, 64u, 16u}) fill(bytes);
  }

  void add(std::size_t bytes) {
    void* const block = gc::allocate(bytes);
    void** const slot = static_cast<void**>(range_.top());
    range_.set_top(slot + 1);
    *slot = block;
  }

  void clear() { range_.set_top(memory_); }

 private:
  static constexpr std::size_t kBytes = 2 * kMaxHeap;

  void* memory_;
  gc::ScannedRange range_;
};

// Lets go of all garbage that no stale word pins.
void recover() {
  for (int i = 0; i < 3; ++i) {
    gc::clear_stack();
    gc::collect();
  }
}

}  // namespace

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.initial_heap = kMaxHeap * 2;  // cut to the limit
  options.max_heap = kMaxHeap;
  return options;
}

TEST_CASE("the heap stays within its limit, and all sizes throw when it is full") {
  CHECK(gc::stats().heap_bytes <= kMaxHeap + kTables);
  for (const std::size_t bytes : {16u, 64u, 512u, 1000u, 2000u, 5000u, 1'000'000u}) {
    CAPTURE(bytes);
    Hoard hoard;
    const std::size_t count = hoard.fill(bytes);
    CHECK(count * bytes > kMaxHeap / 2);
    CHECK(count * bytes <= kMaxHeap + kTables);
    CHECK(gc::stats().heap_bytes <= kMaxHeap + kTables);
  }
}

TEST_CASE("garbage is collected before an allocation is refused") {
  Hoard hoard;
  for (int i = 0; i < 150; ++i) hoard.add(100'000);
  bool refused = false;
  try {
    for (std::size_t i = 0; i < 3000; ++i) static_cast<void>(gc::allocate(50'000 + i * 8));
  } catch (const gc::OutOfMemory&) {
    refused = true;
  }
  CHECK_FALSE(refused);
}

TEST_CASE("every kind of allocation reports an exhausted heap") {
  Hoard hoard;
  hoard.fill_completely();
  gc::TriePolicy policy;
  CHECK_THROWS_AS(gc::allocate(100'000), gc::OutOfMemory);
  CHECK_THROWS_AS(gc::allocate_pointer_free(100'000), gc::OutOfMemory);
  CHECK_THROWS_AS(gc::allocate_uncollectable(100'000), gc::OutOfMemory);
  CHECK_THROWS_AS(policy.allocate(100'000, true), gc::OutOfMemory);
  CHECK(gc::reallocate_uncollectable(nullptr, 100'000) == nullptr);
  CHECK_THROWS_AS(gc::allocate(kMaxHeap + 1), gc::OutOfMemory);
  hoard.clear();
  recover();
  CHECK(gc::allocate(100'000) != nullptr);
}

TEST_CASE("two threads run out of memory and recover, again and again") {
  constexpr int kRounds = 5;
  std::atomic<int> caught{0};
  std::atomic<int> recovered{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.push_back(gc::start_thread([&] {
        for (int round = 0; round < kRounds; ++round) {
          Hoard hoard;
          // (The other may have taken all there is.)
          static_cast<void>(hoard.fill(1000));
          caught.fetch_add(1, std::memory_order_relaxed);
          hoard.clear();
          recover();
          recovered.fetch_add(1, std::memory_order_relaxed);
        }
      }));
    }
  }
  CHECK(recovered.load() == 2 * kRounds);
  CHECK(caught.load() == 2 * kRounds);
  recover();
  CHECK(gc::allocate(1u << 20) != nullptr);
}

TEST_CASE("a thread is registered though the heap is exhausted") {
  Hoard hoard;
  hoard.fill_completely();
  std::atomic<int> ran{0};
  for (int i = 0; i < 200; ++i) {
    std::thread([&] {
      const gc::ThreadScope scope;
      ran.fetch_add(1, std::memory_order_relaxed);
    }).join();
  }
  CHECK(ran.load() == 200);
}

TEST_CASE("many threads at once on an exhausted heap: each is registered or refused, none is fatal") {
  constexpr int kThreads = 120;
  std::atomic<bool> full{false};
  std::atomic<bool> stop{false};
  std::atomic<int> registered{0};
  std::atomic<int> refused{0};
  Hoard hoard;
  {
    // This one snatches what it can, in all sizes, as long as the others start.
    const std::jthread thief = gc::start_thread([&] {
      full.wait(false);
      for (std::size_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
        try {
          static_cast<void>(gc::allocate(i * 16 % 2100));
        } catch (const gc::OutOfMemory&) {
          if (i % 64 == 0) gc::collect();
        }
      }
    });
    hoard.fill_completely();
    full.store(true);
    full.notify_all();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        try {
          const gc::ThreadScope scope;
          registered.fetch_add(1, std::memory_order_relaxed);
          while (!stop.load(std::memory_order_relaxed)) std::this_thread::yield();
        } catch (const gc::OutOfMemory&) {
          refused.fetch_add(1, std::memory_order_relaxed);
        }
      });
    }
    while (registered.load() + refused.load() < kThreads) std::this_thread::yield();
    stop.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(registered.load() >= 16);
  hoard.clear();
  recover();
  run_in_thread([&] { registered.fetch_add(1, std::memory_order_relaxed); });
  CHECK(registered.load() + refused.load() == kThreads + 1);
}

TEST_CASE("threads come and go on an exhausted heap while others snatch every block of a record's size") {
  constexpr int kThreads = 150;
  std::atomic<bool> stop{false};
  std::atomic<int> refusals{0};
  std::atomic<int> registered{0};
  {
    std::vector<std::jthread> thieves;
    for (int i = 0; i < 2; ++i) {
      thieves.push_back(gc::start_thread([&] {
        Hoard hoard;
        while (!stop.load(std::memory_order_relaxed)) {
          hoard.fill(980);  // bdwgc's record of a thread takes about as much
          refusals.fetch_add(1, std::memory_order_relaxed);
        }
      }));
    }
    while (refusals.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
    for (int i = 0; i < kThreads; ++i) {
      std::thread([&] {
        const gc::ThreadScope scope;
        registered.fetch_add(1, std::memory_order_relaxed);
      }).join();
    }
    stop.store(true, std::memory_order_relaxed);
  }
  CHECK(registered.load() == kThreads);
  recover();
}

TEST_CASE("start_thread reports a refusal to its caller") {
  Hoard hoard;
  hoard.fill_completely();
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  threads.reserve(2000);
  bool refused = false;
  try {
    while (threads.size() < 2000) {
      threads.push_back(gc::start_thread([&] { stop.wait(false); }));
    }
  } catch (const gc::OutOfMemory&) {
    refused = true;
  }
  CHECK(refused);
  stop.store(true);
  stop.notify_all();
  threads.clear();
  hoard.clear();
  recover();
  std::atomic<bool> ran{false};
  run_in_thread([&] { ran.store(true); });
  CHECK(ran.load());
}
