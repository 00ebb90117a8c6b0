// SPDX-License-Identifier: BSD-3-Clause
// A value of the language in one 64-bit word that the collector can see through.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace interlox::vm {

struct Object;

/// One value: a number, nil, a boolean, or a reference to a collected object.
///
/// Encoding (after JavaScriptCore): a reference is the raw, untagged address of the
/// object, so that a conservative collector follows it wherever a value lies; a double is
/// its bits plus 2^49, which no user-space address reaches; nil, false and true are small
/// odd words below any address. The zero word is "absent": never a value of a program, but
/// what fresh memory holds, so that a missing field costs nothing to allocate.
///
/// Trivially copyable; two words with equal bits are the same value. Not every pair of
/// equal values has equal bits (0 and -0, strings): see equal() in object.hpp.
class Value {
 public:
  /// The absent word, as in fresh memory.
  constexpr Value() noexcept = default;

  static constexpr Value absent() noexcept { return Value(0); }
  static constexpr Value nil() noexcept { return Value(kNil); }
  static constexpr Value boolean(bool b) noexcept { return Value(kFalse + static_cast<std::uint64_t>(b)); }
  /// Any double; every NaN becomes the one quiet NaN, since the others' bits could reach
  /// the words reserved for references.
  static constexpr Value number(double d) noexcept {
    if (d != d) d = std::numeric_limits<double>::quiet_NaN();
    return Value(std::bit_cast<std::uint64_t>(d) + kDoubleOffset);
  }
  /// The result of an IEEE operation on numbers of the language: a NaN among them is the one of number(), its
  /// negation, or the processor's default one (a quiet NaN without payload), all of which leave the words
  /// of references alone. So this is number() without its test.
  static constexpr Value arithmetic(double d) noexcept {
    return Value(std::bit_cast<std::uint64_t>(d) + kDoubleOffset);
  }
  /// A reference. `object` must not be null.
  static Value object(const Object* object) noexcept {
    return Value(reinterpret_cast<std::uintptr_t>(object));
  }
  /// The value whose bits() were `bits`.
  static constexpr Value from_bits(std::uint64_t bits) noexcept { return Value(bits); }

  constexpr std::uint64_t bits() const noexcept { return bits_; }

  constexpr bool is_absent() const noexcept { return bits_ == 0; }
  constexpr bool is_nil() const noexcept { return bits_ == kNil; }
  constexpr bool is_boolean() const noexcept { return (bits_ | 1) == kTrue; }
  constexpr bool is_number() const noexcept { return bits_ >= kDoubleOffset; }
  constexpr bool is_object() const noexcept { return bits_ - (kTrue + 1) < kDoubleOffset - (kTrue + 1); }
  /// nil and false are false; everything else is true.
  constexpr bool is_falsey() const noexcept { return bits_ == kNil || bits_ == kFalse; }

  /// The accessors below may be called only when the matching is_...() holds.
  constexpr bool as_boolean() const noexcept { return bits_ == kTrue; }
  constexpr double as_number() const noexcept { return std::bit_cast<double>(bits_ - kDoubleOffset); }
  Object* as_object() const noexcept { return reinterpret_cast<Object*>(static_cast<std::uintptr_t>(bits_)); }

  /// Identity of the word, not the language's equality.
  friend constexpr bool operator==(Value a, Value b) noexcept { return a.bits_ == b.bits_; }

 private:
  explicit constexpr Value(std::uint64_t bits) noexcept : bits_(bits) {}

  static constexpr std::uint64_t kNil = 2;
  static constexpr std::uint64_t kFalse = 6;
  static constexpr std::uint64_t kTrue = 7;
  static constexpr std::uint64_t kDoubleOffset = std::uint64_t{1} << 49;

  std::uint64_t bits_ = 0;
};

static_assert(sizeof(Value) == 8);

}  // namespace interlox::vm
