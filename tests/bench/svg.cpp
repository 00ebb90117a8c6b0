// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tests/bench/cat.hpp"

namespace interlox::bench {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Puts an SVG together. Coordinates are in units of the view box; the page scales it.
class Canvas {
 public:
  Canvas(double width, double height, const char* kind, const std::string& title, const std::string& text)
      : out_(cat("<svg class=\"", kind, "\" viewBox=\"0 0 ", number(width), " ", number(height),
                 "\" role=\"img\"><title>", escape(title), "</title><desc>", escape(text), "</desc>\n")) {}

  void rect(double x, double y, double width, double height, const std::string& css) {
    add(out_, "<rect class=\"", css, "\" x=\"", number(x), "\" y=\"", number(y), "\" width=\"",
        number(std::max(width, 0.5)), "\" height=\"", number(height), "\"/>\n");
  }

  void path(const std::string& data, const std::string& css) {
    add(out_, "<path class=\"", css, "\" d=\"", data, "\"/>\n");
  }

  void line(double x1, double y1, double x2, double y2, const std::string& css) {
    path(cat("M", number(x1), " ", number(y1), "L", number(x2), " ", number(y2)), css);
  }

  // `anchor`: start, middle or end.
  void text(double x, double y, const char* anchor, const std::string& css, const std::string& content) {
    add(out_, "<text class=\"", css, "\" x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor,
        "\">", escape(content), "</text>\n");
  }

  [[nodiscard]] std::string finish() const { return cat(out_, "</svg>\n"); }

 private:
  std::string out_;
};

const char* css_of(Role role) {
  switch (role) {
    case Role::kOurs:
      return "ours";
    case Role::kVariant:
      return "variant";
    case Role::kBaseline:
      return "baseline";
    case Role::kPeer:
      return "peer";
    case Role::kCeiling:
      return "ceiling";
  }
  return "";
}

// The bar chart's columns: name, bar, figure, how far ours is ahead.
constexpr double kBarWidth = 360;
constexpr double kBarLeft = 90;
constexpr double kBarRight = 272;
constexpr double kFigureRight = 316;
constexpr double kRow = 19;
constexpr double kThickness = 11;

double largest(const BarChart& chart) {
  double most = 0;
  for (const BarGroup& group : chart.groups) {
    for (const Bar& bar : group.bars) most = std::max(most, bar.figure.highest);
    for (const Mark& mark : group.marks) most = std::max(most, mark.value);
  }
  return most > 0 ? most : 1;
}

std::string in_words(const BarChart& chart, const BarGroup& group) {
  std::string text = cat(chart.unit, (chart.more_is_better ? ", more is better. " : ", less is better. "));
  for (const Bar& bar : group.bars) text += bar.name + " " + short_number(bar.figure.median) + ". ";
  return text;
}

// The line chart's plot.
constexpr double kWidth = 560;
constexpr double kHeight = 350;
constexpr double kLeft = 50;
constexpr double kRight = kWidth - 138;
constexpr double kTop = 16;
constexpr double kBottom = kHeight - 46;
constexpr double kLabelGap = 17;

/// Where a value stands between two ends of the plot, on a logarithmic axis.
struct Scale {
  double low, high;   // of the values
  double begin, end;  // of the plot

  [[nodiscard]] double operator()(double value) const {
    return begin + std::log(value / low) / std::log(high / low) * (end - begin);
  }
};

struct Range {
  double low, high;
};

Range range_of(const LineChart& chart, bool of_x) {
  Range range{1e300, 0};
  for (const Line& line : chart.lines) {
    for (const Point& point : line.points) {
      range.low = std::min(range.low, of_x ? point.x : point.y.lowest);
      range.high = std::max(range.high, of_x ? point.x : point.y.highest);
    }
  }
  if (!of_x && chart.ideal) range.high = std::max(range.high, range_of(chart, true).high);
  return range;
}

// 1, 2, 5, 10, 20, 50, ...
std::vector<double> decimal_ticks(double low, double high) {
  std::vector<double> ticks;
  for (double decade = std::pow(10, std::floor(std::log10(low))); decade <= high; decade *= 10) {
    for (const double step : {1, 2, 5}) {
      if (step * decade >= low * 0.999 && step * decade <= high * 1.001) ticks.push_back(step * decade);
    }
  }
  return ticks;
}

std::vector<double> binary_ticks(double low, double high) {
  std::vector<double> ticks;
  for (double at = std::exp2(std::ceil(std::log2(low))); at <= high * 1.001; at *= 2) ticks.push_back(at);
  return ticks;
}

// "8", "512", "2k", "131k", "4.2M": what there is room for.
std::string tick_text(double value) {
  const auto brief = [](double of, const char* suffix) {
    std::string text = number(of);
    if (of >= 9.95 || text.ends_with(".0")) text = short_number(std::round(of)).substr(0, text.find('.'));
    return text + suffix;
  };
  if (value >= 1e6) return brief(value / 1e6, "M");
  if (value >= 1e3) return brief(value / 1e3, "k");
  return value == std::floor(value) ? grouped(static_cast<unsigned long long>(value)) : number(value);
}

// A shape of its own for each line, so that colour is not all that tells them apart.
std::string marker(std::size_t style, double x, double y) {
  const auto move = [&](double dx, double dy) { return cat(number(x + dx), " ", number(y + dy)); };
  switch (style % 4) {
    case 0:  // a circle
      return cat("M", move(-3.5, 0), "a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z");
    case 1:  // a square
      return cat("M", move(-3, -3), "h6v6h-6Z");
    case 2:  // a triangle
      return cat("M", move(0, -4), "L", move(4, 3), "L", move(-4, 3), "Z");
    default:  // a diamond
      return cat("M", move(0, -4.2), "L", move(4.2, 0), "L", move(0, 4.2), "L", move(-4.2, 0), "Z");
  }
}

struct Label {
  double y;   // where it belongs
  double at;  // where it has room
  std::string css;
  std::string text;
};

// Moves labels apart that would overlap, as little as may be, and back into the plot.
void spread_out(std::vector<Label>& labels) {
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
  double above = kTop - kLabelGap;
  for (Label& label : labels) above = label.at = std::max(label.y, above + kLabelGap);
  double below = kBottom + kLabelGap;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    below = label->at = std::min(label->at, below - kLabelGap);
  }
}

void draw_axes(Canvas& canvas, const LineChart& chart, const Scale& x, const Scale& y,
               const std::vector<double>& all_x) {
  const auto y_ticks = chart.ideal ? binary_ticks(y.low, y.high) : decimal_ticks(y.low, y.high);
  for (const double tick : y_ticks) {
    canvas.line(kLeft, y(tick), kRight, y(tick), "grid");
    canvas.text(kLeft - 7, y(tick) + 4, "end", "tick", tick_text(tick));
  }
  double last = -1e9;
  for (const double tick : all_x) {
    if (x(tick) - last < 48) continue;  // no room for its text
    last = x(tick);
    canvas.line(x(tick), kBottom, x(tick), kBottom + 4, "axis");
    canvas.text(x(tick), kBottom + 18, "middle", "tick", tick_text(tick));
  }
  canvas.line(kLeft, kBottom, kRight, kBottom, "axis");
  canvas.text((kLeft + kRight) / 2, kHeight - 8, "middle", "axis-title", chart.x_title);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string bar_svg(const BarChart& chart, const BarGroup& group) {
  const double most = largest(chart);
  const auto x_of = [&](double value) { return kBarLeft + value / most * (kBarRight - kBarLeft); };
  const Bar* best = nullptr;
  for (const Bar& bar : group.bars) {
    if (bar.role == Role::kOurs) best = &bar;
  }
  Canvas canvas(kBarWidth, kRow * static_cast<double>(group.bars.size()) + 4, "bars",
                chart.title + (group.title.empty() ? "" : ", " + group.title), in_words(chart, group));
  double top = 2;
  for (const Bar& bar : group.bars) {
    const double middle = top + kRow / 2;
    const double text = middle + 3.8;
    const std::string strong = bar.role == Role::kOurs ? " strong" : "";
    canvas.text(0, text, "start", "name" + strong, bar.name);
    canvas.rect(kBarLeft, middle - kThickness / 2, x_of(bar.figure.median) - kBarLeft, kThickness,
                std::string("bar ") + css_of(bar.role));
    if (bar.figure.lowest < bar.figure.highest) {
      const double low = x_of(bar.figure.lowest);
      const double high = x_of(bar.figure.highest);
      canvas.line(low, middle, high, middle, "spread");
      canvas.line(low, middle - 2.5, low, middle + 2.5, "spread");
      canvas.line(high, middle - 2.5, high, middle + 2.5, "spread");
    }
    if (&bar == best) {
      for (const Mark& mark : group.marks) {
        canvas.line(x_of(mark.value), top, x_of(mark.value), top + kRow,
                    mark.met ? "mark met" : "mark missed");
      }
    }
    canvas.text(kFigureRight, text, "end", "figure" + strong, short_number(bar.figure.median));
    if (best != nullptr && &bar != best) {
      canvas.text(kBarWidth, text, "end", "ratio", with_unit(ahead(chart, *best, bar), "x"));
    }
    top += kRow;
  }
  return canvas.finish();
}

std::string line_svg(const LineChart& chart, const std::vector<std::string>& names) {
  const Range xs = range_of(chart, true);
  const Range ys = range_of(chart, false);
  const Scale x{xs.low, xs.high > xs.low ? xs.high : xs.low * 2, kLeft + 8, kRight - 8};
  const Scale y{ys.low * 0.9, ys.high * 1.1, kBottom, kTop};
  std::vector<double> all_x;
  std::string text = cat(chart.y_title, " by ", chart.x_title, ". ");
  for (const Line& line : chart.lines) {
    for (const Point& point : line.points) all_x.push_back(point.x);
    add(text, line.name, ": from ", short_number(line.points.front().y.median), " to ",
        short_number(line.points.back().y.median), ". ");
  }
  std::sort(all_x.begin(), all_x.end());
  all_x.erase(std::unique(all_x.begin(), all_x.end()), all_x.end());

  Canvas canvas(kWidth, kHeight, "lines", chart.title, text);
  draw_axes(canvas, chart, x, y, all_x);
  std::vector<Label> labels;
  if (chart.ideal) {
    canvas.line(x(xs.low), y(xs.low), x(xs.high), y(xs.high), "ideal");
    labels.push_back({y(xs.high), 0, "label", "ideal"});
  }
  for (auto line = chart.lines.rbegin(); line != chart.lines.rend(); ++line) {  // ours, the first, on top
    const auto at = std::find(names.begin(), names.end(), line->name);
    const auto style = static_cast<std::size_t>(at - names.begin());
    const std::string css = cat("s", std::to_string(style % 9), (line->role == Role::kOurs ? " strong" : ""));
    std::string data;
    std::string markers;
    std::string spreads;
    for (const Point& point : line->points) {
      const double px = x(point.x);
      add(data, (data.empty() ? "M" : "L"), number(px), " ", number(y(point.y.median)));
      markers += marker(style, px, y(point.y.median));
      add(spreads, "M", number(px), " ", number(y(point.y.lowest)), "V", number(y(point.y.highest)));
    }
    canvas.path(spreads, "range " + css);
    canvas.path(data, "line " + css);
    canvas.path(markers, "dot " + css);
    labels.push_back({y(line->points.back().y.median), 0, "label " + css, line->name});
  }
  spread_out(labels);
  for (const Label& label : labels) {
    canvas.line(kRight - 2, label.y, kRight + 8, label.at, "leader");
    canvas.text(kRight + 11, label.at + 4, "start", label.css, label.text);
  }
  return canvas.finish();
}

}  // namespace interlox::bench
