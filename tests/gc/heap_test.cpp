// SPDX-License-Identifier: BSD-3-Clause
#include "gc/heap.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::run_in_thread;
using interlox::test::Watcher;

namespace {

struct Node {
  Node* next;
  std::uint64_t number;
  std::uint64_t check;
};

Node* make_node(Node* next, std::uint64_t number) {
  return new (gc::allocate(sizeof(Node))) Node{next, number, ~number};
}

bool all_zero(const void* block, std::size_t bytes) {
  const auto* const first = static_cast<const unsigned char*>(block);
  return std::all_of(first, first + bytes, [](unsigned char byte) { return byte == 0; });
}

// Leaves nonzero bytes in cells that will be swept and handed out again.
void dirty_the_heap(std::size_t bytes, int count) {
  for (int i = 0; i < count; ++i) std::memset(gc::allocate(bytes), 0x5A, bytes);
}

}  // namespace

TEST_CASE("initialize is done once and keeps the first options") {
  REQUIRE(gc::is_initialized());
  gc::HeapOptions other;
  other.max_heap = 1;
  other.stress = 1;
  gc::initialize(other);
  CHECK(gc::options().max_heap == 0);
  CHECK(gc::options().stress == 0);
  CHECK(gc::options().initial_heap == (32u << 20));
}

TEST_CASE("blocks of every size are zeroed, aligned, apart, and zeroed again when reused") {
  for (const std::size_t bytes : {0u,   1u,   8u,   15u,   16u,   17u,   48u,   64u,   511u,  512u,
                                  513u, 577u, 820u, 1000u, 1024u, 1300u, 2048u, 2049u, 5000u, 100'000u}) {
    CAPTURE(bytes);
    run_in_thread([&] { dirty_the_heap(bytes, 300); });
    gc::collect();
    bool zeroed = true;
    bool aligned = true;
    std::vector<std::uintptr_t> addresses;
    for (int i = 0; i < 300; ++i) {
      void* const block = gc::allocate(bytes);
      zeroed = zeroed && all_zero(block, std::max<std::size_t>(bytes, 1));
      const auto address = reinterpret_cast<std::uintptr_t>(block);
      aligned = aligned && address % 16 == 0 && (bytes != 64 || address % 64 == 0);
      if (i < 50) addresses.push_back(address);
    }
    CHECK(zeroed);
    CHECK(aligned);
    std::sort(addresses.begin(), addresses.end());
    CHECK(std::adjacent_find(addresses.begin(), addresses.end()) == addresses.end());
  }
}

TEST_CASE("live cells of the fast path do not overlap and survive collections") {
  constexpr std::uint64_t kNodes = 200'000 / interlox::test::kSlowdown;
  gc::Root<Node> list;
  for (std::uint64_t i = 0; i < kNodes; ++i) {
    list.set(make_node(list.get(), i));
    static_cast<void>(gc::allocate(i % 2100));
    if (i % (kNodes / 8) == 0) gc::collect();
  }
  gc::collect();
  std::uint64_t expected = kNodes;
  bool intact = true;
  for (const Node* node = list.get(); node != nullptr; node = node->next) {
    --expected;
    intact = intact && node->number == expected && node->check == ~expected;
  }
  CHECK(intact);
  CHECK(expected == 0);
}

TEST_CASE("cells that wait on a thread's lists are not handed out twice after a collection") {
  // Each thread leaves partly used lists standing while the heap is collected and refilled.
  std::vector<std::vector<Node*, gc::RootAllocator<Node*>>> kept(40);
  for (std::size_t round = 0; round < kept.size(); ++round) {
    for (std::uint64_t i = 0; i < 37; ++i) kept[round].push_back(make_node(nullptr, round * 1000 + i));
    gc::collect();
    run_in_thread([] { dirty_the_heap(sizeof(Node), 1000); });
  }
  bool intact = true;
  for (std::size_t round = 0; round < kept.size(); ++round) {
    for (std::uint64_t i = 0; i < 37; ++i) {
      const Node* const node = kept[round][i];
      intact =
          intact && node->number == round * 1000 + i && node->check == ~node->number && node->next == nullptr;
    }
  }
  CHECK(intact);
}

TEST_CASE("dropped blocks are reclaimed") {
  for (const std::size_t bytes : {16u, 64u, 500u, 1024u, 3000u}) {
    CAPTURE(bytes);
    Watcher watcher(2000);
    run_in_thread([&] {
      for (int i = 0; i < 2000; ++i) static_cast<void>(watcher.watch(gc::allocate(bytes)));
    });
    CHECK(watcher.collect_until_dead());
  }
}

TEST_CASE("a chain hangs on its first block and goes as a whole") {
  Watcher watcher(5000);
  gc::Root<Node> list;
  run_in_thread([&] {
    for (std::uint64_t i = 0; i < 5000; ++i) list.set(watcher.watch(make_node(list.get(), i)));
  });
  gc::collect();
  gc::collect();
  CHECK(watcher.dead() == 0);
  list.set(nullptr);
  CHECK(watcher.collect_until_dead());
}

TEST_CASE("pointer-free blocks survive but keep nothing alive") {
  Watcher targets(2000);
  gc::RootVector<void**> holders;
  holders.reserve(2000);
  run_in_thread([&] {
    for (int i = 0; i < 2000; ++i) {
      auto** const holder = static_cast<void**>(gc::allocate_pointer_free(sizeof(void*)));
      *holder = targets.watch(gc::allocate(32));
      holders.push_back(holder);
    }
  });
  CHECK(targets.collect_until_dead());
  CHECK(std::all_of(holders.begin(), holders.end(), [](void** holder) { return *holder != nullptr; }));
}

TEST_CASE("pointer-free blocks are not handed out twice") {
  gc::RootVector<std::uint64_t*> blocks;
  constexpr std::size_t kBlocks = 5000;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    blocks.push_back(static_cast<std::uint64_t*>(gc::allocate_pointer_free(64)));
    blocks.back()[0] = i;
    blocks.back()[7] = ~i;
    if (i % 500 == 0) gc::collect();
  }
  bool intact = true;
  for (std::size_t i = 0; i < kBlocks; ++i) intact = intact && blocks[i][0] == i && blocks[i][7] == ~i;
  CHECK(intact);
}

TEST_CASE("pointer-free blocks of many threads are apart, whatever collections come between") {
  // Each block says whose it is and which. A cell that is handed out twice shows as a block that says another
  // thing than it was told.
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kKept = 64;
  std::atomic<int> wrong{0};
  std::atomic<bool> stop{false};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.push_back(gc::start_thread([&, t] {
        auto** const kept = static_cast<std::uint64_t**>(gc::allocate(kKept * sizeof(void*) + 1));
        std::uint64_t random = t + 1;
        for (std::uint64_t i = 0; i < 400'000 && !stop; ++i) {
          random = random * 6364136223846793005u + 1442695040888963407u;
          const std::size_t words = 2 + (random >> 33) % 40;
          const std::uint64_t name = i << 8 | t;
          auto* const block = static_cast<std::uint64_t*>(gc::allocate_pointer_free(words * 8));
          block[0] = words;
          for (std::size_t w = 1; w < words; ++w) block[w] = name;
          std::uint64_t*& place = kept[(random >> 20) % kKept];
          if (place != nullptr) {
            for (std::size_t w = 2; w < place[0]; ++w) wrong += place[w] != place[1];
            wrong += (place[1] & 0xff) != t;
          }
          place = block;
        }
      }));
    }
    for (int i = 0; i < 200; ++i) gc::collect();
    stop = true;
  }
  CHECK(wrong == 0);
}

TEST_CASE("only base pointers with at most the registered tags keep a block") {
  // Every address below is made from a hidden one, so that the cell's word is the only reference.
  Watcher tagged(1000);
  Watcher interior(1000);
  gc::RootVector<std::uintptr_t> cells(2000);
  run_in_thread([&] {
    for (std::size_t i = 0; i < 1000; ++i) {
      cells[i] = reinterpret_cast<std::uintptr_t>(tagged.watch(gc::allocate(64))) + i % 6;
      cells[1000 + i] = reinterpret_cast<std::uintptr_t>(interior.watch(gc::allocate(64))) + 8 + i % 48;
    }
  });
  CHECK(interior.collect_until_dead());
  CHECK(tagged.dead() == 0);
  CHECK(cells.size() == 2000);
}

TEST_CASE("uncollectable blocks are scanned, zeroed, and live until they are freed") {
  constexpr std::size_t kWords = 2000;
  Watcher watcher(kWords);
  void** block = nullptr;
  run_in_thread([&] {
    block = static_cast<void**>(gc::allocate_uncollectable(kWords * sizeof(void*)));
    const bool zeroed = all_zero(block, kWords * sizeof(void*));
    for (std::size_t i = 0; zeroed && i < kWords; ++i) block[i] = watcher.watch(gc::allocate(24));
  });
  // The only pointer to the block is disguised, so that it does not live by a root of the test.
  const std::uintptr_t hidden = ~reinterpret_cast<std::uintptr_t>(std::exchange(block, nullptr));
  CHECK(watcher.watched() == kWords);
  gc::clear_stack();
  gc::collect();
  gc::collect();
  CHECK(watcher.dead() == 0);
  gc::free_uncollectable(reinterpret_cast<void*>(~hidden));
  CHECK(watcher.collect_until_dead());
  gc::free_uncollectable(nullptr);
}

TEST_CASE("reallocate_uncollectable keeps the old bytes and zeroes the new") {
  auto* block = static_cast<unsigned char*>(gc::reallocate_uncollectable(nullptr, 10));
  REQUIRE(block != nullptr);
  CHECK(all_zero(block, 10));
  std::size_t old_bytes = 10;
  std::memset(block, 0xAB, old_bytes);
  for (const std::size_t bytes : {12u, 100u, 90u, 30u, 5000u, 70'000u, 3u, 3000u, 0u, 16u}) {
    CAPTURE(bytes);
    block = static_cast<unsigned char*>(gc::reallocate_uncollectable(block, bytes));
    REQUIRE(block != nullptr);
    const std::size_t kept = std::min(std::max<std::size_t>(bytes, 1), old_bytes);
    CHECK(std::all_of(block, block + kept, [](unsigned char byte) { return byte == 0xAB; }));
    CHECK(all_zero(block + kept, bytes > kept ? bytes - kept : 0));
    std::memset(block, 0xAB, bytes);
    old_bytes = std::max<std::size_t>(bytes, 1);
  }
  CHECK(gc::reallocate_uncollectable(block, std::numeric_limits<std::size_t>::max() - 100) == nullptr);
  CHECK(block[0] == 0xAB);
  gc::free_uncollectable(block);
}

TEST_CASE("is_heap_pointer tells the collected heap from other memory") {
  const int local = 0;
  static const int global = 0;
  const auto malloced = std::make_unique<int>(0);
  CHECK(gc::is_heap_pointer(gc::allocate(16)));
  CHECK(gc::is_heap_pointer(gc::allocate_pointer_free(5000)));
  void* const block = gc::allocate_uncollectable(100);
  CHECK(gc::is_heap_pointer(block));
  CHECK(gc::is_heap_pointer(static_cast<char*>(block) + 99));
  gc::free_uncollectable(block);
  CHECK_FALSE(gc::is_heap_pointer(&local));
  CHECK_FALSE(gc::is_heap_pointer(&global));
  CHECK_FALSE(gc::is_heap_pointer(malloced.get()));
  CHECK_FALSE(gc::is_heap_pointer(nullptr));
}

TEST_CASE("impossible sizes throw and harm nothing") {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  for (const std::size_t bytes : {kMost, kMost - 7, kMost - 15, kMost - 16, kMost - 4096, kMost / 2,
                                  kMost / 2 + 1, std::size_t{1} << 50, std::size_t{1} << 47}) {
    CAPTURE(bytes);
    CHECK_THROWS_AS(gc::allocate(bytes), gc::OutOfMemory);
    CHECK_THROWS_AS(gc::allocate_pointer_free(bytes), gc::OutOfMemory);
    CHECK_THROWS_AS(gc::allocate_uncollectable(bytes), std::bad_alloc);
    CHECK(gc::reallocate_uncollectable(nullptr, bytes) == nullptr);
  }
  try {
    static_cast<void>(gc::allocate(kMost));
    FAIL("no exception");
  } catch (const gc::OutOfMemory& error) {
    CHECK(error.requested() == kMost);
    CHECK(std::string(error.what()) == "out of memory");
  }
  CHECK(gc::allocate(64) != nullptr);
}

TEST_CASE("a forked child can allocate, collect, and start threads") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    gc::Root<Node> list;
    for (std::uint64_t i = 0; i < 10'000; ++i) list.set(make_node(list.get(), i));
    gc::collect();
    run_in_thread([] { dirty_the_heap(64, 10'000); });
    _exit(list->number == 9'999 ? 7 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}
