// SPDX-License-Identifier: BSD-3-Clause
// Running another program to its end, timed.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/measure.hpp"

namespace interlox::bench {

struct ProcessRun {
  std::string output;     // what it wrote on standard output
  Sample time;            // from before it was started until it had ended; of all its threads
  double peak_bytes = 0;  // the most memory that it had at a time
};

/// Runs a program; `words` are its name, looked for in PATH unless it has a slash, and its arguments.
/// Standard input is empty, standard error the caller's. Throws std::runtime_error, which names the words, if
/// it can't be run or does not exit with 0.
[[nodiscard]] ProcessRun run_process(const std::vector<std::string>& words);

}  // namespace interlox::bench
