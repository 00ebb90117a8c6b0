// SPDX-License-Identifier: BSD-3-Clause
#include "vm/number_literal.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "tests/support/catch.hpp"
#include "vm/number_format.hpp"

using namespace interlox;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double parse(std::string_view text) {
  const auto value = vm::parse_number_literal(text);
  INFO(text);
  REQUIRE(value);
  return *value;
}

}  // namespace

TEST_CASE("literals have a fraction, an exponent, hex digits, and _ between digits") {
  CHECK(parse("0") == 0);
  CHECK(parse("12.75") == 12.75);
  CHECK(parse("1e9") == 1e9);
  CHECK(parse("1.5e-3") == 1.5e-3);
  CHECK(parse("2e+3") == 2000);
  CHECK(parse("1_000.000_5") == 1000.0005);
  CHECK(parse("1e1_0") == 1e10);
  CHECK(parse("0xFF") == 255);
  CHECK(parse("0xdead_beef") == 0xdeadbeefu);
  CHECK(parse("0x1e5") == 0x1e5);
}

TEST_CASE("the longest literal at the start of a text is found, whatever follows") {
  const auto length = [](std::string_view text) { return vm::number_literal_length(text); };
  for (const std::string_view whole :
       {"0", "42", "4.2", "1_0", "1e5", "1e-5", "1e+5", "1.5e1_0", "0xA", "0xA_b", "0x0"}) {
    CHECK(length(whole) == whole.size());
    for (const std::string_view rest : {" ", ";", ".", ".x", "_", "__1", "x", "..", "\xc3\xa9", "(", "]"}) {
      if (rest == "x" && whole == "0") continue;
      CHECK(length(std::string(whole).append(rest)) == whole.size());
    }
  }
  for (const std::string_view one : {"1_", "1__0", "1.", "1._0", "1..2", "1e", "1e+", "1e-_1", "1E5", "1_e5",
                                     "1_.5", "0x", "0xg", "0x_1", "0X1", "1.e5", "1x2", "1.e"}) {
    INFO(one);
    CHECK(length(one) == 1);
    CHECK_FALSE(vm::parse_number_literal(one));
  }
  CHECK(length("1.5e") == 3);
  CHECK(length("1.5.5") == 3);
  CHECK(length("1e5e5") == 3);
  CHECK(length("0x1G") == 3);
  CHECK(length("0x1.8") == 3);
  for (const std::string_view none : {"", "_1", ".5", "-1", "+1", " 1", "x", "e5", "inf", "nan"}) {
    CHECK(length(none) == 0);
    CHECK_FALSE(vm::parse_number_literal(none));
  }
}

TEST_CASE("literals that no double is near to become infinite or zero") {
  CHECK(parse("1e309") == kInfinity);
  CHECK(parse("1e999999999999999999999999") == kInfinity);
  CHECK(parse("1e-400") == 0);
  CHECK(parse("1e-999999999999999999999999") == 0);
  CHECK(parse("0e999999999999999999999999") == 0);
  CHECK(parse("0.0e-999999999999999999999999") == 0);
  const std::string zeros(500, '0');
  CHECK(parse("1" + zeros) == kInfinity);
  CHECK(parse("0." + zeros + "1") == 0);
  CHECK(parse("1" + zeros + "e-500") == 1);
  CHECK(parse("0." + zeros + "1e501") == 1);
  CHECK(parse("0." + zeros + "1e900") == kInfinity);
  CHECK(parse("1" + zeros + "e-900") == 0);
  CHECK(parse(zeros + "7") == 7);
}

TEST_CASE("decimal literals are rounded to the nearest double") {
  for (const char* const text :
       {"0.1", "9007199254740993", "9007199254740993.00000000000000000000000000001", "5e-324", "3e-324",
        "2e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308",
        "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
        "179769313486231580793e289"}) {
    INFO(text);
    CHECK(parse(text) == std::strtod(text, nullptr));
  }
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const double d = std::abs(std::bit_cast<double>(random()));
    if (std::isfinite(d)) REQUIRE(parse(vm::format_number(d)) == d);
  }
}

TEST_CASE("hex literals are rounded to the nearest double, ties to even") {
  CHECK(parse("0x20000000000000") == 0x1p53);
  CHECK(parse("0x20000000000001") == 0x1p53);
  CHECK(parse("0x20000000000003") == 0x1.0000000000002p53);
  CHECK(parse("0xFFFFFFFFFFFFFFFF") == 0x1p64);
  CHECK(parse("0x10000000000000800") == 0x1p64);                                    // a tie
  CHECK(parse("0x10000000000000801") == 0x1.0000000000001p64);                      // just above
  CHECK(parse("0x100000000000008000000000000000000001") == 0x1.0000000000001p140);  // far behind
  CHECK(parse("0x100000000000008000000000000000000000") == 0x1p140);
  CHECK(parse("0x0000000000000000000000000000000012") == 18);
  CHECK(parse("0x1" + std::string(255, '0')) == 0x1p1020);
  CHECK(parse("0x1" + std::string(256, '0')) == kInfinity);
  CHECK(parse("0x" + std::string(256, 'F')) == kInfinity);
  CHECK(parse("0x" + std::string(5000, 'f')) == kInfinity);
  CHECK(parse("0x" + std::string(5000, '0')) == 0);
  std::mt19937_64 random(11);
  for (int i = 0; i < 2000; ++i) {
    std::string text = "0x";
    for (std::uint64_t n = random() % 40 + 1; n-- > 0;) text += "0123456789abcdefABCDEF"[random() % 22];
    REQUIRE(parse(text) == std::strtod(text.c_str(), nullptr));
  }
}
