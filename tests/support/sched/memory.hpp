// SPDX-License-Identifier: BSD-3-Clause
// The memory model of C++20 as far as atomics need it: what a load may return, and what a thread knows then.
// Nothing here schedules; world.hpp does.
//
// After D. Vyukov's Relacy and CDSChecker (B. Norris and B. Demsky, 2013): each place keeps the stores that
// were made to it, in the order in which they were made, and a load returns any of them that coherence and
// happens-before allow. What that leaves out: stores to two places whose orders contradict the order of
// execution (2+2W), and loads of what is stored later (LB); a compare-exchange that fails reads the newest
// value, as it does on machines. A seq_cst fence is stronger than in the standard: it synchronizes with those
// before it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace interlox::test::sched {

inline constexpr unsigned kMostThreads = 3;

/// A vector clock: of each thread, how many of its steps are known.
class Clock {
 public:
  [[nodiscard]] std::uint32_t operator[](unsigned thread) const noexcept { return steps_[thread]; }
  void tick(unsigned thread) noexcept { ++steps_[thread]; }
  void join(const Clock& other) noexcept {
    for (unsigned i = 0; i < kMostThreads; ++i) steps_[i] = std::max(steps_[i], other.steps_[i]);
  }

 private:
  std::array<std::uint32_t, kMostThreads> steps_{};
};

constexpr bool acquires(std::memory_order order) noexcept {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
constexpr bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

/// What a thread knows.
struct View {
  explicit View(unsigned index = 0) noexcept : thread(index) {}

  unsigned thread;
  Clock now;
  Clock read;    // what relaxed loads have met: an acquire fence makes it known
  Clock fenced;  // what was known at the last release fence: relaxed stores hand it on
};

/// The stores to one place, oldest first.
class History {
 public:
  /// Begins with a value that all threads know.
  void begin(std::uint64_t value) {
    records_.resize(1);
    records_[0] = {value, {}, {}};
    last_seq_cst_ = 0;
  }
  /// Begins with a value that this thread gives it, before its next step.
  void begin(std::uint64_t value, const View& maker) {
    begin(value);
    records_[0].seen.fill(kNever);
    records_[0].seen[maker.thread] = maker.now[maker.thread] + 1;
  }

  [[nodiscard]] std::size_t newest() const noexcept { return records_.size() - 1; }
  [[nodiscard]] std::uint64_t value(std::size_t record) const noexcept { return records_[record].value; }
  /// Whether the beginning happens before what the thread does now.
  [[nodiscard]] bool is_made(const View& view) const noexcept {
    return oldest_visible(view, std::memory_order_relaxed) != 0 || is_known(records_[0], view);
  }

  /// The oldest record that a load may return: any older one is hidden by one that the thread knows of.
  [[nodiscard]] std::size_t oldest_visible(const View& view, std::memory_order order) const noexcept {
    const std::size_t least = order == std::memory_order_seq_cst ? last_seq_cst_ : 0;
    std::size_t at = newest();
    while (at > least && !is_known(records_[at], view)) --at;
    return at;
  }

  /// A load that returns this record.
  std::uint64_t load(std::size_t index, View& view, std::memory_order order) noexcept {
    Record& record = records_[index];
    see(record, view);
    view.read.join(record.released);
    if (acquires(order)) view.now.join(record.released);
    return record.value;
  }
  void store(std::uint64_t value, View& view, std::memory_order order) {
    add(value, releases(order) ? view.now : view.fenced, view, order);
  }
  /// A read-modify-write: of the newest record, whose release sequence it continues.
  void exchange(std::uint64_t value, View& view, std::memory_order order) {
    load(newest(), view, order);
    Clock released = records_.back().released;
    released.join(releases(order) ? view.now : view.fenced);
    add(value, released, view, order);
  }

 private:
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

  struct Record {
    std::uint64_t value;
    Clock released;                                // what whoever acquires it knows then
    std::array<std::uint32_t, kMostThreads> seen;  // by each thread, at that step of its own at the earliest
  };

  static bool is_known(const Record& record, const View& view) noexcept {
    for (unsigned i = 0; i < kMostThreads; ++i) {
      if (record.seen[i] <= view.now[i]) return true;
    }
    return false;
  }
  static void see(Record& record, const View& view) noexcept {
    std::uint32_t& seen = record.seen[view.thread];
    seen = std::min(seen, view.now[view.thread]);
  }
  void add(std::uint64_t value, const Clock& released, const View& view, std::memory_order order) {
    records_.push_back({value, released, {}});
    records_.back().seen.fill(kNever);
    see(records_.back(), view);
    if (order == std::memory_order_seq_cst) last_seq_cst_ = newest();
  }

  std::vector<Record> records_;
  std::size_t last_seq_cst_ = 0;
};

/// A fence; `all` is what the seq_cst fences so far knew.
inline void fence(View& view, Clock& all, std::memory_order order) noexcept {
  if (acquires(order)) view.now.join(view.read);
  if (order == std::memory_order_seq_cst) {
    view.now.join(all);
    all.join(view.now);
  }
  if (releases(order)) view.fenced = view.now;
}

}  // namespace interlox::test::sched
