// SPDX-License-Identifier: BSD-3-Clause
// The read-eval-print loop.
#pragma once

#include <iosfwd>

#include "vm/vm.hpp"

namespace interlox::vm {

/// Reads declarations and statements from `input` to its end and runs each in `machine`;
/// an error is shown on standard error, and the loop goes on. Input that ends in the
/// middle of something is continued on the next line; an empty line ends it as it is.
/// `prompts`: whether to write "> " and "... " (when a person types).
void repl(VM& machine, std::istream& input, bool prompts);

}  // namespace interlox::vm
