// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/options.hpp"

#include <initializer_list>
#include <vector>

#include "tests/support/catch.hpp"

using namespace interlox::cli;

namespace {

Options parse(std::initializer_list<const char*> words) {
  std::vector<const char*> argv = {"interlox"};
  argv.insert(argv.end(), words.begin(), words.end());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("sizes") {
  std::size_t bytes = 0;
  CHECK((parse_size("1", bytes) && bytes == 1));
  CHECK((parse_size("512k", bytes) && bytes == 512u << 10));
  CHECK((parse_size("64M", bytes) && bytes == 64u << 20));
  CHECK((parse_size("2g", bytes) && bytes == std::size_t{2} << 30));
  for (const char* wrong :
       {"", "k", "0", "0m", "-1", "1.5m", "1kb", " 1", "1 ", "99999999999999999999", "99999999999g"}) {
    INFO(wrong);
    CHECK_FALSE(parse_size(wrong, bytes));
  }
}

TEST_CASE("a file and its arguments") {
  const Options options = parse({"--max-heap=64m", "--initial-heap=8m", "a.lox", "-e", "--help"});
  CHECK(options.error.empty());
  CHECK(options.command == Command::run);
  CHECK(options.file == "a.lox");
  CHECK(options.arguments == std::vector<std::string>{"-e", "--help"});
  CHECK(options.heap.max_heap == 64u << 20);
  CHECK(options.heap.initial_heap == 8u << 20);
  CHECK_FALSE(options.interactive);
}

TEST_CASE("nothing to run means reading lines") {
  CHECK(parse({}).interactive);
  CHECK(parse({"--gc-stress"}).interactive);
  CHECK(parse({"-i", "a.lox"}).interactive);
  CHECK(parse({"-i", "a.lox"}).file == "a.lox");
  CHECK_FALSE(parse({"-"}).interactive);
  CHECK(parse({"-"}).file == "-");
}

TEST_CASE("expressions may be repeated and take arguments, not a file") {
  const Options options = parse({"-e", "print 1;", "-e", "print 2;", "a", "b"});
  CHECK(options.expressions == std::vector<std::string>{"print 1;", "print 2;"});
  CHECK(options.arguments == std::vector<std::string>{"a", "b"});
  CHECK(options.file.empty());
}

TEST_CASE("--gc-stress takes a positive number, 1 if none is given") {
  CHECK(parse({"--gc-stress", "x"}).heap.stress == 1);
  CHECK(parse({"--gc-stress=50", "x"}).heap.stress == 50);
  CHECK(parse({"x"}).heap.stress == 0);
  for (const char* wrong :
       {"--gc-stress=", "--gc-stress=0", "--gc-stress=x", "--gc-stress=1x", "--gc-stress=-1"}) {
    INFO(wrong);
    CHECK(parse({wrong, "x"}).error.find("--gc-stress") != std::string::npos);
  }
}

TEST_CASE("subcommands") {
  const Options lua = parse({"--count-nodes", "lua", "a.lua", "-x", "y"});
  CHECK(lua.command == Command::lua);
  CHECK(lua.file == "a.lua");
  CHECK(lua.arguments == std::vector<std::string>{"-x", "y"});
  CHECK(lua.command_words == std::vector<std::string>{"interlox", "--count-nodes", "lua"});
  CHECK(lua.heap.count_nodes);
  CHECK(parse({"test"}).command == Command::test);
  CHECK(parse({"test", "a", "b"}).arguments.size() == 2);
  CHECK(parse({"fmt"}).command == Command::format);
  const Options page = parse({"explore", "a.lox", "-o", "a.html", "-o"});
  CHECK(page.command == Command::run);
  CHECK(page.file == "a.lox");
  CHECK(page.explore_page == "a.html");
  CHECK(page.heap.count_nodes);
  CHECK_FALSE(page.interactive);
  const Options page_first = parse({"--stats", "explore", "-o", "b.html", "b.lua", "1", "-o"});
  CHECK(page_first.command == Command::lua);
  CHECK(page_first.file == "b.lua");
  CHECK(page_first.explore_page == "b.html");
  CHECK(page_first.arguments == std::vector<std::string>{"1", "-o"});
  CHECK(page_first.command_words ==
        std::vector<std::string>{"interlox", "--stats", "explore", "-o", "b.html"});
  CHECK(parse({"explore", "-o", "c.html"}).interactive);
  CHECK(parse({"explore", "--stats", "-o", "c.html", "-"}).file == "-");
  CHECK(parse({"fmt", "--check", "a"}).arguments == std::vector<std::string>{"--check", "a"});
  CHECK(parse({"./lua"}).file == "./lua");
  CHECK(parse({"--", "lua"}).file == "lua");
}

TEST_CASE("commands that look at programs") {
  const Options check = parse({"check", "--diagnostics=rich", "a.lox", "-", "b.lox"});
  CHECK(check.command == Command::check);
  CHECK(check.diagnostics == Diagnostics::rich);
  CHECK(check.arguments == std::vector<std::string>{"a.lox", "-", "b.lox"});
  CHECK(parse({"check", "--", "--odd.lox"}).arguments == std::vector<std::string>{"--odd.lox"});
  CHECK(parse({"check", "--help"}).command == Command::help);
  const Options dis = parse({"--diagnostics=plain", "dis", "-"});
  CHECK(dis.command == Command::dis);
  CHECK(dis.file == "-");
  CHECK(dis.diagnostics == Diagnostics::plain);
  CHECK(parse({"a.lox"}).diagnostics == Diagnostics::automatic);
  CHECK(parse({"./check"}).file == "./check");
  CHECK(parse({"a.lox", "check"}).arguments == std::vector<std::string>{"check"});
}

TEST_CASE("--heap-snapshot names a file, for what runs a program") {
  CHECK(parse({"x"}).heap_snapshot.empty());
  CHECK(parse({"--heap-snapshot=a=b.heapsnapshot", "x"}).heap_snapshot == "a=b.heapsnapshot");
  CHECK(parse({"--heap-snapshot=f", "lua", "x"}).heap_snapshot == "f");
  CHECK(parse({"--heap-snapshot=f", "-e", "1;"}).error.empty());
  CHECK(parse({"--heap-snapshot", "x"}).error == "option '--heap-snapshot' needs the file to write");
  CHECK(parse({"--heap-snapshot=", "x"}).error == "option '--heap-snapshot' needs the file to write");
  CHECK(parse({"--heap-snapshot=f", "test"}).error == "option '--heap-snapshot' doesn't go with 'test'");
  CHECK(parse({"dis", "--heap-snapshot=f", "x"}).error == "option '--heap-snapshot' doesn't go with 'dis'");
  CHECK(parse({"--heap-snapshot=f", "--dump=tokens", "x"}).error.find("doesn't go with '--dump'") !=
        std::string::npos);
}

TEST_CASE("what is wrong is named") {
  CHECK(parse({"--frobnicate"}).error == "unknown option '--frobnicate'");
  CHECK(parse({"-x"}).error == "unknown option '-x'");
  CHECK(parse({"--help=yes"}).error == "unknown option '--help=yes'");
  CHECK(parse({"-e"}).error == "option '-e' needs the source to run");
  CHECK(parse({"--max-heap"}).error.find("'--max-heap' needs a size") != std::string::npos);
  CHECK(parse({"--max-heap=lots"}).error.find("got 'lots'") != std::string::npos);
  CHECK(parse({"--stack-size=1m"}).stack_bytes == 1u << 20);
  CHECK(parse({"--stack-size=255k"}).error == "option '--stack-size' needs at least 256k, got '255k'");
  CHECK(parse({"--stack-size"}).error.find("'--stack-size' needs a size") != std::string::npos);
  CHECK(parse({"--dump", "x"}).error.find("needs tokens, bytecode or symbols") != std::string::npos);
  CHECK(parse({"--dump=heap", "x"}).error.find("got 'heap'") != std::string::npos);
  CHECK(parse({"--dump=tokens"}).error == "option '--dump' needs a program to show");
  CHECK(parse({"--diagnostics=loud", "x"}).error.find("auto, plain or rich") != std::string::npos);
  CHECK(parse({"check"}).error == "'check' needs a file to check");
  CHECK(parse({"dis"}).error == "'dis' needs a file to show");
  CHECK(parse({"dis", "a", "b"}).error == "'dis' takes one file");
  CHECK(parse({"check", "--bogus", "a"}).error == "unknown option '--bogus'");
  CHECK(parse({"lua"}).error == "'lua' needs a file to run");
  CHECK(parse({"explore", "a"}).error == "'explore' needs the page to write, as in -o page.html");
  CHECK(parse({"explore", "a", "-o"}).error == "option '-o' needs the page to write");
  CHECK(parse({"explore", "-o", "", "a"}).error == "option '-o' needs the page to write");
  CHECK(parse({"explore", "-o", "a", "-o", "b", "c"}).error == "option '-o' is there twice");
  CHECK(parse({"explore", "--bogus", "a"}).error == "unknown option '--bogus'");
  CHECK(parse({"-i", "explore", "a"}).error == "options '-e', '-i' and '--dump' don't go with 'explore'");
  CHECK(parse({"-i", "lua", "x"}).error.find("don't go with 'lua'") != std::string::npos);
  CHECK(parse({"check", "-e", "1", "x"}).error.find("don't go with 'check'") != std::string::npos);
  CHECK(parse({"--dump=tokens", "test"}).error.find("don't go with 'test'") != std::string::npos);
}

TEST_CASE("--stats is off unless asked for") {
  CHECK(parse({"--stats", "a.lox"}).stats);
  CHECK_FALSE(parse({"a.lox", "--stats"}).stats);
}

TEST_CASE("--trace names a file") {
  CHECK(parse({"--trace=a.json", "a.lox"}).trace == "a.json");
  CHECK(parse({"a.lox", "--trace=a.json"}).trace.empty());
  for (const char* wrong : {"--trace", "--trace="}) {
    CHECK(parse({wrong, "a.lox"}).error == "option '--trace' needs a file to write, as in --trace=FILE");
  }
}

TEST_CASE("INTERLOX_DEBUG's settings") {
  Options options;
  parse_debug("", options);
  CHECK_FALSE(options.heap.print_collections);
  parse_debug("gctrace=1", options);
  CHECK(options.heap.print_collections);
  CHECK(options.error.empty());
  parse_debug("gctrace=x", options);
  CHECK(options.error.find("'gctrace' needs 0 or 1") != std::string::npos);
  options.error = "first";
  parse_debug("bogus=1", options);
  CHECK(options.error == "first");
}
