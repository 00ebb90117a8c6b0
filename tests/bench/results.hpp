// SPDX-License-Identifier: BSD-3-Clause
// What a part of the benchmarks found, as plain data: its targets, charts, notes and machine. A part program
// writes one file of it (results_file.hpp); the report is made of all the files that are there (report.hpp).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace interlox::bench {

/// A quantity measured once a round.
struct Figure {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

/// The median and the extremes of at least one value.
[[nodiscard]] Figure summarize(std::vector<double> rounds);

/// Who a figure belongs to: decides how it is drawn.
enum class Role {
  kOurs,      // what the targets judge
  kVariant,   // ours in another setting: shown, not judged
  kBaseline,  // what ours replaced
  kPeer,      // what others would use
  kCeiling,   // what ours is not expected to beat
};

struct Bar {
  std::string name;
  Role role = Role::kPeer;
  Figure figure;
  std::string extra;  // a further figure for the table, such as CPU time; may be empty
};

/// Where the bar of kOurs must reach for one target.
struct Mark {
  double value = 0;
  bool met = false;
};

/// Bars that are compared with each other.
struct BarGroup {
  std::string title;  // "2 threads"
  std::vector<Bar> bars;
  std::vector<Mark> marks;
};

struct BarChart {
  std::string id;  // targets name it
  std::string title;
  std::string unit;  // "million loads a second"
  std::string note;
  std::string extra_title;  // what Bar::extra is; empty if no bar has one
  bool more_is_better = true;
  std::vector<BarGroup> groups;  // drawn to one scale
};

struct Point {
  double x = 0;
  Figure y;
};

struct Line {
  std::string name;
  Role role = Role::kPeer;
  std::vector<Point> points;  // by rising x
};

/// Both axes are logarithmic.
struct LineChart {
  std::string title;
  std::string x_title;
  std::string y_title;
  std::string note;
  bool ideal = false;  // draw y = x too
  std::vector<Line> lines;
};

struct Target {
  std::string chart;     // the id of the chart that shows it; may be empty
  std::string what;      // "load, 131,072 keys, shuffled"
  std::string against;   // "the best locked map"; empty for an absolute figure
  std::string unit;      // "x", "bytes"
  std::string detail;    // "TBB, 2 threads"
  bool at_least = true;  // else: at most
  double limit = 0;
  double measured = 0;

  [[nodiscard]] bool met() const noexcept { return at_least ? measured >= limit : measured <= limit; }
};

/// A term and what it stands for: "compiler", "g++ 12.2".
using Fact = std::pair<std::string, std::string>;

struct Part {
  std::string name;   // "map": of the command line and of the file
  std::string title;  // "The map"
  std::string intro;
  std::string date;
  int order = 0;  // of the part within the report
  bool quick = false;
  int rounds = 0;
  std::vector<Target> targets;
  std::vector<BarChart> bar_charts;
  std::vector<LineChart> line_charts;
  std::vector<Fact> contenders;
  std::vector<std::string> notes;
  std::vector<Fact> machine;
};

/// How many times better `best` is than `other`: above 1 it is ahead.
[[nodiscard]] double ahead(const BarChart& chart, const Bar& best, const Bar& other);

/// "at least 2.50x", "at most 85 bytes".
[[nodiscard]] std::string limit_text(const Target& target);
/// "at least 2.50x the seed layout".
[[nodiscard]] std::string whole_limit_text(const Target& target);

/// "2.41x", "85.0 bytes": with as many digits as a reader can use.
[[nodiscard]] std::string with_unit(double value, const std::string& unit);

/// A figure, never negative, with about three significant digits: "0.123", "4.56", "78.9", "1,234".
[[nodiscard]] std::string short_number(double value);

/// "2,000,000".
[[nodiscard]] std::string grouped(unsigned long long value);

}  // namespace interlox::bench
