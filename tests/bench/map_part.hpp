// SPDX-License-Identifier: BSD-3-Clause
// What the map's benchmarks found, as a part of the report.
#pragma once

#include <string>

#include "tests/bench/map_run.hpp"
#include "tests/bench/results.hpp"

namespace interlox::bench {

/// The part of a finished run. `commit` names the sources; may be empty.
[[nodiscard]] Part map_part(const MapRun& run, const std::string& commit);

}  // namespace interlox::bench
