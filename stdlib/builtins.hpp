// SPDX-License-Identifier: BSD-3-Clause
// The builtin classes, as install() defines them: each plan is in a file of its own.
#pragma once

#include "vm/native_class.hpp"

namespace interlox::stdlib {

extern const vm::NativeClassPlan list_plan;  // list.cpp
extern const vm::NativeClassPlan map_plan;   // map.cpp

}  // namespace interlox::stdlib
