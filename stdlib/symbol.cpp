// SPDX-License-Identifier: BSD-3-Clause
// Symbol: names that are one object however often they are made.
#include "vm/symbol.hpp"

#include "stdlib/builtins.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Symbol;
using vm::Value;

Value construct(const Arguments& in) {
  const vm::String* const name = in.string(0, "name");
  if (name == nullptr) return Value::absent();
  return Value::object(vm::intern(name->view()));
}

Value name(const Arguments& in) { return Value::object(vm::String::make(in.self<Symbol>().view())); }

constexpr vm::NativeMember kMembers[] = {vm::property("name", name)};

}  // namespace

constinit const vm::NativeClassPlan symbol_plan{"Symbol", vm::ObjectKind::symbol, 1, construct, kMembers};

}  // namespace interlox::stdlib
