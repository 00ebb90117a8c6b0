// SPDX-License-Identifier: BSD-3-Clause
// The commands that look at programs without running them.
#pragma once

#include <string>
#include <vector>

#include "vm/cli/options.hpp"
#include "vm/report.hpp"
#include "vm/vm.hpp"

namespace interlox::cli {

/// `interlox check`: shows the errors and warnings of each file on standard error. Gives kCompileError if
/// one has an error, else kInputOutput if one can't be read, else kOk.
int check_files(vm::VM& machine, const std::vector<std::string>& files, vm::ReportStyle style);

/// Writes what `what` says of the program `source` to standard output; its errors to standard error.
int dump(vm::VM& machine, Dump what, const std::string& source, const std::string& name,
         vm::ReportStyle style);

}  // namespace interlox::cli
