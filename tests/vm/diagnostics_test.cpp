// SPDX-License-Identifier: BSD-3-Clause
#include "vm/diagnostics.hpp"

#include <algorithm>
#include <string>

#include "tests/support/catch.hpp"
#include "vm/compiler.hpp"
#include "vm/report.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::Diagnostic;
using vm::Position;
using vm::Result;

namespace {

bool at(const Position& position, std::uint32_t line, std::uint32_t column) {
  return position.line == line && position.column == column;
}

std::vector<Diagnostic> errors_of(std::string_view source, std::string_view name = "a.lox") {
  const vm::ThreadScope scope;
  vm::VM machine;
  return machine.run(source, name).diagnostics;
}

std::string warnings_of(std::string_view source) {
  const vm::ThreadScope scope;
  vm::VM machine;
  return vm::plain_text(vm::check(machine.main_module(), source, "a.lox"));
}

/// What a failed run of `source`, all of it in the file a.lox, is reported as.
std::string rich(std::string_view source, std::string_view name = "a.lox") {
  const vm::ThreadScope scope;
  vm::VM machine;
  const Result result = machine.run(source, name);
  return vm::report_text(result, {.rich = true}, [&](const vm::TraceFrame& frame) {
    return frame.file == name ? std::optional<std::string>(source) : std::nullopt;
  });
}

}  // namespace

TEST_CASE("a diagnostic says where its token begins, how long it is and what is wrong") {
  const std::vector<Diagnostic> errors = errors_of("var = 2;\n  print nil nil;\nprint");
  REQUIRE(errors.size() == 3);
  CHECK(at(errors[0].at, 1, 5));
  CHECK(errors[0].length == 1);
  CHECK(errors[0].text == "[line 1] Error at '=': Expect variable name.");
  CHECK(errors[0].file == "a.lox");
  CHECK_FALSE(errors[0].at_end);
  CHECK(at(errors[1].at, 2, 13));
  CHECK(errors[1].length == 3);
  CHECK(at(errors[2].at, 3, 6));
  CHECK(errors[2].length == 0);
  CHECK(errors[2].at_end);
}

TEST_CASE("a string over several lines is named by its last line and lies where it begins") {
  const std::vector<Diagnostic> errors = errors_of("print 1\n  \"a\nb\";\nvar 1;");
  REQUIRE(errors.size() == 2);
  CHECK(vm::plain_text(errors[0]) == "a.lox:2:3: [line 3] Error at '\"a\nb\"': Expect ';' after value.");
  CHECK(at(errors[1].at, 4, 5));
}

TEST_CASE("sources that only stop too early are known by their errors") {
  for (const char* source : {"print 1", "{ print 1", "fun f() {", "class A {", "print (1 +", "print \"abc",
                             "if (true) { print \"abc"}) {
    INFO(source);
    const std::vector<Diagnostic> errors = errors_of(source);
    CHECK_FALSE(errors.empty());
    for (const Diagnostic& error : errors) CHECK(error.at_end);
  }
  for (const char* source : {"print 1 1", "print @", "var 1;", "return 1;"}) {
    INFO(source);
    const std::vector<Diagnostic> errors = errors_of(source);
    REQUIRE_FALSE(errors.empty());
    CHECK_FALSE(errors[0].at_end);
  }
}

TEST_CASE("a source without a name has no prefix") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK(machine.run("var 1;\nprint;").error ==
        "[line 1] Error at '1': Expect variable name.\n[line 2] Error at ';': Expect expression.");
  CHECK(machine.run("var 1;", "b.lox").error == "b.lox:1:5: [line 1] Error at '1': Expect variable name.");
  CHECK(machine.eval("1 +", "e").error == "e:1:4: [line 1] Error at end: Expect expression.");
}

TEST_CASE("a byte order mark has no column, and offsets may go back") {
  const std::string marked = "\xef\xbb\xbfvar 1;";
  CHECK(at(errors_of(marked)[0].at, 1, 5));
  vm::Locator locator("ab\ncd\n\ne");
  CHECK(at(locator.at(7), 4, 1));
  CHECK(at(locator.at(4), 2, 2));
  CHECK(at(locator.at(6), 3, 1));
  CHECK(at(locator.at(0), 1, 1));
  CHECK(at(locator.at(99), 4, 2));
}

TEST_CASE("a failed run has its frames with file, line and column") {
  const vm::ThreadScope scope;
  vm::VM machine;
  const Result result = machine.run("fun f(x) {\n  return x + nil;\n}\nf(1);", "t.lox");
  REQUIRE(result.trace.size() == 2);
  CHECK(result.trace[0].function == "f");
  CHECK(result.trace[0].file == "t.lox");
  CHECK(at(result.trace[0].at, 2, 14));
  CHECK(result.trace[1].function.empty());
  CHECK(at(result.trace[1].at, 4, 4));
  CHECK(result.error == "Operands must be two numbers or two strings.\n[line 2] in f()\n[line 4] in script");
}

TEST_CASE("a hint names the global or member that was meant") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK(machine.run("var total = 1; print totla;").hint == "did you mean 'total'?");
  CHECK(machine.run("totel = 1;").hint == "did you mean 'total'?");
  CHECK(machine.run("print something;").hint.empty());
  const char* const shape = "class Shape { init() { this.width = 1; } area() {} } ";
  CHECK(machine.run(shape + std::string("Shape().aera();")).hint == "did you mean 'area'?");
  CHECK(machine.run("Shape().widht;").hint == "did you mean 'width'?");
  CHECK(machine.run("class Sub < Shape { f() { super.arae(); } } Sub().f();").hint == "did you mean 'area'?");
  CHECK(machine.run("Shape().other;").hint.empty());
  CHECK(machine.run("nil.area;").hint.empty());
  CHECK(machine.run("totel;").error == "Undefined variable 'totel'.\n[line 1] in script");
}

TEST_CASE("locals that nothing mentions are warned of") {
  CHECK(warnings_of("{ var x = 1; }") == "a.lox:1:7: [line 1] Warning: Unused local variable 'x'.");
  CHECK(warnings_of("{\n  var a = 1; var b = 2;\n  {\n    var a = b;\n  }\n}") ==
        "a.lox:2:7: [line 2] Warning: Unused local variable 'a'.\n"
        "a.lox:4:9: [line 4] Warning: Unused local variable 'a'.");
  CHECK(warnings_of("{ fun f() {} class A {} }") ==
        "a.lox:1:7: [line 1] Warning: Unused local variable 'f'.\n"
        "a.lox:1:20: [line 1] Warning: Unused local variable 'A'.");
}

TEST_CASE("parameters, globals, names with an underscore and captured locals are not warned of") {
  for (const char* source : {"var x = 1;", "fun f(x) {}", "{ var _x = 1; }", "{ var x = 1; print x; }",
                             "{ var x; fun f() { return x; } f(); }", "for (var i = 0; i < 1; i = i + 1) {}",
                             "{ class A {} class B < A {} print B; }"}) {
    INFO(source);
    CHECK(warnings_of(source).empty());
  }
  CHECK(warnings_of("{ var x = 1; } print") == "a.lox:1:21: [line 1] Error at end: Expect expression.");
}

TEST_CASE("an excerpt has the line, its number and a mark under the token") {
  CHECK(vm::excerpt("one\nprint valeu;\nthree", {2, 7}, 5) == "   2 | print valeu;\n     |       ^~~~~");
  CHECK(vm::excerpt("a\r\nb c\r\n", {2, 3}, 1) == "   2 | b c\n     |   ^");
  CHECK(vm::excerpt("x", {1, 1}, 1, true) ==
        "\033[34m   1 | \033[0mx\n\033[34m     | \033[0m\033[1;31m^\033[0m");
  CHECK(vm::excerpt("x", {3, 1}, 1).empty());
}

TEST_CASE("an excerpt is aligned whatever the line holds") {
  CHECK(vm::excerpt("\tif\t(x)", {1, 5}, 3) == "   1 | \tif\t(x)\n     | \t  \t^~~");
  CHECK(vm::excerpt("\"n\xc3\xa4\xe2\x82\xac\" @", {1, 10}, 1) ==
        "   1 | \"n\xc3\xa4\xe2\x82\xac\" @\n     |       ^");
  CHECK(vm::excerpt("a \033[1m b", {1, 8}, 1) == "   1 | a ?[1m b\n     |        ^");
  CHECK(vm::excerpt("print \"ab\ncd\";", {1, 7}, 6) == "   1 | print \"ab\n     |       ^~~");
}

TEST_CASE("the end of a source is marked behind its last line that says something") {
  CHECK(vm::excerpt("print 1", {1, 8}, 0) == "   1 | print 1\n     |        ^");
  CHECK(vm::excerpt("print 1\n\n  \n", {4, 1}, 0) == "   1 | print 1\n     |        ^");
  CHECK(vm::excerpt("", {1, 1}, 0) == "   1 | \n     | ^");
}

TEST_CASE("a long line is cut around the mark") {
  const std::string line = std::string(300, 'a') + "here" + std::string(300, 'b');
  const std::string text = vm::excerpt(line, {1, 301}, 4);
  CHECK(text == "   1 | ..." + std::string(60, 'a') + "here" + std::string(36, 'b') + "...\n     |    " +
                    std::string(60, ' ') + "^~~~");
  const std::string early = vm::excerpt(std::string(300, 'c'), {1, 3}, 1);
  CHECK(early == "   1 | " + std::string(100, 'c') + "...\n     |   ^");
}

TEST_CASE("rich reports have excerpts and hints") {
  CHECK(rich("print 1;\nvar = 2;\nprint") ==
        "a.lox:2:5: [line 2] Error at '=': Expect variable name.\n   2 | var = 2;\n     |     ^\n"
        "a.lox:3:6: [line 3] Error at end: Expect expression.\n   3 | print\n     |      ^");
  CHECK(rich("var value = 1;\nfun f() {\n  return valeu;\n}\nf();") ==
        "Undefined variable 'valeu'.\n[line 3] in f() (a.lox:3:10)\n[line 5] in script (a.lox:5:3)\n"
        "   3 |   return valeu;\n     |          ^~~~~\nhelp: did you mean 'value'?");
  CHECK(rich("-nil;", "") == "Operand must be a number.\n[line 1] in script\n   1 | -nil;\n     |  ^~~");
}

TEST_CASE("a rich trace of a deep recursion has its two ends") {
  const std::string text = rich("fun f(n) {\n  if (n == 0) nil();\n  f(n - 1);\n}\nf(99);", "");
  CHECK(text.find("[line 3] in f()\n... 77 more ...\n[line 3] in f()") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 16 + 1 + 8 + 2);
}

TEST_CASE("the excerpt of a trace is from the innermost source that can be read") {
  const vm::ThreadScope scope;
  vm::VM machine;
  REQUIRE(machine.run("fun f() {\n  nil();\n}", "lost.lox").status == vm::Status::ok);
  const std::string source = "f();";
  const Result result = machine.run(source, "b.lox");
  CHECK(
      vm::report_text(result, {.rich = true},
                      [&](const vm::TraceFrame& frame) {
                        return frame.file == "b.lox" ? std::optional(source) : std::nullopt;
                      }) ==
      "Can only call functions and classes.\n[line 2] in f() (lost.lox:2:7)\n[line 1] in script (b.lox:1:3)\n"
      "   1 | f();\n     |   ^");
  CHECK(vm::report_text(result, {}, {}) == result.error);
}
