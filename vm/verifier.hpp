// SPDX-License-Identifier: BSD-3-Clause
// What the interpreter takes for granted of the code that it runs, checked.
#pragma once

#include <string>

#include "vm/function.hpp"

namespace interlox::vm {

/// What is wrong with `function`, or with a function among its constants and theirs: one line that names the
/// function, the instruction, its operand, and what was expected of it. Empty if nothing is.
///
/// Every instruction has an opcode; its registers are below the function's count, also the last of those that
/// a call or a list takes; its constants, globals, caches and upvalues exist and are of the kind that it
/// needs; its jump leads to an instruction. Control never runs off the end. Handlers cover instructions,
/// inner ones before those around them, and lead behind what they cover. Each instruction has a line and a
/// column. Closures find the boxes that they capture.
///
/// And along every path that control may take, errors included, registers hold what is read from them: a
/// value, or the box, class, closure, list, iteration or trace that an instruction relies on without looking.
/// With one exception: which way a finally block was entered is known by a number in a register, so its
/// handler's two registers may be moved, returned and rethrown whether they are set or not.
///
/// Any thread that is registered; the function must be kept alive. Throws std::bad_alloc.
std::string verify(const Function& function);

/// Writes what verify() finds to standard error and ends the process, if it finds something.
void require_verified(const Function& function);

}  // namespace interlox::vm
