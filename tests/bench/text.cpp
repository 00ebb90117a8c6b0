// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/text.hpp"

#include <algorithm>
#include <iomanip>

#include "tests/bench/cat.hpp"

namespace interlox::bench {
namespace {

constexpr int kNameWidth = 20;
constexpr int kFigureWidth = 9;
constexpr int kSpreadWidth = 19;
constexpr int kRatioWidth = 8;
constexpr int kExtraWidth = 7;
constexpr std::size_t kGroupsABlock = 2;

std::string spread(const Figure& figure) {
  if (figure.lowest == figure.highest) return "";
  return cat("(", short_number(figure.lowest), " to ", short_number(figure.highest), ")");
}

const Bar* bar_of(const BarGroup& group, const std::string& name) {
  const auto at =
      std::find_if(group.bars.begin(), group.bars.end(), [&](const Bar& bar) { return bar.name == name; });
  return at == group.bars.end() ? nullptr : &*at;
}

const Bar* ours(const BarGroup& group) {
  const auto at = std::find_if(group.bars.begin(), group.bars.end(),
                               [](const Bar& bar) { return bar.role == Role::kOurs; });
  return at == group.bars.end() ? nullptr : &*at;
}

void write_cells(std::ostream& out, const BarChart& chart, const BarGroup& group, const Bar* bar) {
  std::string ratio;
  const Bar* const best = ours(group);
  if (bar != nullptr && best != nullptr && bar != best) ratio = with_unit(ahead(chart, *best, *bar), "x");
  out << std::right << std::setw(kFigureWidth) << (bar == nullptr ? "" : short_number(bar->figure.median))
      << " " << std::left << std::setw(kSpreadWidth) << (bar == nullptr ? "" : spread(bar->figure))
      << std::right << std::setw(kRatioWidth) << ratio << std::setw(kExtraWidth)
      << (bar == nullptr ? "" : bar->extra) << "  ";
}

// One line a contender, and beside each other as many groups as a terminal has room for.
void write_block(std::ostream& out, const BarChart& chart, std::size_t first) {
  const std::size_t end = std::min(first + kGroupsABlock, chart.groups.size());
  std::vector<std::string> names;
  out << std::setw(kNameWidth) << "";
  for (std::size_t i = first; i < end; ++i) {
    out << std::right << std::setw(kFigureWidth) << chart.groups[i].title
        << std::setw(1 + kSpreadWidth + kRatioWidth + kExtraWidth + 2) << "";
    for (const Bar& bar : chart.groups[i].bars) {
      if (std::find(names.begin(), names.end(), bar.name) == names.end()) names.push_back(bar.name);
    }
  }
  out << "\n";
  for (const std::string& name : names) {
    out << "  " << std::left << std::setw(kNameWidth - 2) << name;
    for (std::size_t i = first; i < end; ++i)
      write_cells(out, chart, chart.groups[i], bar_of(chart.groups[i], name));
    out << "\n";
  }
}

void write_lines(std::ostream& out, const LineChart& chart) {
  out << "\n" << chart.title << ": " << chart.y_title << "\n" << std::setw(12) << std::right << chart.x_title;
  std::vector<double> all_x;
  for (const Line& line : chart.lines) {
    out << std::setw(14) << line.name;
    for (const Point& point : line.points) all_x.push_back(point.x);
  }
  out << "\n";
  std::sort(all_x.begin(), all_x.end());
  all_x.erase(std::unique(all_x.begin(), all_x.end()), all_x.end());
  for (const double x : all_x) {
    out << std::setw(12) << grouped(static_cast<unsigned long long>(x));
    for (const Line& line : chart.lines) {
      const auto at = std::find_if(line.points.begin(), line.points.end(),
                                   [&](const Point& point) { return point.x == x; });
      out << std::setw(14) << (at == line.points.end() ? "" : short_number(at->y.median));
    }
    out << "\n";
  }
}

void write_target(std::ostream& out, const Target& target) {
  out << (target.met() ? "  met     " : "  MISSED  ") << std::left << std::setw(44) << target.what << " "
      << std::right << std::setw(11) << with_unit(target.measured, target.unit) << "  ("
      << whole_limit_text(target) << (target.detail.empty() ? "" : "; " + target.detail) << ")\n";
}

}  // namespace

void write_text(std::ostream& out, const Part& part) {
  out << part.title << ": " << part.rounds << " interleaved rounds" << (part.quick ? ", quick" : "") << ", "
      << part.date << ".\n";
  for (const BarChart& chart : part.bar_charts) {
    out << "\n"
        << chart.title << ": " << chart.unit << " (lowest to highest round), how many times better ours is"
        << (chart.extra_title.empty() ? "" : ", ") << chart.extra_title << "\n";
    for (std::size_t i = 0; i < chart.groups.size(); i += kGroupsABlock) write_block(out, chart, i);
  }
  for (const LineChart& chart : part.line_charts) write_lines(out, chart);
  out << "\nTargets\n";
  for (const Target& target : part.targets) write_target(out, target);
  const auto missed = std::count_if(part.targets.begin(), part.targets.end(),
                                    [](const Target& target) { return !target.met(); });
  if (missed != 0) out << "\nMissed\n";
  for (const Target& target : part.targets) {
    if (!target.met()) write_target(out, target);
  }
  out << "\ntargets: " << static_cast<std::ptrdiff_t>(part.targets.size()) - missed << " met, " << missed
      << " missed\n";
}

}  // namespace interlox::bench
