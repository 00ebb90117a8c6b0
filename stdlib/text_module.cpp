// SPDX-License-Identifier: BSD-3-Clause
// text: what text.lox can't do, or not well: the bytes of strings, and exact decimals.
#include <charconv>
#include <cmath>
#include <string>

#include "stdlib/modules.hpp"
#include "stdlib/text_tools.hpp"
#include "vm/list.hpp"
#include "vm/native_arguments.hpp"
#include "vm/print.hpp"
#include "vm/text.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::Value;

/// compare(a, b): -1, 0 or 1 by code points.
Value compare(const Arguments& in) {
  const vm::String* const a = in.string(0, "first argument");
  if (a == nullptr) return Value::absent();
  const vm::String* const b = in.string(1, "second argument");
  if (b == nullptr) return Value::absent();
  const int order = a->view().compare(b->view());  // bytes are in the order of code points
  return Value::number(order < 0 ? -1 : order > 0 ? 1 : 0);
}

/// toFixed(n, digits): rounded to that many digits behind the point; nan and inf as print writes them.
Value to_fixed(const Arguments& in) {
  const auto number = in.number(0, "number");
  if (!number) return Value::absent();
  const auto digits = in.count_of(1, "digits");
  if (!digits) return Value::absent();
  constexpr std::uint64_t kMostDigits = 100;
  if (*digits > kMostDigits) return in.fail(1, "digits", "at most 100");
  if (!std::isfinite(*number)) return make_text(vm::to_text(in[0]));
  char text[512];  // a sign, 309 digits, the point, 100 digits
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, *number, std::chars_format::fixed, static_cast<int>(*digits));
  return make_text({text, static_cast<std::size_t>(end - text)});
}

/// The string whose parts are the list's numbers; append(text, number) says whether one can be a part.
template <class Append>
Value from_numbers(const Arguments& in, const char* error, Append append) {
  const auto* const list = in.object<List>(0, vm::ObjectKind::list, "argument", "a list");
  if (list == nullptr) return Value::absent();
  std::string text;
  for (std::uint32_t i = 0; i < list->length(); ++i) {
    const Value element = list->get(i);
    if (element.is_absent()) break;  // another thread has shortened the list
    const double number = element.is_number() ? element.as_number() : -1;
    if (!(number >= 0 && number <= 0x10ffff) || number != std::floor(number) ||
        !append(text, static_cast<char32_t>(number))) {
      return in.thread().raise(error + vm::to_brief_text(element) + ".");
    }
  }
  return make_text(text);
}

Value from_code_points(const Arguments& in) {
  return from_numbers(in, "fromCodePoints() element must be a code point, not ", vm::append_character);
}

Value from_bytes(const Arguments& in) {
  return from_numbers(in, "fromBytes() element must be a byte, not ", [](std::string& text, char32_t number) {
    if (number > 0xff) return false;
    text += static_cast<char>(number);
    return true;
  });
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("compare", 2, compare),
    vm::method("toFixed", 2, to_fixed),
    vm::method("fromCodePoints", 1, from_code_points),
    vm::method("fromBytes", 1, from_bytes),
};

}  // namespace

constinit const std::span<const vm::NativeMember> text_members(kMembers);

}  // namespace interlox::stdlib
