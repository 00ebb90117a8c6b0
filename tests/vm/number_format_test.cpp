// SPDX-License-Identifier: BSD-3-Clause
#include "vm/number_format.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "tests/support/catch.hpp"

using interlox::vm::format_number;

TEST_CASE("numbers are laid out as ECMAScript's Number::toString does") {
  const auto is = [](double d, const char* text) {
    CAPTURE(text);
    CHECK(format_number(d) == text);
    if (d > 0) CHECK(format_number(-d) == std::string("-").append(text));
  };
  is(0, "0");
  is(1, "1");
  is(10, "10");
  is(123456789, "123456789");
  is(0.1, "0.1");
  is(0.1 + 0.2, "0.30000000000000004");
  is(1.5, "1.5");
  is(3.14159, "3.14159");
  is(123.456, "123.456");
  is(100, "100");
  is(1e15, "1000000000000000");
  is(999999999999999, "999999999999999");
  is(1e15 + 0.5, "1000000000000000.5");
  is(9007199254740991, "9007199254740991");
  is(9007199254740992, "9007199254740992");
  is(123456789012345680000.0, "123456789012345680000");
  is(1e20, "100000000000000000000");
  is(1e21, "1e+21");
  is(1.5e21, "1.5e+21");
  is(123456789012345678901234.0, "1.2345678901234569e+23");
  is(1e100, "1e+100");
  is(1e-5, "0.00001");
  is(1e-6, "0.000001");
  is(1.5e-6, "0.0000015");
  is(1e-7, "1e-7");
  is(1.23e-7, "1.23e-7");
  is(5e-324, "5e-324");
  is(std::numeric_limits<double>::max(), "1.7976931348623157e+308");
  is(std::numeric_limits<double>::min(), "2.2250738585072014e-308");
  is(1.0 / 3, "0.3333333333333333");
  is(2.0 / 3, "0.6666666666666666");
}

TEST_CASE("what has no digits of its own has a word") {
  CHECK(format_number(-0.0) == "-0");
  CHECK(format_number(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(format_number(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(format_number(std::nan("")) == "nan");
  CHECK(format_number(-std::nan("")) == "nan");
}

TEST_CASE("every number reads back as itself") {
  std::mt19937_64 random(3);
  bool same = true;
  for (int i = 0; i < 100'000; ++i) {
    double d = std::bit_cast<double>(random());
    if (i % 2 == 0) d = static_cast<double>(random() % 1'000'000) / 1000;
    if (std::isnan(d)) continue;
    same = same && std::strtod(format_number(d).c_str(), nullptr) == d;
  }
  CHECK(same);
}
