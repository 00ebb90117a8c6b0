// SPDX-License-Identifier: BSD-3-Clause
// From instruction to instruction: the table that the interpreter's loop jumps by. For interpreter.cpp alone.
#pragma once

#include <atomic>
#include <cstddef>

#include "vm/frames.hpp"

namespace interlox::vm {

/// An address of code in the loop.
using Label = const void*;

/// Where the code of each instruction is: the loop's own labels, or while an interrupt is requested for any
/// thread that of the loop's code for interrupts, for all. So an interrupt costs nothing until there is one.
/// Relaxed throughout: a thread that reads an old label runs one instruction more.
extern std::atomic<Label> dispatch[kLabels];

/// Makes these the loop's labels: kLabels of them, and that for interrupts. Called once, by the first thread
/// that comes to the loop.
bool use_labels(const Label* labels) noexcept;

/// The label of an instruction without interrupts.
Label own_label(std::size_t opcode) noexcept;

}  // namespace interlox::vm
