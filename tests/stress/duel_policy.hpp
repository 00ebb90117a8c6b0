// SPDX-License-Identifier: BSD-3-Clause
// Policies that bring faults to light: a thread may lose its turn at every access to an atomic of the map, an
// allocation may fail when it is told to, and nodes that the map has given up can be made unreadable.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>

#include "trie/hash.hpp"
#include "trie/policy.hpp"
#include "trie/spin.hpp"
#include "trie/std_policy.hpp"

namespace interlox::trie::duel {

/// When this thread loses its turn next. Plain numbers: a thread_local is not a root.
class Jitter {
 public:
  /// From now on about once in `period` steps; 0: never. Now and then for long, unless it is only `briefly`.
  void start(std::uint32_t period, std::uint64_t seed, bool briefly = false) noexcept {
    period_ = period;
    state_ = seed;
    briefly_ = briefly;
    draw();
  }

  /// The n-th allocation from now on fails; 0: none does.
  void fail_allocation(std::uint32_t n) noexcept { failing_ = n; }

  /// The thread has done as many steps as this at once.
  void step(std::uint64_t steps = 1) noexcept {
    if (left_ <= steps) [[unlikely]]
      return lose_turn();
    left_ -= steps;
  }

  void allocation() {
    step();
    if (failing_ != 0 && --failing_ == 0) throw std::bad_alloc();
  }

 private:
  void draw() noexcept {
    state_ = hash_integer(state_, 1);
    left_ =
        period_ == 0 ? std::numeric_limits<std::uint64_t>::max() : 1 + state_ % (std::uint64_t{2} * period_);
  }

  // Mostly a moment; sometimes long enough for the others to do many operations.
  void lose_turn() noexcept {
    draw();
    const std::uint64_t luck = state_ >> 32;
    if (briefly_ && luck % 4 != 0) {  // for what another core does in one access, or in some operations
      for (std::uint64_t i = std::uint64_t{1} << luck / 4 % 9; i != 0; --i) detail::relax();
    } else if (!briefly_ && luck % 16 == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(16 << (luck / 16 % 7)));
    } else {
      std::this_thread::yield();
    }
  }

  std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t state_ = 0;
  std::uint32_t period_ = 0;
  std::uint32_t failing_ = 0;
  bool briefly_ = false;
};

inline constinit thread_local Jitter jitter;

/// std::atomic, with a step before each access.
template <class T>
class JumpyAtomic : public std::atomic<T> {
  using Base = std::atomic<T>;
  static constexpr auto kSeqCst = std::memory_order_seq_cst;

 public:
  JumpyAtomic() noexcept = default;
  constexpr JumpyAtomic(T value) noexcept : Base(value) {}  // implicit, like std::atomic's

  T load(std::memory_order order = kSeqCst) const noexcept {
    jitter.step();
    return Base::load(order);
  }
  void store(T value, std::memory_order order = kSeqCst) noexcept {
    jitter.step();
    Base::store(value, order);
  }
  T exchange(T value, std::memory_order order = kSeqCst) noexcept {
    jitter.step();
    return Base::exchange(value, order);
  }
  template <class... Orders>
  bool compare_exchange_strong(T& expected, T value, Orders... orders) noexcept {
    jitter.step();
    return Base::compare_exchange_strong(expected, value, orders...);
  }
  template <class... Orders>
  bool compare_exchange_weak(T& expected, T value, Orders... orders) noexcept {
    jitter.step();
    return Base::compare_exchange_weak(expected, value, orders...);
  }
  T fetch_add(T value, std::memory_order order = kSeqCst) noexcept requires std::is_integral_v<T> {
    jitter.step();
    return Base::fetch_add(value, order);
  }
  T fetch_sub(T value, std::memory_order order = kSeqCst) noexcept requires std::is_integral_v<T> {
    jitter.step();
    return Base::fetch_sub(value, order);
  }
  T fetch_or(T value, std::memory_order order = kSeqCst) noexcept requires std::is_integral_v<T> {
    jitter.step();
    return Base::fetch_or(value, order);
  }
  T fetch_and(T value, std::memory_order order = kSeqCst) noexcept requires std::is_integral_v<T> {
    jitter.step();
    return Base::fetch_and(value, order);
  }
};

/// A policy with these atomics, whose allocations fail when jitter says so.
template <class Base>
class JumpyPolicy : public Base {
 public:
  template <class T>
  using atomic = JumpyAtomic<T>;

  [[nodiscard]] void* allocate(std::size_t bytes, bool may_hold_pointers) {
    jitter.allocation();
    return Base::allocate(bytes, may_hold_pointers);
  }
  static void yield_point() noexcept { jitter.step(kYieldPoint); }

 private:
  static constexpr std::uint64_t kYieldPoint = 8;  // the map says where it matters
};

/// A StdPolicy that holds the map to what it says in retired(): each node once, with its size; and nobody
/// new reaches it, as a policy that reuses memory would need it.
class PoisonPolicy : public StdPolicy {
 public:
  PoisonPolicy() = default;
  PoisonPolicy(PoisonPolicy&& other) noexcept : StdPolicy(std::move(other)) {}  // nothing is retired yet

  [[nodiscard]] void* allocate(std::size_t bytes, bool may_hold_pointers) {
    return ::new (StdPolicy::allocate(sizeof(Label) + bytes, may_hold_pointers)) Label(bytes) + 1;
  }

  void retired(void* node, std::size_t bytes) noexcept {
    Label* const label = static_cast<Label*>(node) - 1;
    if (label->bytes != bytes)
      fault_.store("a node was retired with another size", std::memory_order_relaxed);
    if (label->retired.exchange(true, std::memory_order_relaxed)) {
      fault_.store("a node was retired twice", std::memory_order_relaxed);
      return;
    }
    label->next = retired_.load(std::memory_order_relaxed);
    while (!retired_.compare_exchange_weak(label->next, label, std::memory_order_release)) continue;
  }

  /// Overwrites what was retired, when no other thread is in the map and no iterator is open. Returns what is
  /// wrong with it, or null.
  const char* poison() noexcept {
    constexpr int kPoison = 0xA5;
    for (Label* label = retired_.exchange(nullptr, std::memory_order_acquire); label != nullptr;
         label = label->next) {
      std::memset(static_cast<void*>(label + 1), kPoison, label->bytes);
    }
    return fault_.load(std::memory_order_relaxed);
  }

 private:
  // Stands in front of each node, and stays.
  struct alignas(kNodeAlignment) Label {
    explicit Label(std::size_t size) noexcept : bytes(size) {}
    const std::size_t bytes;
    Label* next = nullptr;
    std::atomic<bool> retired{false};
  };

  std::atomic<Label*> retired_{nullptr};
  std::atomic<const char*> fault_{nullptr};
};

}  // namespace interlox::trie::duel
