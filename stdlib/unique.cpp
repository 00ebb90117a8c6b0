// SPDX-License-Identifier: BSD-3-Clause
// Unique: one handle for all equal values.
#include "vm/unique.hpp"

#include "stdlib/builtins.hpp"
#include "vm/interchange.hpp"
#include "vm/print.hpp"
#include "vm/unique_content.hpp"
#include "vm/unique_table.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Unique;
using vm::Value;

Value construct(const Arguments& in) {
  Value culprit;
  const Value content = vm::to_content(in[0], culprit);
  if (content.is_absent()) {
    return in.thread().raise(
        "Unique() value must be a boolean, number, string, nil, symbol, handle or list of such, not " +
        vm::to_brief_text(culprit) + ".");
  }
  return Value::object(vm::UniqueTable::instance().make(vm::lookup_of(content)));
}

Value value(const Arguments& in) {
  Value culprit;
  const Value content = vm::from_content(in.self<Unique>().content(), culprit);
  if (!content.is_absent()) return content;
  return in.thread().raise(vm::refusal(culprit, "unique handle"));
}

constexpr vm::NativeMember kMembers[] = {vm::property("value", value)};

}  // namespace

constinit const vm::NativeClassPlan unique_plan{"Unique", vm::ObjectKind::unique, 1, construct, kMembers};

}  // namespace interlox::stdlib
