// SPDX-License-Identifier: BSD-3-Clause
// The lock of one trie node.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>

namespace interlox::trie {

/// A mutual-exclusion lock in one byte that spins briefly, then parks the thread.
///
/// Invariants
///
///   I1  state_ is kFree, kHeld (nobody is parked) or kContended (someone may be).
///   I2  Only the holder moves state_ to kFree.
///   I3  A thread parks only after it has stored kContended, so a holder that
///       finds kHeld when it lets go has nobody to wake.
///
/// Progress: try_lock() and unlock() are wait-free; lock() blocks.
/// Under the collector: a holder that is stopped delays other writers, never the
/// collection, because collection callbacks take no lock.
/// Source: the three-state mutex of U. Drepper, "Futexes Are Tricky", 2011.
class ByteLock {
 public:
  ByteLock() = default;
  ByteLock(const ByteLock&) = delete;
  ByteLock& operator=(const ByteLock&) = delete;

  /// Returns once this thread holds the lock. Not reentrant.
  void lock() noexcept {
    for (int attempt = 0; attempt < kSpins; ++attempt) {
      // The plain read first keeps the line shared while another thread holds the lock; it decides nothing.
      if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    }
    // From here on kContended is left behind: this thread can't know who else is
    // parked, and a needless wake-up costs less than a lost one (I3).
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {  // (2) pairs with (3)
      state_.wait(kContended, std::memory_order_relaxed);  // relaxed: (2) decides, this only sleeps
    }
  }

  /// Takes the lock if it is free. Linearizes at (1) when it succeeds.
  [[nodiscard]] bool try_lock() noexcept {
    std::uint8_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld,
                                          std::memory_order_acquire,   // (1) pairs with (3)
                                          std::memory_order_relaxed);  // a failure reads nothing guarded
  }

  /// Lets go. The calling thread must hold the lock (I2).
  void unlock() noexcept {
    assert_held();
    if (state_.exchange(kFree, std::memory_order_release) == kContended) {  // (3) pairs with (1), (2)
      state_.notify_one();
    }
  }

  /// States a helper's contract: "called with the lock held". Wait-free.
  void assert_held() const noexcept {
    assert(state_.load(std::memory_order_relaxed) != kFree && "the caller must hold this lock");
  }

 private:
  static constexpr std::uint8_t kFree = 0;
  static constexpr std::uint8_t kHeld = 1;
  static constexpr std::uint8_t kContended = 2;
  static constexpr int kSpins = 64;  // about as long as one node update takes

  std::atomic<std::uint8_t> state_{kFree};
};

}  // namespace interlox::trie
