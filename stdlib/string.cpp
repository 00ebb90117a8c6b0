// SPDX-License-Identifier: BSD-3-Clause
// String: what programs can do with strings. Positions count characters (vm/text.hpp).
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "stdlib/builtins.hpp"
#include "stdlib/text_tools.hpp"
#include "vm/list.hpp"
#include "vm/print.hpp"
#include "vm/string_index.hpp"
#include "vm/text.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::String;
using vm::Value;

constexpr std::size_t kNowhere = std::string_view::npos;

std::string_view self(const Arguments& in) noexcept { return in.self<String>().view(); }

Value construct(const Arguments& in) {
  if (vm::is_object(in[0], vm::ObjectKind::string)) return in[0];
  const auto text = vm::text_of(in.thread(), in[0]);
  return text ? make_text(*text) : Value::absent();
}

Value length(const Arguments& in) { return Value::number(in.self<String>().character_count()); }

Value sub(const Arguments& in) {
  const String& string = in.self<String>();
  const std::uint32_t count = string.character_count();
  const auto from = in.integer(0, "start");
  if (!from) return Value::absent();
  std::uint32_t to = count;
  if (in.has(1)) {
    const auto end = in.integer(1, "end");
    if (!end) return Value::absent();
    to = vm::clamp_index(*end, count);
  }
  const std::uint32_t start = vm::clamp_index(*from, count);
  if (start >= to) return make_text({});
  const std::string_view rest = string.view().substr(vm::character_offset(string, start));
  if (string.is_of_single_bytes()) return make_text(rest.substr(0, to - start));
  return make_text(rest.substr(0, vm::offset_of_character(rest, to - start)));
}

Value find(const Arguments& in) {
  const String& string = in.self<String>();
  const String* const pattern = in.string(0, "text");
  if (pattern == nullptr) return Value::absent();
  std::size_t from = 0;
  if (in.has(1)) {
    const std::uint32_t count = string.character_count();
    const auto position = vm::resolve_index(in.thread(), "String", in[1], count, count + 1);
    if (!position) return Value::absent();
    from = vm::character_offset(string, *position);
  }
  const std::size_t found = vm::find_text(string.view(), pattern->view(), from);
  return found == kNowhere ? Value::nil() : Value::number(vm::character_position(string, found));
}

Value contains(const Arguments& in) {
  const String* const pattern = in.string(0, "text");
  if (pattern == nullptr) return Value::absent();
  return Value::boolean(vm::find_text(self(in), pattern->view(), 0) != kNowhere);
}

Value starts_with(const Arguments& in) {
  const String* const start = in.string(0, "text");
  if (start == nullptr) return Value::absent();
  return Value::boolean(self(in).starts_with(start->view()) &&
                        vm::is_character_boundary(self(in), start->length));
}

Value ends_with(const Arguments& in) {
  const String* const end = in.string(0, "text");
  if (end == nullptr) return Value::absent();
  return Value::boolean(self(in).ends_with(end->view()) &&
                        vm::is_character_boundary(self(in), self(in).size() - end->length));
}

/// Calls use(character) for each character of `text`.
template <class Use>
void for_each_character(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t length = vm::sequence_length(text);
    use(text.substr(0, length));
    text.remove_prefix(length);
  }
}

/// Calls use(piece) for each piece of `text` between the places where `separator`, which is not empty,
/// stands.
template <class Use>
void for_each_piece(std::string_view text, std::string_view separator, Use use) {
  std::size_t start = 0;
  for (std::size_t end; (end = vm::find_text(text, separator, start)) != kNowhere;
       start = end + separator.size()) {
    use(text.substr(start, end - start));
  }
  use(text.substr(start));
}

Value split(const Arguments& in) {
  const String* const separator = in.string(0, "separator");
  if (separator == nullptr) return Value::absent();
  List* const pieces = List::make();
  const auto add = [pieces](std::string_view piece) { pieces->add(make_text(piece)); };
  if (separator->length == 0) {
    for_each_character(self(in), add);
  } else {
    for_each_piece(self(in), separator->view(), add);
  }
  return Value::object(pieces);
}

Value replace(const Arguments& in) {
  const String* const old = in.string(0, "text");
  if (old == nullptr) return Value::absent();
  const String* const replacement = in.string(1, "replacement");
  if (replacement == nullptr) return Value::absent();
  std::string text;
  if (old->length == 0) {  // which stands before each character, and at the end
    for_each_character(self(in), [&](std::string_view character) {
      append_text(text, replacement->view());
      append_text(text, character);
    });
    append_text(text, replacement->view());
    return make_text(text);
  }
  if (replacement->length > String::kMaxLength / (self(in).size() + 1)) {
    // Before memory is filled with what must be too long.
    std::size_t seams = 0;
    for_each_piece(self(in), old->view(), [&](std::string_view) { ++seams; });
    check_text_length((seams - 1) * replacement->length);
  }
  bool is_first = true;
  for_each_piece(self(in), old->view(), [&](std::string_view piece) {
    if (!is_first) append_text(text, replacement->view());
    append_text(text, piece);
    is_first = false;
  });
  return make_text(text);
}

Value trim(const Arguments& in) {
  const std::string_view trimmed = trim_blanks(self(in));
  return trimmed.size() == self(in).size() ? in.receiver() : make_text(trimmed);
}

/// The receiver with the letters from `first` to `last` in the other case.
Value with_case(const Arguments& in, char first, char last) {
  constexpr char kCaseBit = 0x20;
  std::string text(self(in));
  for (char& c : text) {
    if (c >= first && c <= last) c = static_cast<char>(c ^ kCaseBit);
  }
  return make_text(text);
}

Value upper(const Arguments& in) { return with_case(in, 'a', 'z'); }
Value lower(const Arguments& in) { return with_case(in, 'A', 'Z'); }

Value repeat(const Arguments& in) {
  const auto count = in.count_of(0, "count");
  if (!count) return Value::absent();
  const std::string_view unit = self(in);
  if (unit.empty() || *count == 1) return in.receiver();
  if (*count > String::kMaxLength / unit.size()) return in.thread().raise("String too long.");
  const std::size_t length = unit.size() * *count;
  std::string text;
  text.reserve(length);
  if (length != 0) text = unit;
  while (text.size() < length)
    text.append(text, 0, length - text.size());  // twice as long, or what is missing
  return make_text(text);
}

Value bytes(const Arguments& in) {
  List* const list = List::make(self(in).size());
  for (const char byte : self(in)) list->add(Value::number(static_cast<unsigned char>(byte)));
  return Value::object(list);
}

Value code_points(const Arguments& in) {
  List* const list = List::make(in.self<String>().character_count());
  for_each_character(self(in), [list](std::string_view character) {
    list->add(Value::number(static_cast<double>(vm::decode_character(character))));
  });
  return Value::object(list);
}

Value join(const Arguments& in) {
  const auto* const list = in.object<List>(0, vm::ObjectKind::list, "list", "a list");
  return list == nullptr ? Value::absent() : join_elements(in.thread(), *list, self(in));
}

constexpr vm::NativeMember kMembers[] = {
    vm::property("length", length),
    vm::method("sub", {1, 2}, sub),
    vm::method("find", {1, 2}, find),
    vm::method("contains", 1, contains),
    vm::method("startsWith", 1, starts_with),
    vm::method("endsWith", 1, ends_with),
    vm::method("split", 1, split),
    vm::method("trim", 0, trim),
    vm::method("upper", 0, upper),
    vm::method("lower", 0, lower),
    vm::method("replace", 2, replace),
    vm::method("repeat", 1, repeat),
    vm::method("bytes", 0, bytes),
    vm::method("codePoints", 0, code_points),
    vm::method("join", 1, join),
};

}  // namespace

constinit const vm::NativeClassPlan string_plan{"String", vm::ObjectKind::string, 1, construct, kMembers};

}  // namespace interlox::stdlib
