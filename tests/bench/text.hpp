// SPDX-License-Identifier: BSD-3-Clause
// A part's figures and targets as text, for the terminal.
#pragma once

#include <ostream>

#include "tests/bench/results.hpp"

namespace interlox::bench {

/// Writes every bar chart and line chart as a table, then the targets, those missed once more by name, and as
/// the last line "targets: N met, M missed".
void write_text(std::ostream& out, const Part& part);

}  // namespace interlox::bench
