// SPDX-License-Identifier: BSD-3-Clause
#include "trie/books.hpp"

#include <atomic>
#include <cstddef>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "trie/hash_trie_map.hpp"
#include "trie/std_policy.hpp"

using namespace interlox::trie;
using detail::Books;

static_assert(sizeof(Books<StdPolicy>) == 64, "the books of a small map are one cache line");

namespace {

constexpr unsigned kThreads = 8;

// A policy whose memory can run out.
struct ScarcePolicy : StdPolicy {
  std::atomic<bool> empty{false};
  std::atomic<int> asked{0};
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    ++asked;
    if (empty) throw std::bad_alloc();
    return StdPolicy::allocate(bytes, may_hold_pointers);
  }
};

// Runs body(0) ... body(kThreads - 1), each on a thread of its own, from one moment on.
template <class Body>
void run_threads(const Body& body) {
  std::atomic<unsigned> missing{kThreads};
  std::vector<std::jthread> threads;
  for (unsigned id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] {
      --missing;
      while (missing != 0) std::this_thread::yield();
      body(id);
    });
  }
}

}  // namespace

TEST_CASE("new books count nothing") {
  const Books<StdPolicy> books{};
  REQUIRE(books.entries() == 0);
  REQUIRE(books.retirements() == 0);
}

TEST_CASE("entries are those added and not removed; what is removed is retired, too") {
  Books<StdPolicy> books;
  REQUIRE(books.added() == 1);
  REQUIRE(books.added() == 2);
  REQUIRE(books.added() == 3);
  books.removed();
  REQUIRE(books.entries() == 2);
  REQUIRE(books.retirements() == 1);
  books.retired();
  REQUIRE(books.entries() == 2);
  REQUIRE(books.retirements() == 2);
  REQUIRE(books.added() == 3);
}

TEST_CASE("a removal may be counted before the thread that has linked the entry counts it") {
  const bool spread = GENERATE(false, true);
  StdPolicy policy;
  Books<StdPolicy> books;
  if (spread) books.spread(policy);
  books.removed();
  books.removed();
  REQUIRE(books.entries() == 0);
  books.added();
  REQUIRE(books.entries() == 0);
  books.added();
  books.added();
  REQUIRE(books.entries() == 1);
}

TEST_CASE("counts go on when the books are spread") {
  StdPolicy policy;
  Books<StdPolicy> books;
  for (int i = 0; i < 5; ++i) books.added();
  books.removed();
  books.retired();
  books.spread(policy);
  REQUIRE(books.entries() == 4);
  REQUIRE(books.retirements() == 2);
  REQUIRE(books.added() == 0);  // the sum is no longer at hand
  books.removed();
  books.removed();  // one that was added before the books were spread
  books.retired();
  REQUIRE(books.entries() == 3);
  REQUIRE(books.retirements() == 5);
}

TEST_CASE("books are spread once") {
  ScarcePolicy policy;
  Books<ScarcePolicy> books;
  books.spread(policy);
  books.added();
  books.spread(policy);
  REQUIRE(policy.asked == 1);
  REQUIRE(books.entries() == 1);
}

TEST_CASE("books that find no memory to spread count on as they were") {
  ScarcePolicy policy;
  Books<ScarcePolicy> books;
  REQUIRE(books.added() == 1);
  policy.empty = true;
  books.spread(policy);
  REQUIRE(policy.asked == 1);
  REQUIRE(books.added() == 2);
  books.removed();
  REQUIRE(books.entries() == 1);
  policy.empty = false;
  books.spread(policy);  // a later try has its effect
  REQUIRE(books.added() == 0);
  REQUIRE(books.entries() == 2);
  REQUIRE(books.retirements() == 1);
}

TEST_CASE("counts of many threads are exact when all is quiet") {
  const bool spread_first = GENERATE(true, false);
  constexpr std::size_t kEach = 20'000;
  StdPolicy policy;
  Books<StdPolicy> books;
  if (spread_first) books.spread(policy);
  std::atomic<unsigned> wrong{0};
  run_threads([&](unsigned id) {
    for (std::size_t i = 0; i < kEach; ++i) {
      books.added();
      if (id == 0 && i == kEach / 2) books.spread(policy);  // in the midst of the others
      if (i % 2 == 0) books.removed();
      if (i % 4 == 0) books.retired();
      // Some are added and not yet removed, never the other way round.
      if (i % 64 == 0 && books.entries() > kThreads * kEach) ++wrong;
    }
  });
  CAPTURE(spread_first);
  REQUIRE(wrong == 0);
  REQUIRE(books.entries() == kThreads * kEach / 2);
  REQUIRE(books.retirements() == kThreads * kEach / 2 + kThreads * kEach / 4);
}

TEST_CASE("what one thread adds another may remove") {
  StdPolicy policy;
  Books<StdPolicy> books;
  books.spread(policy);
  constexpr std::size_t kEach = 10'000;
  run_threads([&](unsigned id) {
    for (std::size_t i = 0; i < kEach; ++i) {
      if (id % 2 == 0) {
        books.added();
      } else {
        books.removed();
      }
    }
  });
  REQUIRE(books.entries() == 0);
  REQUIRE(books.retirements() == kThreads / 2 * kEach);
}

TEST_CASE("threads that spread the books at once lose no count") {
  for (int round = 0; round < 200; ++round) {
    StdPolicy policy;
    Books<StdPolicy> books;
    run_threads([&](unsigned) {
      books.added();
      books.spread(policy);
      books.added();
      books.retired();
    });
    REQUIRE(books.entries() == 2 * kThreads);
    REQUIRE(books.retirements() == kThreads);
  }
}

TEST_CASE("every thread has a number of its own, and keeps it") {
  std::vector<std::uint32_t> numbers(kThreads);
  std::atomic<unsigned> wrong{0};
  run_threads([&](unsigned id) {
    numbers[id] = detail::thread_ordinal();
    if (detail::thread_ordinal() != numbers[id]) ++wrong;
  });
  REQUIRE(wrong == 0);
  const std::set<std::uint32_t> distinct(numbers.begin(), numbers.end());
  REQUIRE(distinct.size() == kThreads);
  REQUIRE(distinct.count(detail::thread_ordinal()) == 0);
}

TEST_CASE("a map that grows counts on, whether or not it finds memory for more lines") {
  const bool scarce = GENERATE(false, true);
  // Fails what is asked for without pointers and is of the size of all lines: entries are smaller.
  struct LinesPolicy : StdPolicy {
    explicit LinesPolicy(bool refuses) : refuses_lines(refuses) {}
    void* allocate(std::size_t bytes, bool may_hold_pointers) {
      if (!may_hold_pointers && bytes >= 1024) {
        ++asked_for_lines;
        if (refuses_lines) throw std::bad_alloc();
      }
      return StdPolicy::allocate(bytes, may_hold_pointers);
    }
    bool refuses_lines;
    int asked_for_lines = 0;
  };
  HashTrieMap<int, int, KeyTraits<int>, LinesPolicy> map({}, 1, LinesPolicy(scarce));
  constexpr int kKeys = 5000;
  for (int i = 0; i < kKeys; ++i) map.store(i, i);
  CAPTURE(scarce);
  REQUIRE(map.policy().asked_for_lines >= 1);
  REQUIRE(map.count() == kKeys);
  REQUIRE(map.check() == std::nullopt);
  for (int i = 0; i < kKeys; ++i) map.erase(i);
  REQUIRE(map.count() == 0);
  REQUIRE(map.check() == std::nullopt);
}
