// SPDX-License-Identifier: BSD-3-Clause
// How an entry holds its value. Only the map and its inspectors include this.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace interlox::trie::detail {

/// A value of at most a word: one atomic, changed in place.
template <class Value, class P>
class WordCell {
 public:
  using Word = std::conditional_t<
      sizeof(Value) == 8, std::uint64_t,
      std::conditional_t<sizeof(Value) == 4, std::uint32_t,
                         std::conditional_t<sizeof(Value) == 2, std::uint16_t, std::uint8_t>>>;
  static_assert(std::atomic<Word>::is_always_lock_free);
  static constexpr bool kInPlace = true;

  /// What a reader saw. Kept as bits, so that padding or a NaN can't make a value differ from itself.
  class Seen {
   public:
    explicit Seen(Word word) noexcept : word_(word) {}
    [[nodiscard]] Value value() const noexcept { return std::bit_cast<Value>(word_); }

   private:
    friend class WordCell;
    Word word_;
  };

  explicit WordCell(const Value& value) noexcept : word_(to_word(value)) {}

  [[nodiscard]] Seen seen() const noexcept {
    return Seen(word_.load(std::memory_order_acquire));  // (8) pairs with (7)
  }
  /// Whether the value still is what a reader saw. Needs the lock for a lasting answer.
  [[nodiscard]] bool still(const Seen& then) const noexcept {
    return word_.load(std::memory_order_relaxed) == then.word_;  // relaxed: only bits are compared
  }
  /// Needs the lock.
  void store(const Value& value) noexcept {
    word_.store(to_word(value), std::memory_order_release);  // (7) pairs with (8)
  }

 private:
  static Word to_word(const Value& value) noexcept {
    Word word = 0;
    std::memcpy(&word, &value, sizeof(Value));
    return word;
  }

  typename P::template atomic<Word> word_;
};

/// A larger value: never changes; a new value gets a new entry.
template <class Value, class P>
class FixedCell {
 public:
  static constexpr bool kInPlace = false;

  class Seen {
   public:
    explicit Seen(const Value& value) noexcept : value_(value) {}
    [[nodiscard]] const Value& value() const noexcept { return value_; }

   private:
    Value value_;
  };

  explicit FixedCell(const Value& value) noexcept : value_(value) {}

  [[nodiscard]] Seen seen() const noexcept { return Seen(value_); }
  [[nodiscard]] static bool still(const Seen& /*then*/) noexcept { return true; }

 private:
  const Value value_;
};

/// No value, and no room taken: for sets.
template <class Value>
class EmptyCell {
 public:
  static constexpr bool kInPlace = false;

  struct Seen {
    [[nodiscard]] Value value() const noexcept { return {}; }
  };

  explicit EmptyCell(const Value& /*value*/) noexcept {}

  [[nodiscard]] Seen seen() const noexcept { return {}; }
  [[nodiscard]] static bool still(const Seen& /*then*/) noexcept { return true; }
};

template <class Value>
inline constexpr bool kFitsWord = sizeof(Value) == 1 || sizeof(Value) == 2 || sizeof(Value) == 4 ||
                                  sizeof(Value) == 8;

template <class Value, class P>
using ValueCell =
    std::conditional_t<std::is_empty_v<Value>, EmptyCell<Value>,
                       std::conditional_t<kFitsWord<Value>, WordCell<Value, P>, FixedCell<Value, P>>>;

}  // namespace interlox::trie::detail
