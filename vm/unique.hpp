// SPDX-License-Identifier: BSD-3-Clause
// Unique handles: one object for all equal contents, so that comparing two is comparing addresses.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// The text of a handle: a length, so many bytes, and a NUL. It stands in the handle's entry in the table, a
/// block that is not scanned, where a search finds it without touching the handle.
struct UniqueText {
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  bool is_text() const noexcept { return length != kNone; }
  std::string_view view() const noexcept { return {bytes, length}; }

  std::uint32_t length;  // kNone: the content is no string
  char bytes[4];
};

/// A unique handle, immutable. It holds its content: a string by the block that has its bytes, anything else
/// as a value.
struct Unique : Object {
  /// Whether the content is a string.
  bool is_text() const noexcept { return capacity == kText; }
  /// The string's bytes.
  std::string_view text() const noexcept {
    return reinterpret_cast<const UniqueText*>(reinterpret_cast<const char*>(bits_) + kTextOffset)->view();
  }
  /// Any other content: nil, a boolean, a number, an Integer, a Symbol, a Unique or a Tuple.
  Value word() const noexcept { return Value::from_bits(bits_); }

  /// The content, for comparing. Wait-free; valid as long as the handle is held.
  Lookup lookup() const noexcept { return is_text() ? Lookup::of_text(text()) : lookup_of(word()); }
  /// The content as a value: a string is made afresh each time. Throws gc::OutOfMemory.
  Value content() const { return is_text() ? Value::object(String::make(text())) : word(); }

 private:
  friend class UniqueTable;
  friend struct UniqueTraits;
  friend class HeapWalk;
  static constexpr std::uint16_t kText = 1;
  static constexpr std::size_t kTextOffset = 16;  // in an entry

  /// A handle for `content`; one for a string has none until its entry is made. Throws gc::OutOfMemory.
  static Unique* make(const Lookup& content);

  explicit Unique(Value word) noexcept : Object(ObjectKind::unique), bits_(word.bits()) {}
  Unique() noexcept : Object(ObjectKind::unique) { capacity = kText; }

  std::uint64_t bits_ = 0;  // a value's, or the address of the entry that has the text
};

static_assert(sizeof(Unique) == 16);

}  // namespace interlox::vm
