// SPDX-License-Identifier: BSD-3-Clause
// The command line that all parts share, and how a part ends.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "tests/bench/results.hpp"

namespace interlox::bench {

struct Options {
  bool quick = false;
  std::filesystem::path out;  // where the report is; empty: none is made
  std::string commit;         // a name of the sources, for the report; may be empty
};

/// The main of a part: reads [--quick] [--out DIRECTORY] [--commit NAME], lets `measure` find the figures,
/// refreshes the part within the report and prints it. Returns the exit status: 0, whether targets are met or
/// not; 64 after a wrong argument; 1 when something failed, which standard error then tells.
int run_part(int argc, char* argv[], const std::function<Part(const Options&)>& measure);

/// Says on standard error what is being done, and for how long the program has run.
void progress(const std::string& what);

}  // namespace interlox::bench
