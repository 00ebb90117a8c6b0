// SPDX-License-Identifier: BSD-3-Clause
// The builtin classes, as install() defines them: each plan is in a file of its own.
#pragma once

#include "vm/native_class.hpp"

namespace interlox::stdlib {

extern const vm::NativeClassPlan atomic_plan;
extern const vm::NativeClassPlan channel_plan;
extern const vm::NativeClassPlan concurrent_map_plan;
extern const vm::NativeClassPlan list_plan;
extern const vm::NativeClassPlan map_plan;
extern const vm::NativeClassPlan mutex_plan;  // threads.cpp
extern const vm::NativeClassPlan number_plan;
extern const vm::NativeClassPlan range_plan;
extern const vm::NativeClassPlan string_plan;
extern const vm::NativeClassPlan symbol_plan;
extern const vm::NativeClassPlan thread_plan;  // threads.cpp; made by spawn()
extern const vm::NativeClassPlan unique_plan;
extern const vm::NativeClassPlan weak_ref_plan;    // collector.cpp
extern const vm::NativeClassPlan cleanup_plan;     // of what onCollect() gives: no global
extern const vm::NativeClassPlan collector_plan;   // of GC: no global
extern const vm::NativeClassPlan weak_table_plan;  // of GC.symbols and GC.handles: no global

/// onCollect(target, action, argument).
vm::Value on_collect(const vm::Arguments& in);
/// spawn(function, arguments...): threads.cpp.
vm::Value spawn(const vm::Arguments& in);
/// select(channels, seconds?): channel.cpp.
vm::Value select(const vm::Arguments& in);

}  // namespace interlox::stdlib
