// SPDX-License-Identifier: BSD-3-Clause
// The file that a part leaves for the report: a Part as JSON.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/bench/results.hpp"

namespace interlox::bench {

/// Writes `part` as DIRECTORY/parts/NAME.json, replacing what was there. Throws std::runtime_error.
void write_part(const Part& part, const std::filesystem::path& directory);

/// All parts of DIRECTORY/parts, in their order. Throws std::runtime_error, naming the file, when one can't
/// be read.
[[nodiscard]] std::vector<Part> read_parts(const std::filesystem::path& directory);

/// Replaces a file at once: a reader sees the old one or the new one. Throws std::runtime_error.
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace interlox::bench
