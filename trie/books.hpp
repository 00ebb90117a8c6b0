// SPDX-License-Identifier: BSD-3-Clause
// What a map counts: the entries it holds, and the nodes it has retired.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "trie/policy.hpp"
#include "trie/this_thread.hpp"

namespace interlox::trie::detail {

/// What every change of a map counts. A small map counts in one place; once it has grown, each thread counts
/// in a line of its own, since one line that all cores write would be what limits them. Counts only grow, so
/// that one step counts an entry as removed and as retired. Every access is relaxed: a count orders nothing.
template <class P>
class Books {
 public:
  Books() = default;

  /// An entry was linked. Returns how many there are, or 0 when that is spread over lines.
  std::size_t added() noexcept {
    Counts& counts = mine();
    const std::uint64_t all = counts.added.fetch_add(1, std::memory_order_relaxed) + 1;
    if (&counts != &first_) return 0;
    const std::uint64_t removed = counts.removed.load(std::memory_order_relaxed);
    return all > removed ? all - removed : 0;  // what is counted as removed may still have to be counted here
  }
  /// An entry was unlinked, and its key is gone.
  void removed() noexcept { mine().removed.fetch_add(1, std::memory_order_relaxed); }
  /// Another node was unlinked, or an entry that another one replaces.
  void retired() noexcept { mine().retired.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t entries() const noexcept {
    const std::uint64_t removed = sum(&Counts::removed);  // first: what is removed was added before
    const std::uint64_t added = sum(&Counts::added);
    return added > removed ? added - removed : 0;
  }
  /// How many nodes and entries were unlinked so far.
  [[nodiscard]] std::size_t retirements() const noexcept {
    return sum(&Counts::removed) + sum(&Counts::retired);
  }

  /// From now on with a line for each thread. Without effect if that is so, or if there is no memory for it.
  void spread(P& policy) noexcept try {
    if (lines_.load(std::memory_order_relaxed) != nullptr) return;
    auto* const lines = static_cast<Line*>(policy.allocate(kLines * sizeof(Line), false));
    for (std::size_t i = 0; i < kLines; ++i) ::new (lines + i) Line();
    Line* expected = nullptr;
    lines_.compare_exchange_strong(expected, lines, std::memory_order_release,  // (1) pairs with (2)
                                   std::memory_order_relaxed);
  } catch (const std::bad_alloc&) {
    return;  // one line is slower, not wrong
  }

 private:
  using Count = typename P::template atomic<std::uint64_t>;
  struct Counts {
    Count added{0};
    Count removed{0};
    Count retired{0};
  };
  struct Line : Counts {
    std::byte distance[64 - sizeof(Counts)];  // to the next thread's counts
  };
  static constexpr std::size_t kLines = 16;

  Counts& mine() noexcept {
    Line* const lines = lines_.load(std::memory_order_acquire);  // (2) pairs with (1)
    return lines == nullptr ? first_ : lines[ordinal_of_thread<P>() % kLines];
  }

  std::uint64_t sum(Count Counts::*which) const noexcept {
    std::uint64_t all = (first_.*which).load(std::memory_order_relaxed);
    if (const Line* const lines = lines_.load(std::memory_order_acquire)) {  // (2) pairs with (1)
      for (std::size_t i = 0; i < kLines; ++i) all += (lines[i].*which).load(std::memory_order_relaxed);
    }
    return all;
  }

  Counts first_;
  typename P::template atomic<Line*> lines_{nullptr};
  std::byte distance_[64 - sizeof(Counts) - sizeof(void*)];  // to what a reader of another map reads
};

}  // namespace interlox::trie::detail
