// SPDX-License-Identifier: BSD-3-Clause
// The chapters of docs/path as their tests read them: blocks of code, and transcripts of a terminal.
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace interlox::docs {

using Lines = std::vector<std::string>;

/// What stands between two fences, the first of which is ```LANGUAGE or ```LANGUAGE TAG.
struct Block {
  std::size_t line = 0;  ///< of its first fence
  std::string language{};
  std::string tag{};
  Lines lines{};
};

/// A command of a transcript, and what it says it prints.
struct Step {
  std::size_t line = 0;
  std::string command{};
  Lines expected{};
};

/// Throws std::runtime_error for a block that is not closed.
[[nodiscard]] std::vector<Block> blocks_of(std::istream& document);

/// The steps of a block: a line "$ COMMAND" begins one. Throws std::runtime_error for output before the
/// first.
[[nodiscard]] std::vector<Step> steps_of(const Block& block);

[[nodiscard]] Lines lines_of(std::string_view text);

/// Whether `block` is some of the lines of a file, one after the other.
[[nodiscard]] bool is_part_of(const Lines& block, const Lines& file);

/// Whether what was printed is what was expected. In that, [LOW to HIGH] stands for a number within these
/// bounds, … for any text, and a line that is … and nothing else for any number of lines. Throws
/// std::runtime_error for bounds that are no numbers.
[[nodiscard]] bool matches(const Lines& expected, const Lines& printed);

}  // namespace interlox::docs
