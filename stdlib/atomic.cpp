// SPDX-License-Identifier: BSD-3-Clause
// Atomic: a variable that threads share.
#include "vm/atomic.hpp"

#include "stdlib/builtins.hpp"
#include "vm/print.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Atomic;
using vm::Value;

Value construct(const Arguments& in) { return Value::object(Atomic::make(in[0])); }

Value get(const Arguments& in) { return in.self<Atomic>().get(); }

Value set(const Arguments& in) {
  in.self<Atomic>().set(in[0]);
  return Value::nil();
}

Value swap(const Arguments& in) { return in.self<Atomic>().swap(in[0]); }

Value compare_and_set(const Arguments& in) {
  return Value::boolean(in.self<Atomic>().compare_and_set(in[0], in[1]));
}

Value add(const Arguments& in) {
  const auto n = in.number(0, "argument");
  if (!n) return Value::absent();
  const Value sum = in.self<Atomic>().add(*n);
  if (sum.is_number()) return sum;
  return in.thread().raise("Cannot add to an Atomic that holds " + vm::to_brief_text(sum) + ".");
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("get", 0, get),   vm::method("set", 1, set),
    vm::method("swap", 1, swap), vm::method("compareAndSet", 2, compare_and_set),
    vm::method("add", 1, add),
};

}  // namespace

constinit const vm::NativeClassPlan atomic_plan{"Atomic", vm::ObjectKind::atomic, 1, construct, kMembers};

}  // namespace interlox::stdlib
