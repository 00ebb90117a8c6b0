// SPDX-License-Identifier: BSD-3-Clause
// A value that one thread is computing while others wait for it. Part of HashTrieMap::load_or_compute.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "trie/policy.hpp"
#include "trie/this_thread.hpp"

namespace interlox::trie::detail {

/// The policy of what is part of a map, but not of its tree, and takes its memory from there.
template <class P>
class BorrowedPolicy {
 public:
  template <class T>
  using atomic = typename P::template atomic<T>;

  explicit BorrowedPolicy(P& lender) noexcept : lender_(&lender) {}
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    return lender_->allocate(bytes, may_hold_pointers);
  }
  void retired(void* node, std::size_t bytes) noexcept { lender_->retired(node, bytes); }
  static void yield_point() noexcept { P::yield_point(); }

 private:
  P* lender_;  // lives as long as its map, of which this is a part
};

/// One run of a function that computes a value. The thread that makes it runs the function.
template <class P>
class Computation {
 public:
  Computation() = default;

  /// The run has ended, with a value or without. Wakes who waits. (1) pairs with (2)
  void end() noexcept {
    done_.store(1, std::memory_order_release);
    done_.notify_all();
  }
  /// Returns once the run has ended. Parks. Throws std::logic_error in the thread that runs it, for which it
  /// would never end.
  void await() const {
    if (runner_ == this_thread<P>()) {
      throw std::logic_error("the computation of a value asks for the same value");
    }
    while (done_.load(std::memory_order_acquire) == 0) {  // (2) pairs with (1)
      done_.wait(0, std::memory_order_relaxed);           // relaxed: the load above decides
    }
  }

 private:
  const decltype(this_thread<P>()) runner_ = this_thread<P>();
  typename P::template atomic<std::uint32_t> done_{0};
};

}  // namespace interlox::trie::detail
