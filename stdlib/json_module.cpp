// SPDX-License-Identifier: BSD-3-Clause
// json: parse() and stringify().
#include <string>

#include "stdlib/json.hpp"
#include "stdlib/modules.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

Value parse(const Arguments& in) {
  const vm::String* const text = in.string(0, "text");
  return text == nullptr ? Value::absent() : parse_json(in.thread(), text->view());
}

/// stringify(value, indent?): a number of spaces, or what each level is indented by; 0 and "": all in one
/// line.
Value stringify(const Arguments& in) {
  constexpr double kMostSpaces = 100;
  std::string indent;
  if (in.has(1)) {
    if (vm::is_object(in[1], vm::ObjectKind::string)) {
      indent = vm::as<vm::String>(in[1])->view();
    } else if (in[1].is_number() && in[1].as_number() >= 0 && in[1].as_number() <= kMostSpaces) {
      const auto spaces = in.count_of(1, "indent");
      if (!spaces) return Value::absent();
      indent.assign(*spaces, ' ');
    } else {
      return in.fail(1, "indent", "a number of spaces, at most 100, or a string");
    }
  }
  std::string out;
  if (!write_json(in.thread(), in[0], indent, out)) return Value::absent();
  return Value::object(vm::String::make(out));
}

constexpr vm::NativeMember kMembers[] = {vm::method("parse", 1, parse),
                                         vm::method("stringify", {1, 2}, stringify)};

}  // namespace

constinit const std::span<const vm::NativeMember> json_members(kMembers);

}  // namespace interlox::stdlib
