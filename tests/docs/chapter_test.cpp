// SPDX-License-Identifier: BSD-3-Clause
// That the chapters' tests would find a chapter that is wrong.
#include "tests/docs/chapter.hpp"

#include <sstream>
#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"

using namespace interlox::docs;

TEST_CASE("what is printed matches what a transcript says, and nothing else does") {
  CHECK(matches({}, {}));
  CHECK(matches({"a", ""}, {"a", ""}));
  CHECK_FALSE(matches({"a"}, {"a", "b"}));
  CHECK_FALSE(matches({"a", "b"}, {"a"}));
  CHECK_FALSE(matches({"a"}, {"ab"}));
  CHECK_FALSE(matches({"ab"}, {"a"}));
}

TEST_CASE("a number lies within the bounds that a transcript says") {
  CHECK(matches({"gone: [900 to 1000]"}, {"gone: 900"}));
  CHECK(matches({"gone: [900 to 1000] of 1000"}, {"gone: 1000 of 1000"}));
  CHECK(matches({"[-1 to 2.5] [0 to 1]"}, {"-0.5 1"}));
  CHECK_FALSE(matches({"gone: [900 to 1000]"}, {"gone: 899"}));
  CHECK_FALSE(matches({"gone: [900 to 1000]"}, {"gone: 1001"}));
  CHECK_FALSE(matches({"gone: [900 to 1000]"}, {"gone: "}));
  CHECK_FALSE(matches({"gone: [900 to 1000]"}, {"gone: many"}));
  CHECK(matches({"[Leaf] [1, 2]"}, {"[Leaf] [1, 2]"}));  // no bounds
  CHECK_THROWS_AS(matches({"[9 to 8]"}, {"8"}), std::runtime_error);
  CHECK_THROWS_AS(matches({"[9 to many]"}, {"10"}), std::runtime_error);
}

TEST_CASE("dots stand for any text, or for any lines") {
  CHECK(matches({"0x… [Root …]"}, {"0x7f [Root Slots=4]"}));
  CHECK(matches({"a…"}, {"a"}));
  CHECK_FALSE(matches({"a…c"}, {"ab"}));
  CHECK(matches({"…", "end"}, {"end"}));
  CHECK(matches({"first", "…", "end", "…"}, {"first", "x", "end", "y", "end"}));
  CHECK_FALSE(matches({"first", "…", "end"}, {"first", "x"}));
}

TEST_CASE("a chapter has blocks, and those have steps") {
  std::istringstream text("text\n```lox a.lox\nprint 1;\n```\n```console sched\n$ one\n1\n\n$ two 2\n```\n");
  const auto blocks = blocks_of(text);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].language == "lox");
  CHECK(blocks[0].tag == "a.lox");
  CHECK(blocks[0].lines == Lines{"print 1;"});
  CHECK(blocks[1].line == 5);
  CHECK(blocks[1].tag == "sched");
  const auto steps = steps_of(blocks[1]);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].command == "one");
  CHECK(steps[0].expected == Lines{"1", ""});
  CHECK(steps[1].command == "two 2");
  CHECK(steps[1].line == 9);
  CHECK(steps[1].expected.empty());

  CHECK_THROWS_AS(steps_of(blocks[0]), std::runtime_error);
  std::istringstream open("```text\n");
  CHECK_THROWS_AS(blocks_of(open), std::runtime_error);
}

TEST_CASE("what is shown of a file is lines of it") {
  const Lines file = lines_of("a\nb\n\nc\n");
  CHECK(file == Lines{"a", "b", "", "c"});
  CHECK(is_part_of(file, file));
  CHECK(is_part_of({"b", ""}, file));
  CHECK_FALSE(is_part_of({"a", "c"}, file));
  CHECK_FALSE(is_part_of({"a "}, file));
  CHECK_FALSE(is_part_of({}, file));
}
