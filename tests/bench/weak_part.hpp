// SPDX-License-Identifier: BSD-3-Clause
// The part "weak" of the report: its figures as charts and targets, and what they mean.
#pragma once

#include <string>

#include "tests/bench/results.hpp"
#include "tests/bench/weak_run.hpp"

namespace interlox::bench {

/// The figures of all workloads must be there.
[[nodiscard]] Part weak_part(const WeakRun& run, const std::string& commit);

}  // namespace interlox::bench
