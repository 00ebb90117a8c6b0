// SPDX-License-Identifier: BSD-3-Clause
// The one report of all benchmarks: a single HTML file that needs nothing else, no network and no script.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/bench/results.hpp"

namespace interlox::bench {

/// The report of these parts, in their order.
[[nodiscard]] std::string report_html(const std::vector<Part>& parts);

/// Keeps `part` in DIRECTORY/parts and makes DIRECTORY/index.html of all the parts that are there; returns
/// the latter's path. Throws std::runtime_error.
std::filesystem::path publish(const Part& part, const std::filesystem::path& directory);

}  // namespace interlox::bench
