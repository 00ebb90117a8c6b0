// SPDX-License-Identifier: BSD-3-Clause
#include "tests/docs/chapter.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>

namespace interlox::docs {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kPrompt = "$ ";
constexpr std::string_view kAnything = "…";

[[noreturn]] void refuse(std::size_t line, const std::string& what) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + what);
}

/// A number at the front of `text`, which it then is taken from.
std::optional<double> take_number(std::string_view& text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

struct Bounds {
  double low;
  double high;
};

/// "[LOW to HIGH]" at the front of `text`, which it then is taken from.
std::optional<Bounds> take_bounds(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "[")) return std::nullopt;
  const auto low = take_number(rest);
  if (!low || !take(rest, " to ")) return std::nullopt;
  const auto high = take_number(rest);
  if (!high || !take(rest, "]") || *low >= *high)
    throw std::runtime_error("what is '" + std::string(text) + "'?");
  text = rest;
  return Bounds{*low, *high};
}

bool line_matches(std::string_view expected, std::string_view printed) {
  for (;;) {
    if (take(expected, kAnything)) {
      for (std::size_t skipped = 0; skipped <= printed.size(); ++skipped) {
        if (line_matches(expected, printed.substr(skipped))) return true;
      }
      return false;
    }
    if (const auto bounds = take_bounds(expected)) {
      const auto number = take_number(printed);
      if (!number || *number < bounds->low || *number > bounds->high) return false;
      continue;
    }
    if (expected.empty() || printed.empty()) return expected.empty() && printed.empty();
    if (expected.front() != printed.front()) return false;
    expected.remove_prefix(1);
    printed.remove_prefix(1);
  }
}

bool all_match(std::span<const std::string> expected, std::span<const std::string> printed) {
  for (; !expected.empty(); expected = expected.subspan(1), printed = printed.subspan(1)) {
    if (expected.front() == kAnything) {
      for (std::size_t skipped = 0; skipped <= printed.size(); ++skipped) {
        if (all_match(expected.subspan(1), printed.subspan(skipped))) return true;
      }
      return false;
    }
    if (printed.empty() || !line_matches(expected.front(), printed.front())) return false;
  }
  return printed.empty();
}

}  // namespace

std::vector<Block> blocks_of(std::istream& document) {
  std::vector<Block> blocks;
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(document, line);) {
    ++number;
    if (inside && line == kFence) {
      inside = false;
    } else if (inside) {
      blocks.back().lines.push_back(line);
    } else if (line.starts_with(kFence)) {
      Block& block = blocks.emplace_back(Block{.line = number});
      std::istringstream(line.substr(kFence.size())) >> block.language >> block.tag;
      inside = true;
    }
  }
  if (inside) refuse(blocks.back().line, "the block is not closed");
  return blocks;
}

std::vector<Step> steps_of(const Block& block) {
  std::vector<Step> steps;
  std::size_t number = block.line;
  for (const std::string& line : block.lines) {
    ++number;
    if (line.starts_with(kPrompt)) {
      steps.push_back({.line = number, .command = line.substr(kPrompt.size())});
    } else if (steps.empty()) {
      refuse(number, "this is printed by no command");
    } else {
      steps.back().expected.push_back(line);
    }
  }
  return steps;
}

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_part_of(const Lines& block, const Lines& file) {
  return !block.empty() && std::search(file.begin(), file.end(), block.begin(), block.end()) != file.end();
}

bool matches(const Lines& expected, const Lines& printed) { return all_match(expected, printed); }

}  // namespace interlox::docs
