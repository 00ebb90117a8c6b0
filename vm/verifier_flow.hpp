// SPDX-License-Identifier: BSD-3-Clause
// What the two halves of the verifier share: for verifier.cpp and verifier_flow.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vm/function.hpp"
#include "vm/opcodes.hpp"

namespace interlox::vm {

/// Thrown by either half: what verify() is to say.
struct CodeFault {
  std::string text;
};

/// The opcode's flags in the table of opcodes.hpp.
std::uint32_t effects_of(Opcode op) noexcept;

/// Where the instruction at `index` may jump to, if it is a jump; perhaps outside the code.
std::optional<std::int64_t> jump_target(Instruction word, std::uint32_t index) noexcept;

/// The function's name in a fault.
std::string function_text(const Function& function);

/// Throws CodeFault about one instruction.
[[noreturn]] void throw_fault(const Function& function, std::uint32_t index, const std::string& part,
                              const std::string& expected, const std::string& found);

/// Follows every path through `function`, whose form is right, with what its registers hold. Throws
/// CodeFault.
void follow_values(const Function& function);

}  // namespace interlox::vm
