// SPDX-License-Identifier: BSD-3-Clause
// Range: what programs read of a..b.
#include "vm/range.hpp"

#include "stdlib/builtins.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Range;
using vm::Value;

Value from(const Arguments& in) { return Value::number(in.self<Range>().from); }
Value to(const Arguments& in) { return Value::number(in.self<Range>().to); }
Value length(const Arguments& in) { return Value::number(in.self<Range>().length()); }

constexpr vm::NativeMember kMembers[] = {vm::property("from", from), vm::property("to", to),
                                         vm::property("length", length)};

}  // namespace

constinit const vm::NativeClassPlan range_plan{"Range", vm::ObjectKind::range, 0, nullptr, kMembers};

}  // namespace interlox::stdlib
