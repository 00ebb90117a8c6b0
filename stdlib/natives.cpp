// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/natives.hpp"

#include <ctime>

#include "stdlib/builtins.hpp"
#include "stdlib/modules.hpp"
#include "vm/collecting.hpp"
#include "vm/exceptions.hpp"
#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::stdlib {
namespace {

/// clock(): the seconds of processor time that the process has used. Any arguments are ignored.
vm::Value clock_native(const vm::Arguments& /*in*/) {
  return vm::Value::number(static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
}

}  // namespace

void install(vm::VM& machine) {
  machine.define_native("clock", vm::Arity::any(), clock_native);
  machine.define_native("onCollect", 3, on_collect);
  machine.define_native("spawn", {1, vm::Arity::kUnlimited}, spawn);
  machine.define_native("select", {1, 2}, select);
  machine.set_standard_modules(standard_modules());
  for (const vm::NativeClassPlan* const plan :
       {&atomic_plan, &channel_plan, &concurrent_map_plan, &list_plan, &map_plan, &mutex_plan, &number_plan,
        &range_plan, &string_plan, &symbol_plan, &thread_plan, &unique_plan, &weak_ref_plan}) {
    machine.define_builtin(plan->name, vm::Value::object(vm::NativeClass::of(*plan)));
  }
  // Of these there are values, but no class that a program could name.
  for (const vm::NativeClassPlan* const plan : {&cleanup_plan, &collector_plan, &weak_table_plan})
    vm::NativeClass::of(*plan);
  machine.define_builtin("Error", vm::Value::object(vm::error_class()));
  machine.define_builtin("GC", vm::Value::object(vm::Collector::make()));
}

}  // namespace interlox::stdlib
