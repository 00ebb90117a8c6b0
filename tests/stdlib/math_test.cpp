// SPDX-License-Identifier: BSD-3-Clause
#include "tests/stdlib/program.hpp"

using interlox::test::Program;

TEST_CASE("math rounds in four ways") {
  Program p{"math"};
  CHECK(p.eval("math.floor(-1.5)") == "-2");
  CHECK(p.eval("math.ceil(-1.5)") == "-1");
  CHECK(p.eval("math.trunc(-1.5)") == "-1");
  CHECK(p.eval("math.round(-1.5)") == "-2");
  CHECK(p.eval("math.round(2.5)") == "3");
  CHECK(p.eval("math.round(0.49999999999999994)") == "0");
  CHECK(p.eval("math.round(-0.2)") == "-0");
  CHECK(p.eval("math.floor(math.inf)") == "inf");
}

TEST_CASE("math computes as <cmath> does") {
  Program p{"math"};
  CHECK(p.eval("math.abs(-3)") == "3");
  CHECK(p.eval("math.sqrt(2)") == "1.4142135623730951");
  CHECK(p.eval("math.sqrt(-1)") == "nan");
  CHECK(p.eval("math.pow(2, 10)") == "1024");
  CHECK(p.eval("math.sin(0) + math.cos(0) + math.tan(0)") == "1");
  CHECK(p.eval("math.atan2(1, -1) / math.pi") == "0.75");
  CHECK(p.eval("math.exp(1)") == "2.718281828459045");
  CHECK(p.eval("math.log(math.exp(2))") == "2");
  CHECK(p.eval("math.log(0)") == "-inf");
  CHECK(p.eval("math.pi") == "3.141592653589793");
  CHECK(p.eval("math.nan") == "nan");
  CHECK(p.eval("math.nan == math.nan") == "false");
}

TEST_CASE("math finds the least and the greatest of any number of numbers") {
  Program p{"math"};
  CHECK(p.eval("math.min(3)") == "3");
  CHECK(p.eval("math.min(3, -1, 2)") == "-1");
  CHECK(p.eval("math.max(3, -1, 20, 5)") == "20");
  CHECK(p.eval("math.min(0, -0)") == "-0");
  CHECK(p.eval("math.max(-0, 0)") == "0");
  CHECK(p.eval("math.min(1, math.nan, 0)") == "nan");
  CHECK(p.eval("math.max(1, math.nan, 2)") == "nan");
  CHECK(p.eval("math.min()") == "Expected at least 1 arguments but got 0.");
  CHECK(p.eval("math.max(1, \"2\")") == "max() argument must be a number, not \"2\".");
}

TEST_CASE("math refuses what are no numbers") {
  Program p{"math"};
  CHECK(p.eval("math.floor(\"1\")") == "floor() argument must be a number, not \"1\".");
  CHECK(p.eval("math.pow(1, nil)") == "pow() second argument must be a number, not nil.");
  CHECK(p.eval("math.pow(1)") == "Expected 2 arguments but got 1.");
  CHECK(p.eval("math") == "<Module math>");
  CHECK(p.eval("math.clock") == "Undefined property 'clock'.");
}
