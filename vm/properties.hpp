// SPDX-License-Identifier: BSD-3-Clause
// receiver.name for those who are not compiled code: Lua, and programs that embed the VM.
#pragma once

#include "vm/symbol.hpp"
#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// The value of `receiver.name` as a program reads it: a field, what a getter gives, a method bound to its
/// receiver, a member of a module. Absent, with the thread's error set, if there is none or the getter fails.
/// Throws gc::OutOfMemory, std::bad_alloc.
Value get_property(Thread& thread, Value receiver, const Symbol* name);

/// `receiver.name = value` as a program writes it. False, with the thread's error set, if the receiver is no
/// instance. Throws likewise, and ShapesExhausted.
bool set_property(Thread& thread, Value receiver, const Symbol* name, Value value);

}  // namespace interlox::vm
