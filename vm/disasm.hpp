// SPDX-License-Identifier: BSD-3-Clause
// Compiled code as text.
#pragma once

#include <ostream>
#include <string_view>

#include "vm/function.hpp"

namespace interlox::vm {

/// How the operands of an opcode are read. Wait-free, any thread, as all of this file.
Format opcode_format(Opcode op) noexcept;
/// The opcode's name, e.g. "load_k".
const char* opcode_name(Opcode op) noexcept;

/// Writes `function`, and after it every function among its constants, in this form: a heading
///
///     == NAME (SOURCE), arity A, N registers, N captures ==
///
/// and a line for each instruction: its offset, its source line (`|` for the line of the one above), its
/// name, its operands (R register, K constant, G global, U upvalue, C cache, -> target of a jump), and
/// after `;` what they stand for. Where `source` (the text that the function was compiled from) is given,
/// each run of instructions from one line has that line, after `;`, above it.
void disassemble(const Function& function, std::ostream& out, std::string_view source = {});

}  // namespace interlox::vm
