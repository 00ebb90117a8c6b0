// SPDX-License-Identifier: BSD-3-Clause
// The part "vm" of the report: its figures as charts and targets, and what they mean.
#pragma once

#include <string>

#include "tests/bench/results.hpp"
#include "tests/bench/vm_run.hpp"

namespace interlox::bench {

/// The figures of all programs, of the start and of the compiler must be there.
[[nodiscard]] Part vm_part(const VmRun& run, const std::string& commit);

}  // namespace interlox::bench
