// SPDX-License-Identifier: BSD-3-Clause
// A ledger of who is held: equal elements of a canonical set must be one while anybody holds one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace interlox::test {

/// For each key the one element that is held, and how often. A thread says hold() after it has got an
/// element, and let_go() before it drops it. Keeps nothing alive: it lies in memory that no collector scans.
/// Lock-free, so that it doesn't order the threads whose races it is to judge more than it must.
class Holders {
 public:
  explicit Holders(std::size_t keys) : words_(new std::atomic<std::uint64_t>[keys] {}) {}

  /// False if another element of this key is held.
  [[nodiscard]] bool hold(std::uint64_t key, const void* element) noexcept {
    const std::uint64_t mine = word_of(element);
    std::uint64_t word = words_[key].load();
    do {
      if (count_of(word) != 0 && (word & ~kCount) != mine) return false;
    } while (!words_[key].compare_exchange_weak(word, mine | (count_of(word) + 1)));
    return true;
  }
  void let_go(std::uint64_t key) noexcept { words_[key].fetch_sub(1); }

  [[nodiscard]] bool holds(std::uint64_t key, const void* element) const noexcept {
    const std::uint64_t word = words_[key].load();
    return count_of(word) != 0 && (word & ~kCount) == word_of(element);
  }

 private:
  // Addresses have 48 bits, of which none is lost; so many holders that the count overflows there never are.
  static constexpr std::uint64_t kCount = 0xffff;
  static std::uint64_t count_of(std::uint64_t word) noexcept { return word & kCount; }
  static std::uint64_t word_of(const void* element) noexcept {
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(element)) << 16;
  }

  const std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

}  // namespace interlox::test
