// SPDX-License-Identifier: BSD-3-Clause
// What the module os needs to know of the process that it runs in; its host tells.
#pragma once

#include <string>
#include <vector>

namespace interlox::stdlib {

/// Sets what os.args will have, for modules that are loaded from now on. Before any thread runs code.
void set_program_arguments(std::vector<std::string> arguments);

/// Ends the process; called on any thread that runs code, and does not return.
using ExitFunction = void (*)(int code);

/// Sets what os.exit() calls. Without it the thread's output is flushed and the process ends at once, since
/// other threads may be running. Before any thread runs code.
void set_exit_function(ExitFunction function) noexcept;

}  // namespace interlox::stdlib
