// SPDX-License-Identifier: BSD-3-Clause
// Tests written in Lox, for `interlox test`.
#pragma once

#include <string>
#include <string_view>

#include "vm/lua/runtime.hpp"
#include "vm/lua/tap.hpp"

namespace interlox::lua {

/// Whether a file of this name holds such a test.
bool is_lox_test(std::string_view file) noexcept;

/// Runs `file` in a VM of its own. If it reports no results to `tap` meanwhile, it is one test, which passes
/// if the program ends without an error; else such an error is one more that fails. What the program prints
/// goes where this thread's output does. Needs a vm::ThreadScope; throws std::bad_alloc.
void run_lox_test(const Options& options, const std::string& file, Tap& tap);

}  // namespace interlox::lua
