// SPDX-License-Identifier: BSD-3-Clause
// The report's charts as inline SVG. Colours, fonts and dashes are CSS classes of report_style.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/results.hpp"

namespace interlox::bench {

/// Text as the content of an HTML or SVG element or attribute.
[[nodiscard]] std::string escape(std::string_view text);

/// Horizontal bars with their spread; ticks on ours where its targets begin. All groups of a chart have one
/// scale.
[[nodiscard]] std::string bar_svg(const BarChart& chart, const BarGroup& group);

/// Lines with a marker a point, named at their ends. `names` are the lines of all the charts of the part: a
/// name has one colour, dash and marker in all of them.
[[nodiscard]] std::string line_svg(const LineChart& chart, const std::vector<std::string>& names);

}  // namespace interlox::bench
