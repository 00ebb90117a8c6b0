// SPDX-License-Identifier: BSD-3-Clause
// What tests of collected objects need: garbage whose death can be seen, and threads to make it in.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "gc/clear_stack.hpp"
#include "gc/events.hpp"
#include "gc/heap.hpp"
#include "gc/thread.hpp"

/// The collector's options of this test program. Defined by a test that wants others than the defaults.
interlox::gc::HeapOptions gc_test_options();

namespace interlox::test {

/// Divides the size of tests that a sanitizer makes slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSlowdown = 4;
#else
inline constexpr int kSlowdown = 1;
#endif

/// Sees which of the blocks it was shown are still alive at the end of each collection, without keeping
/// them: a table of addresses in memory that is not scanned, whose rows never move.
class Watcher {
 public:
  explicit Watcher(std::size_t capacity) : capacity_(capacity), rows_(new std::atomic<void*>[capacity] {}) {
    gc::add_event_listener(on_event, this);
  }
  ~Watcher() { gc::remove_event_listener(on_event, this); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Starts to watch a block, given by its first byte. The caller holds the block while this runs. Any
  /// number of threads; at most `capacity` blocks in all, those beyond it are ignored.
  template <class T>
  T* watch(T* block) {
    const std::size_t row = watched_.fetch_add(1, std::memory_order_relaxed);  // relaxed: hands out indexes
    if (row < capacity_) rows_[row].store(block, std::memory_order_release);   // read with the world stopped
    return block;
  }

  [[nodiscard]] std::size_t watched() const { return watched_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t dead() const { return dead_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t alive() const { return watched() - dead(); }

  /// Collects up to five times, until at least `percent` of all watched blocks are dead; whether they are.
  [[gnu::noinline]] bool collect_until_dead(std::size_t percent = 95) {
    for (int i = 0; i < 5; ++i) {
      gc::clear_stack();
      gc::collect();
      if (dead() * 100 >= watched() * percent) return true;
    }
    return false;
  }

 private:
  static void on_event(void* context, gc::Event event) noexcept {
    if (event == gc::Event::kMarkEnd) static_cast<Watcher*>(context)->look();
  }

  void look() noexcept {
    const std::size_t count = watched() < capacity_ ? watched() : capacity_;
    for (std::size_t i = 0; i < count; ++i) {
      void* const block = rows_[i].load(std::memory_order_relaxed);  // relaxed: the world stands still
      if (block == nullptr || gc::is_marked(block)) continue;
      rows_[i].store(nullptr, std::memory_order_relaxed);  // its page may be gone by the next collection
      dead_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  const std::size_t capacity_;
  const std::unique_ptr<std::atomic<void*>[]> rows_;
  std::atomic<std::size_t> watched_{0};
  std::atomic<std::size_t> dead_{0};
};

/// Runs f on a registered thread of its own and waits for it: whatever it leaves on its stack goes with it.
template <class F>
void run_in_thread(F f) {
  gc::start_thread([&f] { f(); }).join();
}

}  // namespace interlox::test
