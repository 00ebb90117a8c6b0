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

TEST_CASE("the README's programs do what their comments say") {
  const TemporaryFile lox("readme.lox", block_of("README.md", "lox"));
  CHECK(run_example({lox.path()}) == "15\n10\n");
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
