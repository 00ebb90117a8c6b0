// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "tests/bench/cat.hpp"

namespace interlox::bench {

Figure summarize(std::vector<double> rounds) {
  if (rounds.empty()) throw std::logic_error("nothing was measured");
  std::sort(rounds.begin(), rounds.end());
  const std::size_t middle = rounds.size() / 2;
  const double median = rounds.size() % 2 == 1 ? rounds[middle] : (rounds[middle - 1] + rounds[middle]) / 2;
  return {median, rounds.front(), rounds.back()};
}

std::string grouped(unsigned long long value) {
  const std::string digits = std::to_string(value);
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string short_number(double value) {
  if (value >= 999.5) return grouped(static_cast<unsigned long long>(std::llround(value)));
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string with_unit(double value, const std::string& unit) {
  if (unit == "x") {  // two decimals, so that a ratio can be compared with its target by eye
    char text[32];
    std::snprintf(text, sizeof text, "%.*fx", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
    return text;
  }
  return cat(short_number(value), " ", unit);
}

double ahead(const BarChart& chart, const Bar& best, const Bar& other) {
  const double ratio = best.figure.median / other.figure.median;
  return chart.more_is_better ? ratio : 1 / ratio;
}

std::string limit_text(const Target& target) {
  return cat(target.at_least ? "at least " : "at most ", with_unit(target.limit, target.unit));
}

std::string whole_limit_text(const Target& target) {
  return cat(limit_text(target), target.against.empty() ? "" : " ", target.against);
}

}  // namespace interlox::bench
