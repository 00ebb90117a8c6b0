// SPDX-License-Identifier: BSD-3-Clause
#include "vm/interchange.hpp"

#include <new>
#include <stdexcept>

#include "gc/heap.hpp"
#include "trie/hash.hpp"
#include "vm/range.hpp"

namespace interlox::vm {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

// A number that equals an integer is hashed and compared as that integer, so that the two
// types meet in one form.
Lookup canonical(const Lookup& l) noexcept {
  if (l.kind == Lookup::Kind::number) {
    if (const auto i = to_integer(l.number)) return Lookup::of_integer(*i);
  }
  return l;
}

}  // namespace

TableCopy* TableCopy::make(std::uint32_t capacity) {
  auto* copy = ::new (gc::allocate(sizeof(TableCopy))) TableCopy;
  if (capacity != 0) copy->pairs = static_cast<Pair*>(gc::allocate(std::size_t{capacity} * sizeof(Pair)));
  return copy;
}

Lookup lookup_of(Value v) noexcept {
  if (v.is_number()) return Lookup::of_number(v.as_number());
  if (is_object(v, ObjectKind::integer)) return Lookup::of_integer(as<Integer>(v)->value);
  if (is_object(v, ObjectKind::string)) return Lookup::of_text(as<String>(v)->view());
  return Lookup::of_word(v);
}

bool same(const Lookup& a, const Lookup& b) noexcept {
  if (a.kind == Lookup::Kind::text || b.kind == Lookup::Kind::text) {
    if (a.kind != b.kind) return false;
    // One and the same string needs no comparison of its bytes.
    return (a.text.data() == b.text.data() && a.text.size() == b.text.size()) || a.text == b.text;
  }
  const Lookup x = canonical(a);
  const Lookup y = canonical(b);
  if (x.kind != y.kind) return false;
  switch (x.kind) {
    case Lookup::Kind::word:
      return equal(x.word, y.word);  // ranges by value
    case Lookup::Kind::number:
      return x.number == y.number;
    case Lookup::Kind::integer:
      return x.integer == y.integer;
    case Lookup::Kind::text:
      break;
  }
  return false;
}

std::uint64_t hash(const Lookup& l, std::uint64_t seed) noexcept {
  if (l.kind == Lookup::Kind::text) return trie::hash_bytes(l.text, seed);
  const Lookup x = canonical(l);
  switch (x.kind) {
    case Lookup::Kind::word:
      if (is_object(x.word, ObjectKind::range)) return as<Range>(x.word)->hash(seed);
      return trie::hash_integer(x.word.bits(), seed);
    case Lookup::Kind::number:
      return trie::hash_integer(std::bit_cast<std::uint64_t>(x.number), seed);
    case Lookup::Kind::integer:
      return trie::hash_integer(static_cast<std::uint64_t>(x.integer), seed);
    case Lookup::Kind::text:
      break;
  }
  return 0;
}

Value make_value(const Lookup& l) {
  switch (l.kind) {
    case Lookup::Kind::word:
      break;
    case Lookup::Kind::number:
      return Value::number(l.number);
    case Lookup::Kind::integer:
      return Value::object(Integer::make(l.integer));
    case Lookup::Kind::text:
      if (l.text.size() > String::kMaxLength) throw std::length_error("string is too long");
      return Value::object(String::make(l.text));
  }
  return l.word;
}

std::optional<std::int64_t> to_integer(double d) noexcept {
  // The range check comes first: a conversion out of range is undefined. NaN fails it.
  if (!(d >= -kTwoTo63 && d < kTwoTo63)) return std::nullopt;
  const auto i = static_cast<std::int64_t>(d);
  if (static_cast<double>(i) != d) return std::nullopt;
  return i;
}

std::optional<Value> to_language(std::int64_t i) noexcept {
  const auto d = static_cast<double>(i);
  if (to_integer(d) != i) return std::nullopt;
  return Value::number(d);
}

std::optional<Value> to_language(Value v) noexcept {
  if (is_object(v, ObjectKind::integer)) return to_language(as<Integer>(v)->value);
  if (is_object(v, ObjectKind::table_copy)) return std::nullopt;
  return v;
}

std::string refusal(Value v, std::string_view place) {
  const std::string where = " in a " + std::string(place);
  if (is_object(v, ObjectKind::integer)) {
    return "The integer " + std::to_string(as<Integer>(v)->value) + where + " is too large for a number.";
  }
  return "The Lua table" + where + " can be read by Lua only.";
}

}  // namespace interlox::vm
