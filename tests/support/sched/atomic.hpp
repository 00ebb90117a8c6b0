// SPDX-License-Identifier: BSD-3-Clause
// Atomics and plain variables of the world's threads. Both must lie in the world's arena. Outside of an
// execution they are plain memory.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tests/support/sched/world.hpp"

namespace interlox::test::sched {

/// Has the interface of std::atomic<T>, and its size: the newest value is in it, the older ones are the
/// world's.
template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
  static constexpr auto kSeqCst = std::memory_order_seq_cst;

 public:
  Atomic() noexcept : Atomic(T{}) {}
  Atomic(T value) noexcept : value_(value) {  // NOLINT: converts, as std::atomic does
    if (world.running()) world.made(this, bits(value));
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order order = kSeqCst) const noexcept {
    if (!world.running()) return value_;
    for (;;) {
      History* const history = enter("load", World::Access::kRead);
      if (history == nullptr) return value_;
      std::uint64_t read = 0;
      if (world.load(*history, order, read)) return from(read);
    }
  }
  void store(T value, std::memory_order order = kSeqCst) noexcept {
    if (world.running()) {
      if (History* const history = enter("store", World::Access::kWrite))
        world.store(*history, bits(value), order);
    }
    set(value);
  }
  T exchange(T value, std::memory_order order = kSeqCst) noexcept {
    return change("exchange", order, [value](T) { return value; });
  }
  T fetch_add(T more, std::memory_order order = kSeqCst) noexcept {
    return change("fetch_add", order, [more](T value) { return static_cast<T>(value + more); });
  }
  T fetch_sub(T less, std::memory_order order = kSeqCst) noexcept {
    return change("fetch_sub", order, [less](T value) { return static_cast<T>(value - less); });
  }
  T fetch_or(T mask, std::memory_order order = kSeqCst) noexcept {
    return change("fetch_or", order, [mask](T value) { return static_cast<T>(value | mask); });
  }
  T fetch_and(T mask, std::memory_order order = kSeqCst) noexcept {
    return change("fetch_and", order, [mask](T value) { return static_cast<T>(value & mask); });
  }

  bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                               std::memory_order failure) noexcept {
    for (;;) {
      History* const history = world.running() ? enter("compare_exchange", World::Access::kWrite) : nullptr;
      const bool same = bits(value_) == bits(expected);
      if (history != nullptr &&
          !(same ? world.exchange(*history, bits(value), success) : world.refuse(*history, failure))) {
        continue;
      }
      if (same) {
        set(value);
      } else {
        expected = value_;
      }
      return same;
    }
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order order = kSeqCst) noexcept {
    const auto failure = order == std::memory_order_acq_rel   ? std::memory_order_acquire
                         : order == std::memory_order_release ? std::memory_order_relaxed
                                                              : order;
    return compare_exchange_strong(expected, value, order, failure);
  }

  /// Notices a change only when it is notified: a wake-up that is forgotten is a deadlock.
  void wait(T old, std::memory_order order = kSeqCst) const noexcept {
    while (bits(load(order)) == bits(old)) {
      if (bits(value_) == bits(old) && world.running()) world.park(this);
    }
  }
  void notify_one() noexcept { notify(false); }
  void notify_all() noexcept { notify(true); }

 private:
  static std::uint64_t bits(T value) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof(T));
    return word;
  }
  static T from(std::uint64_t word) noexcept {
    T value;
    std::memcpy(&value, &word, sizeof(T));
    return value;
  }
  History* enter(const char* what, World::Access access) const noexcept {
    return world.enter(this, what, access, bits(value_));
  }
  void set(T value) noexcept {
    value_ = value;
    if constexpr (sizeof(T) == sizeof(void*)) {
      if (world.running()) world.stored(this, bits(value));
    }
  }
  template <class F>
  T change(const char* what, std::memory_order order, const F& to) noexcept {
    for (;;) {
      History* const history = world.running() ? enter(what, World::Access::kWrite) : nullptr;
      const T before = value_;
      const T after = to(before);
      if (history != nullptr && !world.exchange(*history, bits(after), order)) continue;
      set(after);
      return before;
    }
  }
  void notify(bool all) noexcept {
    if (!world.running()) return;
    enter("notify", World::Access::kWrite);
    world.notify(this, all);
  }

  T value_;
};

/// A plain variable: of two accesses, one of which writes, one must happen before the other.
template <class T>
class Plain {
 public:
  Plain() = default;

  void write(T value) noexcept {
    if (world.running()) {
      const View& view = world.view();
      for (unsigned i = 0; i < kMostThreads; ++i) {
        if (i != view.thread)
          world.expect(view.now[i] >= std::max(written_[i], read_[i]), "a data race: a write");
      }
      written_[view.thread] = view.now[view.thread] + 1;  // done when the thread takes its next step
    }
    value_ = value;
  }
  [[nodiscard]] T read() const noexcept {
    if (world.running()) {
      const View& view = world.view();
      for (unsigned i = 0; i < kMostThreads; ++i) {
        if (i != view.thread) world.expect(view.now[i] >= written_[i], "a data race: a read");
      }
      read_[view.thread] = view.now[view.thread] + 1;
    }
    return value_;
  }

 private:
  T value_{};
  std::array<std::uint32_t, kMostThreads> written_{};
  mutable std::array<std::uint32_t, kMostThreads> read_{};
};

inline void fence(std::memory_order order) noexcept {
  if (world.running()) world.fence(order);
}

}  // namespace interlox::test::sched
