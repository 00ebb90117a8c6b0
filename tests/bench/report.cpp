// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/report.hpp"

#include <algorithm>

#include "tests/bench/cat.hpp"
#include "tests/bench/report_style.hpp"
#include "tests/bench/results_file.hpp"
#include "tests/bench/svg.hpp"

namespace interlox::bench {
namespace {

std::string element(std::string_view tag, std::string_view html) {
  return cat("<", tag, ">", html, "</", tag, ">\n");
}

std::string paragraph(std::string_view css, std::string_view html) {
  return html.empty() ? "" : cat("<p class=\"", css, "\">", html, "</p>\n");
}

/// A table whose rows begin with a header cell. Text is escaped here.
class Table {
 public:
  struct Column {
    std::string title;
    bool numbers = false;
  };

  Table(const std::string& caption, std::vector<Column> columns) : columns_(std::move(columns)) {
    add(html_, "<table><caption>", escape(caption), "</caption><thead><tr>");
    for (const Column& column : columns_) {
      add(html_, "<th scope=\"col\"", css(column), ">", escape(column.title), "</th>");
    }
    html_ += "</tr></thead><tbody>\n";
  }

  void row(const std::vector<std::string>& cells) {
    add(html_, "<tr><th scope=\"row\">", escape(cells.front()), "</th>");
    for (std::size_t i = 1; i < cells.size(); ++i) {
      add(html_, "<td", css(columns_[i]), ">", escape(cells[i]), "</td>");
    }
    html_ += "</tr>\n";
  }

  [[nodiscard]] std::string finish() const { return cat(html_, "</tbody></table>\n"); }

 private:
  static const char* css(const Column& column) { return column.numbers ? " class=\"number\"" : ""; }

  const std::vector<Column> columns_;
  std::string html_;
};

std::string score(const Part& part) {
  const auto met = std::count_if(part.targets.begin(), part.targets.end(),
                                 [](const Target& target) { return target.met(); });
  return cat(std::to_string(met), " of ", std::to_string(part.targets.size()), " targets met");
}

// A heading begins with a capital, unless its first word is a name of the code.
std::string heading(std::string text) {
  const std::string first = text.substr(0, text.find_first_of(" ,"));
  if (first.find_first_of("_:") == std::string::npos && text[0] >= 'a' && text[0] <= 'z')
    text[0] -= 'a' - 'A';
  return escape(text);
}

std::string targets_table(const Part& part) {
  std::string html =
      "<table class=\"targets\"><caption>Every target, what was measured, and the peer and the number of "
      "threads "
      "that decided.</caption><thead><tr><th scope=\"col\">Workload</th><th scope=\"col\">Target</th>"
      "<th scope=\"col\" class=\"number\">Measured</th><th scope=\"col\" class=\"by\">Decided by</th>"
      "<th scope=\"col\">Verdict</th></tr></thead><tbody>\n";
  std::string last;
  for (const Target& target : part.targets) {
    const bool again = target.what == last;  // said once for the eye, every time for a screen reader
    last = target.what;
    // A narrow page has no column for what decided: there it stands below the figure.
    add(html, again ? "<tr>" : "<tr class=\"first\">", "<th scope=\"row\"><span",
        again ? " class=\"again\"" : "", ">", heading(target.what), "</span></th><td>",
        escape(whole_limit_text(target)), "</td><td class=\"number\">",
        escape(with_unit(target.measured, target.unit)), "<small>", escape(target.detail),
        "</small></td><td class=\"by\">", escape(target.detail), "</td><td>",
        target.met() ? "<span class=\"met\">✓ met" : "<span class=\"missed\">✗ missed",
        "</span></td></tr>\n");
  }
  return cat(html, "</tbody></table>\n");
}

// The targets of one chart, in short.
std::string badges(const Part& part, const std::string& chart) {
  std::string items;
  for (const Target& target : part.targets) {
    if (target.chart != chart) continue;
    add(items, target.met() ? "<li class=\"met\">✓ " : "<li class=\"missed\">✗ ",
        escape(with_unit(target.measured, target.unit)), " ", escape(target.against), " <span>",
        target.met() ? "(" : "(missed: ", escape(limit_text(target)), ")</span></li>\n");
  }
  return items.empty() ? "" : cat("<ul class=\"badges\">\n", items, "</ul>\n");
}

std::string details(const Table& table) {
  return cat("<details><summary>Figures</summary><div class=\"scroll\">", table.finish(),
             "</div></details>\n");
}

std::vector<std::string> in_numbers(const Figure& figure) {
  return {short_number(figure.median), short_number(figure.lowest), short_number(figure.highest)};
}

std::string figures_of(const BarChart& chart) {
  std::vector<Table::Column> columns{
      {"Contender"}, {"Threads"}, {"Median", true}, {"Lowest", true}, {"Highest", true}};
  if (!chart.extra_title.empty()) columns.push_back({chart.extra_title, true});
  Table table(cat(chart.title, ": ", chart.unit), columns);
  for (const BarGroup& group : chart.groups) {
    for (const Bar& bar : group.bars) {
      std::vector<std::string> cells{bar.name, group.title};
      for (const std::string& text : in_numbers(bar.figure)) cells.push_back(text);
      if (!chart.extra_title.empty()) cells.push_back(bar.extra);
      table.row(cells);
    }
  }
  return details(table);
}

std::string figures_of(const LineChart& chart) {
  Table table(cat(chart.title, ": ", chart.y_title),
              {{"Contender"}, {chart.x_title, true}, {"Median", true}, {"Lowest", true}, {"Highest", true}});
  for (const Line& line : chart.lines) {
    for (const Point& point : line.points) {
      std::vector<std::string> cells{line.name, grouped(static_cast<unsigned long long>(point.x))};
      for (const std::string& text : in_numbers(point.y)) cells.push_back(text);
      table.row(cells);
    }
  }
  return details(table);
}

std::string caption(const std::string& title, const std::string& unit) {
  return cat("<figcaption><h4>", heading(title), "</h4><p>", escape(unit), "</p></figcaption>\n");
}

std::string bar_figure(const Part& part, const BarChart& chart) {
  std::string html =
      cat("<figure>",
          caption(chart.title, cat(chart.unit, "; ", chart.more_is_better ? "more" : "less", " is better")),
          badges(part, chart.id));
  for (const BarGroup& group : chart.groups) {
    if (!group.title.empty()) html += element("h5", escape(group.title));
    html += bar_svg(chart, group);
  }
  return cat(html, paragraph("note", escape(chart.note)), figures_of(chart), "</figure>\n");
}

std::string line_figure(const LineChart& chart, const std::vector<std::string>& names) {
  return cat("<figure>", caption(chart.title, chart.y_title), line_svg(chart, names),
             paragraph("note", escape(chart.note)), figures_of(chart), "</figure>\n");
}

std::string facts_list(const std::vector<Fact>& facts) {
  std::string items;
  for (const auto& [term, text] : facts)
    add(items, "<dt>", escape(term), "</dt><dd>", escape(text), "</dd>\n");
  return element("dl", items);
}

// Each line has one look in all charts of a part.
std::vector<std::string> line_names(const Part& part) {
  std::vector<std::string> names;
  for (const LineChart& chart : part.line_charts) {
    for (const Line& line : chart.lines) {
      if (std::find(names.begin(), names.end(), line.name) == names.end()) names.push_back(line.name);
    }
  }
  return names;
}

std::string charts_of(const Part& part) {
  std::string html;
  if (!part.line_charts.empty()) {
    html += "<h3>Size and threads</h3>\n<div class=\"charts\">\n";
    for (const LineChart& chart : part.line_charts) html += line_figure(chart, line_names(part));
    html += "</div>\n";
  }
  html +=
      "<h3>Workloads</h3>\n<p>A bar is the median of the rounds; the line over it reaches from the lowest to "
      "the highest. Ticks across the first bar mark its targets, dashed where it misses one. On the right "
      "are the figure, and how many times better Interlox is.</p>\n<div class=\"charts\">\n";
  for (const BarChart& chart : part.bar_charts) html += bar_figure(part, chart);
  return cat(html, "</div>\n");
}

std::string section(const Part& part) {
  std::string notes;
  for (const std::string& note : part.notes) notes += element("p", escape(note));
  return cat("<section id=\"", escape(part.name), "\">\n", element("h2", escape(part.title)),
             paragraph("intro", escape(part.intro)), "<p class=\"score\"><strong>", score(part),
             "</strong>, ", std::to_string(part.rounds), " interleaved rounds", part.quick ? ", quick" : "",
             ", ", escape(part.date), "</p>\n<h3>Targets</h3>\n", targets_table(part),
             "<h3>Who is measured</h3>\n", facts_list(part.contenders), charts_of(part),
             "<h3>How it is measured</h3>\n", notes, "<h3>On what</h3>\n", facts_list(part.machine),
             "</section>\n");
}

}  // namespace

std::string report_html(const std::vector<Part>& parts) {
  std::string links;
  std::string sections;
  for (const Part& part : parts) {
    add(links, "<li><a href=\"#", escape(part.name), "\">", escape(part.title), "</a>: ", score(part),
        "</li>\n");
    sections += section(part);
  }
  if (parts.size() > 1) links = cat("<nav aria-label=\"Parts\"><ul>\n", links, "</ul></nav>\n");
  return cat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Interlox: benchmarks</title>\n<style>\n",
      report_style(), "</style>\n</head>\n<body>\n<header>\n<h1>Interlox: benchmarks</h1>\n",
      parts.size() > 1 ? links : "", "</header>\n<main>\n", sections, "</main>\n</body>\n</html>\n");
}

std::filesystem::path publish(const Part& part, const std::filesystem::path& directory) {
  write_part(part, directory);
  const auto file = directory / "index.html";
  write_file(file, report_html(read_parts(directory)));
  return file;
}

}  // namespace interlox::bench
