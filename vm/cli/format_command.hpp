// SPDX-License-Identifier: BSD-3-Clause
// `interlox fmt`: programs in one layout.
#pragma once

#include <string>
#include <vector>

namespace interlox::cli {

/// Formats the files, and the *.lox files below the folders, that `arguments` name: in place, each replaced
/// as a whole or left alone; their names go to standard output. Without any, or for "-": from standard input
/// to standard output. After --check nothing is written but the names of what would change.
///
/// Gives the exit code; what goes wrong with one file does not keep the others from being formatted.
int format_command(const std::vector<std::string>& arguments);

}  // namespace interlox::cli
