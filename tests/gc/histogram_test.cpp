// SPDX-License-Identifier: BSD-3-Clause
#include "gc/histogram.hpp"

#include <cstdint>
#include <limits>

#include "tests/support/catch.hpp"

using interlox::gc::Histogram;

TEST_CASE("an empty histogram has no quantiles") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.quantile(0.5) == 0);
}

TEST_CASE("small values are counted exactly") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 10; ++value) histogram.add(value);
  CHECK(histogram.count() == 10);
  CHECK(histogram.max() == 10);
  CHECK(histogram.quantile(0) == 1);
  CHECK(histogram.quantile(0.5) == 5);
  CHECK(histogram.quantile(0.9) == 9);
  CHECK(histogram.quantile(0.91) == 10);
  CHECK(histogram.quantile(1) == 10);
}

TEST_CASE("a quantile is too high by a sixteenth at most, and never more than the maximum") {
  for (std::uint64_t value = 1; value < std::uint64_t{1} << 60; value = value * 5 / 3 + 1) {
    Histogram histogram;
    histogram.add(value);
    CHECK(histogram.quantile(0.5) == value);  // the maximum
    histogram.add(std::numeric_limits<std::uint64_t>::max());
    CHECK(histogram.quantile(0.5) >= value);
    CHECK(histogram.quantile(0.5) - value <= value / 16);
    CHECK(histogram.quantile(1) == std::numeric_limits<std::uint64_t>::max());
  }
}
