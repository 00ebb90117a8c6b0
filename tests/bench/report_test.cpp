// SPDX-License-Identifier: BSD-3-Clause
// The report from given figures: numbers, the file of a part, HTML and text.
#include "tests/bench/report.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/bench/results_file.hpp"
#include "tests/bench/text.hpp"
#include "tests/support/catch.hpp"

using namespace interlox::bench;
using Catch::Contains;

namespace {

BarChart example_bars() {
  BarChart chart;
  chart.id = "a";
  chart.title = "load, <8> keys";
  chart.unit = "loads";
  chart.groups.push_back({"1 thread",
                          {{"ours", Role::kOurs, {4, 3, 5}, ""}, {"peer", Role::kPeer, {2, 2, 2}, ""}},
                          {{4.5, false}}});
  return chart;
}

LineChart example_lines() {
  LineChart chart;
  chart.title = "scaling";
  chart.x_title = "threads";
  chart.y_title = "speed";
  chart.ideal = true;
  chart.lines = {{"ours", Role::kOurs, {{1, {1, 1, 1}}, {16, {15, 14, 16}}}},
                 {"peer", Role::kPeer, {{1, {1, 1, 1}}, {16, {15, 14, 16}}}}};
  return chart;
}

// One target that is just met, one that is just missed.
Part example(const std::string& name, int order) {
  Part part;
  part.name = name;
  part.title = "Part " + name;
  part.order = order;
  part.rounds = 5;
  part.targets.push_back({"a", "load, <8> keys", "x & y", "x", "peer", true, 2, 2});
  part.targets.push_back({"a", "bytes", "", "bytes", "", false, 85, 85.5});
  part.bar_charts = {example_bars()};
  part.line_charts = {example_lines()};
  part.notes = {"<script>"};
  part.machine = {{"Processor", "\"fast\""}};
  return part;
}

/// A folder of its own that goes with the test.
class Folder {
 public:
  Folder() { std::filesystem::remove_all(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("interlox_report_test_" + std::to_string(getpid()));
};

// The tags that are open where they should not be, or nothing.
std::string unbalanced(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, html.find_first_of(" >/", at + 2) - at - 1);
    if (tag == "!DOCTYPE" || tag == "meta" || html[end - 1] == '/') continue;
    if (tag[0] != '/') {
      open.push_back(tag);
    } else if (open.empty() || "/" + open.back() != html.substr(at + 1, end - at - 1)) {
      return html.substr(at, 80);
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

}  // namespace

TEST_CASE("numbers have as many digits as a reader can use") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(2'000'000) == "2,000,000");
  CHECK(short_number(0.1234) == "0.123");
  CHECK(short_number(9.996) == "10.0");
  CHECK(short_number(99.96) == "100");
  CHECK(short_number(1234.4) == "1,234");
  CHECK(with_unit(2.406, "x") == "2.41x");
  CHECK(with_unit(85, "bytes") == "85.0 bytes");
}

TEST_CASE("a figure is the median and the extremes of its rounds") {
  const Figure odd = summarize({5, 1, 3});
  CHECK(odd.median == 3);
  CHECK(odd.lowest == 1);
  CHECK(odd.highest == 5);
  CHECK(summarize({4, 1, 2, 9}).median == 3);
  CHECK_THROWS(summarize({}));
}

TEST_CASE("a target is met at its limit") {
  const Part part = example("a", 1);
  CHECK(part.targets[0].met());
  CHECK_FALSE(part.targets[1].met());
}

TEST_CASE("ahead is above one for the better side, whether more or less is better") {
  BarChart chart = example_bars();
  const auto& bars = chart.groups[0].bars;
  CHECK(ahead(chart, bars[0], bars[1]) == 2);
  chart.more_is_better = false;
  CHECK(ahead(chart, bars[0], bars[1]) == 0.5);
}

TEST_CASE("the text names what was missed and ends with the count") {
  std::ostringstream out;
  write_text(out, example("a", 1));
  CHECK_THAT(out.str(), Contains("MISSED  bytes"));
  CHECK_THAT(out.str(), Contains("2.00x"));
  CHECK_THAT(out.str(), Catch::EndsWith("\ntargets: 1 met, 1 missed\n"));
}

TEST_CASE("a part comes back from its file as it was, and parts in their order") {
  const Folder folder;
  write_part(example("second", 2), folder.path);
  write_part(example("first", 1), folder.path);
  const auto parts = read_parts(folder.path);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].name == "first");
  CHECK(report_html(parts) == report_html({example("first", 1), example("second", 2)}));
}

TEST_CASE("a part of another format is named and refused") {
  const Folder folder;
  write_part(example("good", 1), folder.path);
  write_file(folder.path / "parts" / "old.json", "{\"format\": 0}");
  CHECK_THROWS_WITH(read_parts(folder.path), Contains("old.json"));
}

TEST_CASE("publishing a part keeps the others in the report") {
  const Folder folder;
  publish(example("first", 1), folder.path);
  const auto file = publish(example("second", 2), folder.path);
  std::ifstream in(file);
  const std::string html{std::istreambuf_iterator<char>(in), {}};
  CHECK_THAT(html, Contains("id=\"first\"") && Contains("id=\"second\"") && Contains("href=\"#second\""));
}

TEST_CASE("the report is one well-formed file that needs nothing else") {
  const std::string html = report_html({example("a", 1)});
  CHECK(unbalanced(html).empty());
  CHECK_THAT(html, !Contains("http") && !Contains("src=") && !Contains("url(") && !Contains("<script"));
  CHECK_THAT(html, Contains("&lt;script&gt;") && Contains("x &amp; y") && Contains("&quot;fast&quot;"));
  CHECK_THAT(html, Contains("1 of 2 targets met") && Contains("prefers-color-scheme: dark"));
  CHECK_THAT(html, !Contains("nan") && !Contains("inf"));
}
