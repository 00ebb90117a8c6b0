// SPDX-License-Identifier: BSD-3-Clause
// Weak references without a collector: whoever plays the collector says which targets are dead.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "trie/std_policy.hpp"

namespace interlox::test {

class WeakWorld;

/// What trie::WeakPolicy asks for, on an arena: dead targets lose their cells and keep their memory.
class WeakStdPolicy : public trie::StdPolicy {
 public:
  class WeakCell {
   public:
    [[nodiscard]] void* get() const noexcept { return target_.load(std::memory_order_acquire); }
    void abandon() noexcept { target_.store(nullptr, std::memory_order_relaxed); }

   private:
    friend class WeakWorld;
    friend class WeakStdPolicy;
    std::atomic<void*> target_{nullptr};
  };

  explicit WeakStdPolicy(WeakWorld& world) noexcept : world_(&world) {}

  void watch(WeakCell& cell, void* target);
  std::size_t take_dead(std::span<std::uint64_t> hashes) noexcept;
  [[nodiscard]] std::size_t waiting() const noexcept;
  [[nodiscard]] std::uint64_t cleared() const noexcept;
  /// Runs WeakWorld::at_yield, if there is one.
  static void yield_point() noexcept;

 private:
  WeakWorld* world_;
};

/// The cells of one set, and the collector's part.
class WeakWorld {
 public:
  using Cell = WeakStdPolicy::WeakCell;

  /// Clears the cells of the targets for which is_dead(target) holds. The caller sees to it that no thread
  /// holds such a target.
  template <class F>
  void kill(const F& is_dead) {
    const std::lock_guard hold(mutex_);
    std::vector<Cell*> live;
    for (Cell* const cell : cells_) {
      void* const target = cell->get();
      if (target == nullptr) continue;  // abandoned
      if (!is_dead(target)) {
        live.push_back(cell);
        continue;
      }
      cell->target_.store(nullptr, std::memory_order_relaxed);
      dead_.push_back(*(reinterpret_cast<const std::uint64_t*>(cell) - 1));
      cleared_.fetch_add(1, std::memory_order_relaxed);
    }
    cells_.swap(live);
    waiting_.store(dead_.size(), std::memory_order_relaxed);
  }
  void kill_all() {
    kill([](void*) { return true; });
  }

  /// While set, watch() throws std::bad_alloc.
  std::atomic<bool> refuse{false};

  /// What yield points call, on whichever thread; for tests on one thread.
  static inline std::function<void()> at_yield;

 private:
  friend class WeakStdPolicy;
  std::mutex mutex_;
  std::vector<Cell*> cells_;
  std::vector<std::uint64_t> dead_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> cleared_{0};
};

inline void WeakStdPolicy::watch(WeakCell& cell, void* target) {
  if (world_->refuse.load()) throw std::bad_alloc();
  const std::lock_guard hold(world_->mutex_);
  world_->cells_.push_back(&cell);
  cell.target_.store(target, std::memory_order_release);
}

inline std::size_t WeakStdPolicy::take_dead(std::span<std::uint64_t> hashes) noexcept {
  const std::lock_guard hold(world_->mutex_);
  std::size_t taken = 0;
  for (auto& dead = world_->dead_; taken < hashes.size() && !dead.empty(); dead.pop_back()) {
    hashes[taken++] = dead.back();
  }
  world_->waiting_.store(world_->dead_.size(), std::memory_order_relaxed);
  return taken;
}

inline std::size_t WeakStdPolicy::waiting() const noexcept {
  return world_->waiting_.load(std::memory_order_relaxed);
}
inline std::uint64_t WeakStdPolicy::cleared() const noexcept {
  return world_->cleared_.load(std::memory_order_relaxed);
}
inline void WeakStdPolicy::yield_point() noexcept {
  if (WeakWorld::at_yield) WeakWorld::at_yield();
}

}  // namespace interlox::test
