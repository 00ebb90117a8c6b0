// SPDX-License-Identifier: BSD-3-Clause
// Two workloads that weak tables are known by: a hash-consing table whose elements refer to each other, and
// tasks that come back to the same keys again and again.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "trie/canonical_set.hpp"
#include "vm/unique_table.hpp"
#include "vm/weak_ref.hpp"

using namespace interlox;

namespace {

std::uint64_t next_random(std::uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state >> 33;
}

/// Collects in a loop beside the threads of a workload.
template <class F>
void run_threads(unsigned threads, const F& work) {
  std::atomic<unsigned> running{threads};
  std::vector<std::jthread> all;
  for (unsigned id = 0; id < threads; ++id) {
    all.push_back(gc::start_thread([&, id] {
      work(id);
      --running;
    }));
  }
  while (running != 0) {
    gc::collect();
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

/// A pair of pairs, or an atom: no pairs, and a number.
struct Pair {
  const Pair* left;
  const Pair* right;
  std::uint64_t number;
  std::uint32_t depth;
  std::uint64_t checksum;

  [[nodiscard]] std::uint64_t right_checksum() const noexcept {
    std::uint64_t sum = trie::hash_integer(number, depth);
    if (left != nullptr) sum = trie::hash_integer(sum ^ left->checksum, 1);
    if (right != nullptr) sum = trie::hash_integer(sum ^ right->checksum, 2);
    return sum;
  }
  [[nodiscard]] bool is_whole() const noexcept { return checksum == right_checksum(); }
};

/// Pairs of the same pairs are equal, since those are unique themselves.
struct PairTraits {
  static std::uint64_t hash(const Pair& pair, std::uint64_t seed) noexcept {
    const auto left = reinterpret_cast<std::uintptr_t>(pair.left);
    const auto right = reinterpret_cast<std::uintptr_t>(pair.right);
    return trie::hash_integer(trie::hash_integer(left, seed) ^ right ^ pair.number << 48, seed);
  }
  static bool equal(const Pair& a, const Pair& b) noexcept {
    return a.left == b.left && a.right == b.right && a.number == b.number;
  }
};

/// The table, and a window of pairs that live: a thread takes two of it and puts their pair in.
class Consing {
 public:
  using Set = trie::CanonicalSet<Pair, PairTraits, gc::WeakTriePolicy>;

  Consing() {
    for (auto& place : window_) place.store(make(nullptr, nullptr, 0));
  }

  const Pair* make(const Pair* left, const Pair* right, std::uint64_t number) {
    Pair query{left, right, number, 0, 0};
    if (left != nullptr) query.depth = std::max(left->depth, right->depth) + 1;
    query.checksum = query.right_checksum();
    return set.make(query, [&](std::uint64_t) { return ::new (gc::allocate(sizeof(Pair))) Pair(query); });
  }

  void mutate(std::uint64_t& random) {
    const Pair* left = any(random);
    const Pair* right = any(random);
    std::uint64_t number = 0;
    if (left->depth >= kMaxDepth || right->depth >= kMaxDepth || next_random(random) % 4 == 0) {
      left = right = nullptr;
      number = next_random(random) % kAtoms;
    }
    const Pair* const made = make(left, right, number);
    const bool right_one = made->left == left && made->right == right && made->number == number;
    if (!right_one || !made->is_whole() || make(left, right, number) != made) ++wrong;
    window_[next_random(random) % kWindow].store(made, std::memory_order_release);
  }

  void clear() {
    for (auto& place : window_) place.store(nullptr);
  }

  gc::WeakRegistry registry{gc::WeakRegistry::Tokens::kKeep};
  Set set{gc::WeakTriePolicy(registry)};
  std::atomic<std::uint64_t> wrong{0};

 private:
  static constexpr std::size_t kWindow = 1000;
  static constexpr std::uint64_t kAtoms = 500;
  static constexpr std::uint32_t kMaxDepth = 6;

  const Pair* any(std::uint64_t& random) {
    const Pair* const pair = window_[next_random(random) % kWindow].load(std::memory_order_acquire);
    if (!pair->is_whole()) ++wrong;
    return pair;
  }

  std::array<std::atomic<const Pair*>, kWindow> window_{};
};

}  // namespace

TEST_CASE("hash-consed pairs stay unique and whole through 700,000 mutations on 6 threads") {
  constexpr unsigned kThreads = 6;
  constexpr int kEach = 700'000 / test::kSlowdown / kThreads + 1;
  Consing consing;  // on this stack, which is scanned
  run_threads(kThreads, [&](unsigned id) {
    std::uint64_t random = id * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < kEach; ++i) consing.mutate(random);
  });
  CHECK(consing.wrong == 0);
  consing.set.prune_all();
  CHECK(consing.set.check() == std::nullopt);
  const trie::CanonicalStats stats = consing.set.stats();
  CHECK(stats.hits + stats.misses == 1000 + kThreads * kEach * 2ull);
  CHECK(stats.misses == stats.live + stats.dead + stats.pruned);
  CHECK(stats.pruned > stats.misses / 2);  // the window alone lives
  consing.clear();
  for (int i = 0; i < 5 && consing.set.count() > 1000; ++i) {
    gc::clear_stack();
    gc::collect();
  }
  CHECK(consing.set.count() <= 1000);
}

// A task makes the handle of its key, and remembers it weakly where all tasks of the key look. What a task
// finds there is that handle, or gone; and the thread keeps some handles for a while.
TEST_CASE("100,000 tasks come back to 5,000 keys that nobody else keeps") {
  constexpr int kTasks = 100'000;
  constexpr std::size_t kKeys = 5000;
  auto& table = vm::UniqueTable::instance();
  auto* const remembered = static_cast<std::atomic<vm::WeakRef*>*>(
      gc::allocate_uncollectable(kKeys * sizeof(std::atomic<vm::WeakRef*>)));
  std::atomic<int> tasks{0};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  std::atomic<std::uint64_t> made{0};
  const std::size_t before = table.count();
  run_threads(4, [&](unsigned id) {
    std::array<vm::Unique*, 50> kept{};
    std::uint64_t random = id;
    for (int task = tasks++; task < kTasks / test::kSlowdown; task = tasks++) {
      const std::size_t key = next_random(random) % kKeys;
      const std::string text = "task key " + std::to_string(key);
      const vm::WeakRef* const ref = remembered[key].load(std::memory_order_acquire);
      const vm::Object* const old = ref == nullptr ? nullptr : ref->get();
      vm::Unique* const handle = table.make(vm::Lookup::of_text(text));
      if (handle->text() != text || (old != nullptr && old != handle)) ++wrong;
      if (old != nullptr) {
        ++found;
      } else {
        ++made;
        remembered[key].store(vm::WeakRef::make(handle), std::memory_order_release);
      }
      vm::Unique*& place = kept[next_random(random) % kept.size()];
      if (place != nullptr && table.find(place->lookup()) != place) ++wrong;
      place = handle;
    }
  });
  gc::free_uncollectable(remembered);
  CHECK(wrong == 0);
  CHECK(found > 1000);
  CHECK(made > 1000);
  for (int i = 0; i < 5 && table.count() > before + kKeys * 5 / 100; ++i) {
    gc::clear_stack();
    gc::collect();
  }
  CHECK(table.count() <= before + kKeys * 5 / 100);
}
