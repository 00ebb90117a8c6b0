// SPDX-License-Identifier: BSD-3-Clause
// The builtin classes, as install() defines them: each plan is in a file of its own.
#pragma once

#include "vm/native_class.hpp"

namespace interlox::stdlib {

extern const vm::NativeClassPlan atomic_plan;
extern const vm::NativeClassPlan concurrent_map_plan;
extern const vm::NativeClassPlan list_plan;
extern const vm::NativeClassPlan map_plan;
extern const vm::NativeClassPlan number_plan;
extern const vm::NativeClassPlan range_plan;
extern const vm::NativeClassPlan string_plan;
extern const vm::NativeClassPlan symbol_plan;
extern const vm::NativeClassPlan unique_plan;
extern const vm::NativeClassPlan weak_ref_plan;   // collector.cpp
extern const vm::NativeClassPlan cleanup_plan;    // of what onCollect() gives: no global
extern const vm::NativeClassPlan collector_plan;  // of GC: no global

/// onCollect(target, action, argument).
vm::Value on_collect(const vm::Arguments& in);

}  // namespace interlox::stdlib
