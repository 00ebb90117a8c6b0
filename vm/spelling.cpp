// SPDX-License-Identifier: BSD-3-Clause
#include "vm/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace interlox::vm {

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() < b.size() ? b.size() - a.size() : a.size() - b.size();
  if (difference > limit) return limit + 1;
  // Rows of the table of distances between prefixes: this one, the last, and the one before.
  std::vector<std::size_t> row(b.size() + 1), last(b.size() + 1), before(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    if (*std::min_element(row.begin(), row.end()) > limit) return limit + 1;
    before.swap(last);
    last.swap(row);
  }
  return std::min(last[b.size()], limit + 1);
}

Speller::Speller(std::string_view name) noexcept
    : name_(name), limit_(std::max<std::size_t>(1, name.size() / 3)) {
  if (name.size() < 2) limit_ = 0;  // every other letter would be near
}

void Speller::offer(std::string_view candidate) {
  if (candidate == name_) return;
  const std::size_t distance = edit_distance(name_, candidate, limit_);
  if (distance > limit_) return;
  if (!best_.empty() && distance == limit_ && candidate > best_) return;
  limit_ = distance;
  best_ = candidate;
}

}  // namespace interlox::vm
