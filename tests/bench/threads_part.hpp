// SPDX-License-Identifier: BSD-3-Clause
// The part "threads" of the report: its figures as charts and targets, and what they mean.
#pragma once

#include <string>

#include "tests/bench/results.hpp"
#include "tests/bench/threads_run.hpp"

namespace interlox::bench {

/// The figures of all loads must be there.
[[nodiscard]] Part threads_part(const ThreadsRun& run, const std::string& commit);

}  // namespace interlox::bench
