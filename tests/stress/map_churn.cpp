// SPDX-License-Identifier: BSD-3-Clause
// A map of a thousand keys on the collected heap that changes all the time: threads insert a new key and
// delete the oldest one of theirs, again and again. What is retired must be reclaimed: the heap may become
// twice as large as it was after the first thousandth of the pairs, and no larger.
//   interlox_map_churn [--pairs=N] [--threads=N]
// N pairs in all. Ends with 0, with 1 after a fault, or with 64.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/support/options.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::trie::churn {
namespace {

using Map = HashTrieMap<std::uint64_t, std::uint64_t, KeyTraits<std::uint64_t>, gc::TriePolicy>;

constexpr std::uint64_t kLive = 1000;
constexpr std::uint64_t kMostGrowth = 2;

struct Options {
  std::uint64_t pairs = 3'000'000;
  std::uint64_t threads = 2;
};

constexpr std::uint64_t value_of(std::uint64_t key) { return ~key; }

/// Each thread has keys of its own, which it counts up: of so many at once.
class Churn {
 public:
  explicit Churn(const Options& options)
      : options_(options), live_(kLive / options.threads), map_(::new (gc::allocate(sizeof(Map))) Map()) {}

  // Returns whether all was well.
  bool run() {
    const std::uint64_t begin = options_.pairs / 1000 + 1;
    play(0, begin);
    const gc::Stats first = gc::stats();
    std::uint64_t most = first.heap_bytes;
    for (std::uint64_t part = 0; part < kParts; ++part) {
      const std::uint64_t done = begin + part * (options_.pairs - begin) / kParts;
      play(done, begin + (part + 1) * (options_.pairs - begin) / kParts);
      most = std::max(most, gc::stats().heap_bytes);
    }
    const gc::Stats last = gc::stats();
    std::cout << options_.pairs << " pairs, " << last.collections << " collections, "
              << (last.allocated_bytes >> 20) << " MB allocated, heap " << (first.heap_bytes >> 10)
              << " KB at first, " << (most >> 10) << " KB at most\n";
    if (wrong_ != 0) std::cout << "FAILED: " << wrong_ << " keys were not as they were left\n";
    if (const auto broken = map_->check()) return fail(*broken);
    if (map_->count() != live_ * options_.threads) return fail("keys were lost, or left");
    if (most > kMostGrowth * first.heap_bytes) return fail("the heap has grown beyond twice what it was");
    return wrong_ == 0;
  }

 private:
  static constexpr std::uint64_t kParts = 100;

  static bool fail(std::string_view what) {
    std::cout << "FAILED: " << what << '\n';
    return false;
  }

  // Those of the pairs from one number to another that are each thread's.
  void play(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < options_.threads; ++i) {
      threads.emplace_back([this, i, begin, end] {
        const gc::ThreadScope scope;
        change(i, begin / options_.threads, end / options_.threads);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void change(std::uint64_t thread, std::uint64_t begin, std::uint64_t end) {
    const auto key_of = [thread](std::uint64_t number) { return thread << 56 | number; };
    std::uint64_t wrong = 0;
    for (std::uint64_t number = begin; number < end; ++number) {
      map_->store(key_of(number), value_of(key_of(number)));
      if (number < live_) continue;
      const std::uint64_t oldest = key_of(number - live_);
      wrong += map_->load_and_delete(oldest) == value_of(oldest) ? 0 : 1;
    }
    wrong_.fetch_add(wrong);
  }

  const Options options_;
  const std::uint64_t live_;  // keys of each thread
  Map* const map_;            // this object is on the main thread's stack
  std::atomic<std::uint64_t> wrong_{0};
};

bool read_option(std::string_view word, Options& options) {
  using test::read_number;
  using test::value_of;
  if (const auto value = value_of(word, "--pairs="))
    return read_number(*value, 1'000'000, std::uint64_t{1} << 40, options.pairs);
  if (const auto value = value_of(word, "--threads=")) return read_number(*value, 1, 64, options.threads);
  return false;
}

}  // namespace
}  // namespace interlox::trie::churn

int main(int argc, char* argv[]) {
  namespace churn = interlox::trie::churn;
  churn::Options options;
  for (int i = 1; i < argc; ++i) {
    if (churn::read_option(argv[i], options)) continue;
    std::cerr << "usage: interlox_map_churn [--pairs=1000000..] [--threads=1..64]\n"
              << "not understood: " << argv[i] << '\n';
    return 64;
  }
  interlox::gc::HeapOptions heap;
  heap.initial_heap = 1u << 20;  // or it would be large enough for any leak that is slow
  interlox::gc::initialize(heap);
  return churn::Churn(options).run() ? EXIT_SUCCESS : EXIT_FAILURE;
}
