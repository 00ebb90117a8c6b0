// SPDX-License-Identifier: BSD-3-Clause
// Unique handles: one object for all equal contents, so that comparing two is comparing addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "vm/interchange.hpp"
#include "vm/object.hpp"

namespace interlox::vm {

/// A list as the content of a handle, or as a part of it: never changes. Its elements are nil, booleans,
/// numbers, integers, strings, symbols, handles and tuples, never in a circle. Never a value of a program.
struct Tuple : Object {
  std::uint32_t count;
  Value elements[1];  // count of them

  /// A tuple of `count` nils, for its maker to fill in before anybody else sees it. Throws gc::OutOfMemory.
  static Tuple* make(std::uint32_t count);

  /// How deep tuples may lie in each other.
  static constexpr int kMaxDepth = 180;

 private:
  explicit Tuple(std::uint32_t n) noexcept : Object(ObjectKind::tuple), count(n) {}
};

/// A unique handle, immutable. It holds its content: the bytes of a string in itself, so that a handle for a
/// string is one block that the collector need not scan; anything else as a value.
struct Unique : Object {
  /// Whether the content is a string.
  bool is_text() const noexcept { return flags == kText; }
  /// The string's bytes.
  std::string_view text() const noexcept { return {payload_ + sizeof(std::uint32_t), read<std::uint32_t>()}; }
  /// Any other content: nil, a boolean, a number, an Integer, a Symbol, a Unique or a Tuple.
  Value word() const noexcept { return Value::from_bits(read<std::uint64_t>()); }

  /// The content, for comparing. Wait-free; valid as long as the handle is held.
  Lookup lookup() const noexcept { return is_text() ? Lookup::of_text(text()) : lookup_of(word()); }
  /// The content as a value: a string is made afresh each time. Throws gc::OutOfMemory.
  Value content() const { return is_text() ? Value::object(String::make(text())) : word(); }

 private:
  friend class UniqueTable;
  static constexpr std::uint16_t kText = 1;

  /// A handle for a copy of `content`. Throws gc::OutOfMemory.
  static Unique* make(const Lookup& content);

  explicit Unique(Value word) noexcept;
  explicit Unique(std::string_view text) noexcept;

  template <class T>
  T read() const noexcept {
    T word;
    std::memcpy(&word, payload_, sizeof(T));
    return word;
  }

  // A value's word; or a length of 32 bits, so many bytes, which go beyond this struct, and a NUL.
  alignas(8) char payload_[8];
};

static_assert(sizeof(Unique) == 16);

}  // namespace interlox::vm
