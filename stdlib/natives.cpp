// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/natives.hpp"

#include <ctime>

#include "stdlib/builtins.hpp"
#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::stdlib {
namespace {

/// clock(): the seconds of processor time that the process has used. Any arguments are ignored.
vm::Value clock_native(vm::Thread& /*thread*/, const vm::Value* /*arguments*/, std::uint32_t /*count*/) {
  return vm::Value::number(static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
}

}  // namespace

void install(vm::VM& machine) {
  machine.define_native("clock", vm::Arity::any(), clock_native);
  for (const vm::NativeClassPlan* const plan : {&list_plan, &map_plan}) {
    machine.set_global(plan->name, vm::Value::object(vm::NativeClass::of(*plan)));
  }
}

}  // namespace interlox::stdlib
