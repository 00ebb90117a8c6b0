// SPDX-License-Identifier: BSD-3-Clause
// A count that many threads add to at once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "trie/this_thread.hpp"

namespace interlox::trie::detail {

/// A count with a line for each thread (some share one), since one line that all cores write would be what
/// limits them. Every access is relaxed: a count orders nothing.
template <class P>
class Tally {
 public:
  void add() noexcept {
    lines_[ordinal_of_thread<P>() % kLines].count.fetch_add(1, std::memory_order_relaxed);
  }
  /// Exact when nobody adds meanwhile.
  [[nodiscard]] std::uint64_t sum() const noexcept {
    std::uint64_t all = 0;
    for (const Line& line : lines_) all += line.count.load(std::memory_order_relaxed);
    return all;
  }

 private:
  static constexpr std::size_t kLines = 16;
  struct Line {
    typename P::template atomic<std::uint64_t> count{0};
    std::byte distance[64 - sizeof(std::uint64_t)];  // to the next thread's
  };
  std::array<Line, kLines> lines_{};
};

}  // namespace interlox::trie::detail
