// SPDX-License-Identifier: BSD-3-Clause
#include "tests/stdlib/program.hpp"

using interlox::test::Program;

TEST_CASE("a seed decides what random gives") {
  Program p{"random"};
  const char* const draw =
      "random.seed(7); print random.number(); print random.integer(0, 1000000); random.seed(7);";
  const std::string first = p.run(draw);
  CHECK(p.run(draw) == first);
  CHECK(p.run("random.seed(8); print random.number(); print random.integer(0, 1000000);") != first);
  const std::string some = p.run("random.seed(); print random.number();");
  CHECK(p.run("random.seed(); print random.number();") != some);
  CHECK(p.eval("random.seed(\"x\")") == "seed() seed must be a number, not \"x\".");
}

TEST_CASE("random numbers stay in their range and come all over it") {
  Program p{"random"};
  CHECK(p.run("random.seed(1); var low = 0; var sum = 0; var bad = 0;"
              "for (var i = 0; i < 10000; i = i + 1) { var x = random.number(); sum = sum + x;"
              "  if (x < 0.5) low = low + 1; if (x < 0 or x >= 1) bad = bad + 1; }"
              "print bad; print low > 4700 and low < 5300; print sum > 4800 and sum < 5200;") ==
        "0\ntrue\ntrue\n");
  CHECK(
      p.run(
          "var a = 0; var b = 0; var c = 0;"
          "for (var i = 0; i < 3000; i = i + 1) { var x = random.integer(-1, 2);"
          "  if (x == -1) a = a + 1; else if (x == 0) b = b + 1; else if (x == 1) c = c + 1; else print x; }"
          "print a > 850 and b > 850 and c > 850;") == "true\n");
  CHECK(p.eval("random.integer(5, 6)") == "5");
  CHECK(p.eval("random.integer(-9007199254740992, 9007199254740992) < 9007199254740992") == "true");
  CHECK(p.eval("random.integer(1, 1)") == "integer() end must be greater than the start, not 1.");
  CHECK(p.eval("random.integer(0.5, 1)") == "integer() start must be an integer, not 0.5.");
  CHECK(p.eval("random.integer(0, 1000000000000000000)").starts_with("integer() end must be between"));
}

TEST_CASE("random chooses from lists and shuffles them in place") {
  Program p{"random"};
  CHECK(
      p.run("random.seed(3); var l = List(); for (var i = 0; i < 100; i = i + 1) l.add(i);"
            "var before = l.copy(); print random.shuffle(l) == l; print l.length;"
            "var moved = 0; for (var i = 0; i < 100; i = i + 1) if (l.indexOf(i) != i) moved = moved + 1;"
            "print moved > 80;"
            "var missing = 0; for (var i = 0; i < 100; i = i + 1) if (!l.contains(i)) missing = missing + 1;"
            "print missing;") == "true\n100\ntrue\n0\n");
  CHECK(p.eval("l.contains(random.choice(l))") == "true");
  CHECK(p.eval("random.choice(List(1, \"only\"))") == "only");
  CHECK(p.eval("random.shuffle(List())") == "[]");
  CHECK(p.eval("random.choice(List())") == "Cannot choose from an empty list.");
  CHECK(p.eval("random.choice(nil)") == "choice() argument must be a list, not nil.");
}
