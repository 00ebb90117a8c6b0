// SPDX-License-Identifier: BSD-3-Clause
// What the duel's threads tell the one that reports: the first failure, and what each is doing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "tests/stress/duel_ops.hpp"
#include "tests/stress/duel_plan.hpp"

namespace interlox::trie::duel {

/// The first failure of a round. It ends the round.
class Report {
 public:
  void fail(const std::string& text) {
    const std::lock_guard guard(mutex_);
    if (text_.empty()) text_ = text;
    failed_.store(true, std::memory_order_release);
  }
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string text() const {
    const std::lock_guard guard(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  std::atomic<bool> failed_{false};
};

/// What one thread is doing, for whoever finds the whole program stuck, and how much it has done.
/// Relaxed throughout: only to be looked at.
class alignas(64) Trace {
 public:
  void begin(Op op, std::size_t key) {
    doing_.store(static_cast<std::uint64_t>(op) << kOpShift | key, std::memory_order_relaxed);
    steps_.store(steps_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }
  [[nodiscard]] Op op() const { return static_cast<Op>(doing_.load(std::memory_order_relaxed) >> kOpShift); }
  [[nodiscard]] std::uint64_t key() const {
    return doing_.load(std::memory_order_relaxed) & ((std::uint64_t{1} << kOpShift) - 1);
  }

 private:
  static constexpr unsigned kOpShift = 48;
  std::atomic<std::uint64_t> doing_{0};
  std::atomic<std::uint64_t> steps_{0};
};

inline std::array<Trace, kMostThreads> traces;

}  // namespace interlox::trie::duel
