// SPDX-License-Identifier: BSD-3-Clause
// Arguments that may be left out, for the modules that are written in the language, which has no way to say
// so.
#pragma once

#include "vm/native_arguments.hpp"

namespace interlox::stdlib {

/// _optional(f, least): the function, the method (of any object) or the class's init() may be called with so
/// few arguments; the others are nil then. For what a module has just declared: no other thread knows it yet.
vm::Value make_arguments_optional(const vm::Arguments& in);

}  // namespace interlox::stdlib
