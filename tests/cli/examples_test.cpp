// SPDX-License-Identifier: BSD-3-Clause
// The programs that a newcomer runs first: those in scripts/examples, and the two in the README.
#include <fstream>
#include <sstream>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"

namespace {

using interlox::test::interlox_with;
using interlox::test::ProcessResult;
using interlox::test::TemporaryFile;

const std::string kRoot = INTERLOX_SOURCE_DIR;

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The first block of a document that is fenced as `language`.
std::string block_of(const std::string& document, const std::string& language) {
  const std::string text = read_file(kRoot + "/" + document);
  const std::string fence = "```" + language + "\n";
  const std::size_t begin = text.find(fence);
  if (begin == std::string::npos) return "";
  const std::size_t end = text.find("```", begin + fence.size());
  return text.substr(begin + fence.size(), end - begin - fence.size());
}

/// Runs an example that must end well; returns what it printed.
std::string run_example(std::vector<std::string> words) {
  const ProcessResult got = interlox_with(std::move(words));
  CHECK(got.code == 0);
  CHECK(got.errors.empty());
  return got.output;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string example(const std::string& name) { return kRoot + "/scripts/examples/" + name; }

/// Runs an example that must end so, with this on standard error and nothing else.
void check_refusal(std::vector<std::string> words, int code, const std::string& errors,
                   const std::string& input = "") {
  const ProcessResult got = interlox_with(std::move(words), input);
  CHECK(got.code == code);
  CHECK(got.errors == errors);
}

}  // namespace

TEST_CASE("the examples in Lox print what they should") {
  const std::string life = run_example({kRoot + "/scripts/examples/life.lox"});
  CHECK(life.find("Generation:\n20\n") != std::string::npos);
  CHECK(ends_with(life, "\n8\n"));  // a glider's five cells and a blinker's three, for ever
  const std::string mandelbrot = run_example({kRoot + "/scripts/examples/mandelbrot.lox"});
  CHECK(ends_with(mandelbrot, "Points inside:\n479\n"));
  CHECK(run_example({kRoot + "/scripts/examples/interpreter.lox"}) ==
        "3628800\n2432902008176640000\n21\n105\n110\n");
}

TEST_CASE("json_pretty prints a file or standard input, and says where it is wrong") {
  const std::string program = example("json_pretty.lox");
  const ProcessResult piped = interlox_with({program}, "{\"a\": [1,\n{\"b\": null}], \"c\": {}}\n");
  CHECK(piped.code == 0);
  CHECK(piped.output == "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {}\n}\n");
  const TemporaryFile good("good.json", "[true]");
  CHECK(run_example({program, good.path()}) == "[\n  true\n]\n");
  CHECK(run_example({program, "-n", "0", good.path()}) == "[true]\n");

  const TemporaryFile bad("bad.json", "[1,\n 2");
  check_refusal({program, bad.path()}, 65,
                bad.path() + ": Invalid JSON at line 2, column 3: Expected ',' or ']'.\n");
  check_refusal({program}, 65, "standard input: Invalid JSON at line 1, column 1: Expected a value.\n", "x");
  check_refusal({program, "/nonexistent"}, 74, "Cannot read '/nonexistent': No such file or directory.\n");
  const std::string usage = "usage: interlox json_pretty.lox [-n SPACES] [FILE]\n";
  check_refusal({program, "-n"}, 64, usage);
  check_refusal({program, "-n", "two"}, 64, usage);
  check_refusal({program, "a", "b"}, 64, usage);
}

TEST_CASE("word_frequency counts the words of several files") {
  const std::string program = example("word_frequency.lox");
  const TemporaryFile one("one.txt", "The cat's hat. The HAT,\n'the na\xc3\xafve' cat!\n");
  const TemporaryFile two("two.txt", "the hat");
  CHECK(run_example({program, one.path(), two.path()}) ==
        "       4  the\n       3  hat\n       1  cat\n       1  cat's\n       1  na\xc3\xafve\n"
        "10 words, 5 different\n");
  const ProcessResult missing = interlox_with({program, "-n", "1", "/nonexistent", two.path()});
  CHECK(missing.code == 74);
  CHECK(missing.output == "       1  hat\n2 words, 2 different\n");
  CHECK(missing.errors == "Cannot read '/nonexistent': No such file or directory.\n");
  const std::string usage = "usage: interlox word_frequency.lox [-n COUNT] FILE...\n";
  check_refusal({program}, 64, usage);
  check_refusal({program, "-n"}, 64, usage);
  check_refusal({program, "-n", "0", one.path()}, 64, usage);
}

TEST_CASE("maze makes the same maze of the same seed, and finds the way") {
  const std::string program = example("maze.lox");
  const std::string maze = run_example({program, "12", "5", "7"});
  CHECK(maze == run_example({program, "12", "5", "7"}));
  CHECK(maze != run_example({program, "12", "5", "8"}));
  const std::string wall(25, '#');
  CHECK(maze.find(wall + "\n#.") == 0);
  CHECK(maze.find(".#\n" + wall + "\n") == 10 * 26 - 3);
  CHECK(maze.find(" steps\n") != std::string::npos);
  CHECK(run_example({program, "1", "1"}) == "###\n#.#\n###\n1 steps\n");
  CHECK(ends_with(run_example({program}), " steps\n"));
  const std::string usage = "usage: interlox maze.lox [WIDTH HEIGHT [SEED]]\n";
  check_refusal({program, "3"}, 64, usage);
  check_refusal({program, "3", "0"}, 64, usage);
  check_refusal({program, "3", "3", "x"}, 64, usage);
}

TEST_CASE("scanner prints the tokens of a file, then what is none") {
  const std::string program = example("scanner.lox");
  const TemporaryFile good("good.lox", "var a = \"x\ny\" + 1.5; // c\nwhile >= (!b)\n");
  CHECK(run_example({program, good.path()}) ==
        "1 keyword var\n1 name a\n1 mark =\n2 string \"x\ny\"\n2 mark +\n2 number 1.5\n2 mark ;\n"
        "3 keyword while\n3 mark >=\n3 mark (\n3 mark !\n3 name b\n3 mark )\n");
  CHECK(ends_with(run_example({program, example("mandelbrot.lox")}), " name inside\n44 mark ;\n"));
  const TemporaryFile bad("bad.lox", "a @\n\"open");
  check_refusal({program, bad.path()}, 65,
                "[line 1] Error: Unexpected character '@'.\n[line 2] Error: Unterminated string.\n");
  check_refusal({program, "/nonexistent"}, 74, "Cannot read '/nonexistent': No such file or directory.\n");
  check_refusal({program}, 64, "usage: interlox scanner.lox FILE\n");
}

TEST_CASE("the word count counts") {
  const TemporaryFile text("words.txt", "The cat's hat. The HAT, the na\xc3\xafve cat!\n");
  const std::string output = run_example({"lua", kRoot + "/scripts/examples/words.lua", text.path()});
  CHECK(output.find("      24  the\n        16  hat\n         8  cat\n") != std::string::npos);
  CHECK(output.find("8  cat's\n") != std::string::npos);
  CHECK(output.find("8  na\xc3\xafve\n") != std::string::npos);
  CHECK(output.find("64 words, 5 different; the counts agree with a plain table.\n") != std::string::npos);
  const ProcessResult missing = interlox_with({"lua", kRoot + "/scripts/examples/words.lua", "/nonexistent"});
  CHECK(missing.code == 1);
  CHECK(missing.errors.find("cannot read /nonexistent") != std::string::npos);
}

TEST_CASE("the word count reads the word list and the documents") {
  const std::string output = run_example({"lua", kRoot + "/scripts/examples/words.lua"});
  for (const char* part : {"/usr/share/dict/", "README.md", "ARCHITECTURE.md", "The most frequent words:",
                           "by depth:", "Collections: ", "Pauses: ", "the counts agree", "on 1 thread"}) {
    INFO(part);
    CHECK(output.find(part) != std::string::npos);
  }
}

TEST_CASE("the word count in Lox counts") {
  const std::string program = example("words.lox");
  const TemporaryFile one("one.txt", "The cat's hat. The HAT, 'the na\xc3\xafve' cat!\n");
  const TemporaryFile two("two.txt", "(the dogs' '' 2nd)\r\n");
  const std::string output = run_example({program, one.path(), two.path()});
  for (const char* part :
       {"2 files (2 chunks, 4 times over)", "\n        16  the\n         8  hat\n         4  cat\n",
        "\n         4  cat's\n", "\n         4  dogs\n", "\n         4  nd\n", "\n         4  na\xc3\xafve\n",
        "\n44 words, 7 different; the counts agree with those of one thread in a Map.\n"}) {
    INFO(part);
    CHECK(output.find(part) != std::string::npos);
  }
  const TemporaryFile none("none.txt", "");
  CHECK(run_example({program, none.path()}).find("\n0 words, 0 different; ") != std::string::npos);
  check_refusal({program, one.path(), "/nonexistent"}, 74,
                "Cannot read '/nonexistent': No such file or directory.\n");
}

TEST_CASE("the word count in Lox reads the word list and the documents") {
  const std::string command =
      "cd '" + kRoot + "' && exec '" + INTERLOX_PROGRAM + "' scripts/examples/words.lox";
  interlox::test::ProcessOptions options;
  options.time_limit = std::chrono::minutes(5);
  const ProcessResult got = interlox::test::run_process({"sh", "-c", command}, options);
  CHECK(got.code == 0);
  CHECK(got.errors.empty());
  for (const char* part : {"/usr/share/dict/", " README.md", " ARCHITECTURE.md", " docs/language.md",
                           "The most frequent words:", "Collections: ", "Pauses: ", "the counts agree",
                           "on 1 thread\n", " times as many)\n"}) {
    INFO(part);
    CHECK(got.output.find(part) != std::string::npos);
  }
}

TEST_CASE("the pipeline of channels finds the primes") {
  const std::string program = example("sieve.lox");
  const std::string output = run_example({program, "30"});
  CHECK(output.find("2 3 5 7 11 13 17 19 23 29\n10 primes below 30, the same as ") == 0);
  CHECK(output.find("\n11 threads sent each other ") != std::string::npos);
  CHECK(run_example({program, "2"}).find("0 primes below 2, ") == 0);
  CHECK(run_example({program, "3"}).find("2\n1 primes below 3, ") == 0);
  CHECK(run_example({program}).find("\n303 primes below 2000, ") != std::string::npos);
  const std::string usage = "usage: interlox sieve.lox [BOUND], 2 to 20000\n";
  for (const char* bound : {"1", "2.5", "x", "20001"}) check_refusal({program, bound}, 64, usage);
  check_refusal({program, "10", "10"}, 64, usage);
}

TEST_CASE("the cache of handles has what is in use, and shrinks") {
  const std::string program = example("handle_cache.lox");
  const std::string output = run_example({program, "3", "500"});
  CHECK(output.find("3 threads use 500 tiles\nturn 1: 500 entries while they are in use\n") == 0);
  CHECK(output.find("\nturn 2: 500 entries while they are in use\nturn 2: ") != std::string::npos);
  CHECK(ends_with(output, " when the users have gone\n"));
  CHECK(run_example({program}).find("4 threads use 1000 tiles\n") == 0);
  const std::string usage = "usage: interlox handle_cache.lox [THREADS [KEYS]]\n";
  for (const char* number : {"0", "1.5", "x", "101"}) check_refusal({program, number}, 64, usage);
  check_refusal({program, "1", "1", "1"}, 64, usage);
}

TEST_CASE("the README's programs do what their comments say") {
  const TemporaryFile lox("readme.lox", block_of("README.md", "lox"));
  CHECK(run_example({lox.path()}) == "square of 4\nsquare of 9\n[2, 3]\nUndefined key \"three\".\n");
  const TemporaryFile lua("readme.lua", block_of("README.md", "lua"));
  const std::string output = run_example({"lua", lua.path()});
  CHECK(output.find("15000\t7500\n") == 0);
  CHECK(ends_with(output, "\ttrue\n"));
}

TEST_CASE("the spec in the documentation of Lua passes") {
  const TemporaryFile spec("doc_spec.lua", block_of("docs/lua.md", "lua"));
  const std::string output = run_example({"test", spec.path()});
  CHECK(output.find("ok 1 - a map finds what was stored\n") != std::string::npos);
}
