// SPDX-License-Identifier: BSD-3-Clause
// How histories are recorded: a clock that orders, a log for each thread, and threads that begin together.
#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "tests/lin/history.hpp"
#include "trie/spin.hpp"

namespace interlox::lin {

inline constexpr unsigned kThreads = 3;

/// Counts moments, each taken by one step on one atomic. Such steps have one order, which is part of
/// happens-before: whoever draws a later tick sees all that was done before an earlier one. So if one
/// operation returned at an earlier tick than another was invoked at, then it did precede it, and what it did
/// is visible to it; and the moment at which an operation takes effect lies between its own two ticks. The
/// clock of the machine would have to be shown to agree between cores; and like a relaxed counter it would
/// call one operation earlier than another that nothing in the program orders.
class Clock {
 public:
  Tick now() noexcept { return time_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  alignas(64) std::atomic<Tick> time_{1};
};

/// What one thread has done in one run, in memory that is there before.
class alignas(64) Log {
 public:
  static constexpr std::size_t kMost = 40;

  void add(const Operation& operation) noexcept {
    assert(size_ < kMost);
    operations_[size_++] = operation;
  }
  /// The moments of one call for the operations from `first` on, which it has done.
  void stamp(std::size_t first, Tick invoked, Tick returned) noexcept {
    for (std::size_t i = first; i < size_; ++i) {
      operations_[i].invoked = invoked;
      operations_[i].returned = returned;
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const Operation> operations() const noexcept { return {operations_.data(), size_}; }

 private:
  std::array<Operation, kMost> operations_;
  std::size_t size_ = 0;
};

/// A place where the threads of a team wait for one another, again and again. Spins, so that those that run
/// leave it within some nanoseconds of each other; gives way to a thread that has no core.
class Barrier {
 public:
  void wait() noexcept {
    const std::uint32_t round = round_.load(std::memory_order_acquire);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == kThreads) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
      spins < kSpins ? trie::detail::relax() : std::this_thread::yield();
    }
  }

 private:
  static constexpr int kSpins = 100;
  alignas(64) std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<std::uint32_t> waiting_{0};
};

/// Threads that do one thing after another together; the thread that made the team is one of them. Between
/// two things the others are parked.
class Team {
 public:
  using Start = std::function<std::jthread(std::function<void()>)>;

  /// `start` starts a thread, as the heap that it works on needs it.
  explicit Team(const Start& start = [](std::function<void()> body) {
    return std::jthread(std::move(body));
  }) {
    for (unsigned id = 1; id < kThreads; ++id) {
      threads_.push_back(start([this, id] { serve(id); }));
    }
  }
  ~Team() {
    body_ = nullptr;
    begin();
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// Calls body(id) on each of the threads, and returns when all have returned.
  void run(const std::function<void(unsigned)>& body) {
    body_ = &body;
    busy_.store(kThreads - 1, std::memory_order_relaxed);
    begin();
    body(0);
    for (std::uint32_t busy; (busy = busy_.load(std::memory_order_acquire)) != 0;) {
      busy_.wait(busy, std::memory_order_relaxed);
    }
  }

 private:
  void begin() {
    turn_.fetch_add(1, std::memory_order_release);
    turn_.notify_all();
  }

  void serve(unsigned id) {
    for (std::uint32_t done = 0;; ++done) {
      turn_.wait(done, std::memory_order_acquire);
      if (body_ == nullptr) return;
      (*body_)(id);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
  }

  const std::function<void(unsigned)>* body_ = nullptr;
  std::atomic<std::uint32_t> turn_{0};
  std::atomic<std::uint32_t> busy_{0};
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace interlox::lin
