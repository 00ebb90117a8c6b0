// SPDX-License-Identifier: BSD-3-Clause
// stdlib/ is the library that programs of the language find: what is written in C++ starts here.
#pragma once

#include "vm/vm.hpp"

namespace interlox::stdlib {

/// Defines the builtins as globals of `machine`: clock, the classes of builtins.hpp, and what it can import
/// (modules.hpp). Before it runs anything. The calling thread needs a vm::ThreadScope; throws
/// gc::OutOfMemory.
void install(vm::VM& machine);

}  // namespace interlox::stdlib
