// SPDX-License-Identifier: BSD-3-Clause
// Values as tries, channels and scripts exchange them: integers keep their 64 bits beside
// floats, strings compare by content, and all compare as in Lua (1 == 1.0, 2^53+1 ~= 2.0^53).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vm/object.hpp"

namespace interlox::vm {

/// A Lua table on its way through a channel or to a thread: an immutable copy. Each reader makes
/// a fresh table of it. Its values may be copies again, never in a circle.
struct TableCopy : Object {
  struct Pair {
    Value key;
    Value value;
  };
  std::uint32_t count = 0;  // pairs in use
  Pair* pairs = nullptr;

  /// A copy with room for `capacity` pairs, none in use. Throws gc::OutOfMemory.
  static TableCopy* make(std::uint32_t capacity);

 private:
  TableCopy() noexcept : Object(ObjectKind::table_copy) {}
};

/// A value that somebody only asks about: a key to look up, an old value to compare with. It
/// owns nothing and allocates nothing; `text` must outlive it.
struct Lookup {
  enum class Kind : std::uint8_t { word, number, integer, text };

  Kind kind = Kind::word;
  Value word;         // word: nil, a boolean, or an object that is compared by identity, a range by its ends
  double number = 0;  // number
  std::int64_t integer = 0;  // integer
  std::string_view text;     // text

  static Lookup of_word(Value v) noexcept {
    Lookup l;
    l.word = v;
    return l;
  }
  static Lookup of_number(double d) noexcept {
    Lookup l;
    l.kind = Kind::number;
    l.number = d;
    return l;
  }
  static Lookup of_integer(std::int64_t i) noexcept {
    Lookup l;
    l.kind = Kind::integer;
    l.integer = i;
    return l;
  }
  static Lookup of_text(std::string_view s) noexcept {
    Lookup l;
    l.kind = Kind::text;
    l.text = s;
    return l;
  }
};

/// `v` taken apart. The text lies inside the object: keep `v` where the collector sees it.
Lookup lookup_of(Value v) noexcept;

/// Whether `a` and `b` are equal as in Lua: numbers by their mathematical value whatever their
/// type (a NaN equals nothing), texts and ranges by content, all else by identity. Wait-free.
bool same(const Lookup& a, const Lookup& b) noexcept;
inline bool same(Value a, Value b) noexcept { return same(lookup_of(a), lookup_of(b)); }

/// A hash that is equal for whatever is same(). Wait-free.
std::uint64_t hash(const Lookup& l, std::uint64_t seed) noexcept;

/// The value itself, with its own copy of the text. Throws gc::OutOfMemory, and
/// std::length_error if the text is longer than a string can be.
Value make_value(const Lookup& l);

/// `d` as the integer that it is, if it is one of 64 bits.
std::optional<std::int64_t> to_integer(double d) noexcept;

/// `v`, which came out of a trie or a channel, as a program of the language can hold it: an
/// integer becomes a number. Nothing if it can't: an integer that no double equals, or a
/// table's copy. Wait-free.
std::optional<Value> to_language(Value v) noexcept;

/// `i` as a number of the language, if a double equals it.
std::optional<Value> to_language(std::int64_t i) noexcept;

/// What a program is told about `v`, which to_language() has refused: `The integer 9007199254740993 in a
/// channel is too large for a number.` `place` is what it lies in, without the article. Throws
/// std::bad_alloc.
std::string refusal(Value v, std::string_view place);

}  // namespace interlox::vm
