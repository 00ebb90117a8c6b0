// SPDX-License-Identifier: BSD-3-Clause
// The lines of the read-eval-print loop: from a terminal, with or without an editor, or from a pipe.
#pragma once

#include <memory>
#include <string>

#include "vm/repl.hpp"

namespace interlox::cli {

/// Lines of standard input. If that is a terminal: with prompts, with Ctrl-C stopping what runs, and, where
/// the program was built with libedit, with editing, history and completion for `machine`, which must
/// outlive the result. Call once, on the thread that is to run the lines.
std::unique_ptr<vm::LineSource> make_line_source(const vm::VM& machine);

/// Where the lines typed are remembered: what INTERLOX_HISTORY says, or a file in the home folder. Empty:
/// nowhere.
std::string history_path();

/// The editor alone; null if the program was built without it, or it can't start here.
std::unique_ptr<vm::LineSource> make_line_editor(const vm::VM& machine);

}  // namespace interlox::cli
