// SPDX-License-Identifier: BSD-3-Clause
// Number: from text to numbers.
#include <string_view>

#include "stdlib/builtins.hpp"
#include "stdlib/text_tools.hpp"
#include "vm/number_literal.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

Value construct(const Arguments& in) {
  if (in[0].is_number()) return in[0];
  if (!vm::is_object(in[0], vm::ObjectKind::string)) return in.fail(0, "text", "a string or number");
  std::string_view text = trim_blanks(vm::as<vm::String>(in[0])->view());
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = vm::parse_number_literal(text);
  if (!number) return Value::nil();
  return Value::number(is_negative ? -*number : *number);
}

}  // namespace

constinit const vm::NativeClassPlan number_plan{"Number", vm::ObjectKind::number, 1, construct, {}};

}  // namespace interlox::stdlib
