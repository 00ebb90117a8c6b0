// SPDX-License-Identifier: BSD-3-Clause
// The errors of the parser: messages, places, order and recovery as clox has them.
#include "vm/parser.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/vm/compiled.hpp"

using interlox::test::compile_errors;
using interlox::test::repeat;
using interlox::vm::CompileMode;

namespace {

struct Case {
  const char* source;
  const char* errors;
};

void check_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    INFO(c.source);
    CHECK(compile_errors(c.source) == c.errors);
  }
}

std::string numbered(const std::string& prefix, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += (i == 0 ? "" : ", ") + prefix + std::to_string(i);
  return result;
}

}  // namespace

TEST_CASE("Each missing token has its message") {
  check_all({
      {"print 1", "[line 1] Error at end: Expect ';' after value."},
      {"1", "[line 1] Error at end: Expect ';' after expression."},
      {"var a = 1", "[line 1] Error at end: Expect ';' after variable declaration."},
      {"var 1;", "[line 1] Error at '1': Expect variable name."},
      {"fun 1() {}",
       "[line 1] Error at '1': Expect function name.\n[line 1] Error at end: Expect '}' after block."},
      {"fun () {}", "[line 1] Error at '(': Expect function name."},
      {"fun f {}", "[line 1] Error at '{': Expect '(' after function name."},
      {"fun f(1) {}",
       "[line 1] Error at '1': Expect parameter name.\n[line 1] Error at end: Expect '}' after block."},
      {"fun f(a {}", "[line 1] Error at '{': Expect ')' after parameters."},
      {"fun f() 1;",
       "[line 1] Error at '1': Expect '{' before function body.\n[line 1] Error at end: Expect '}' after "
       "block."},
      {"fun f() {", "[line 1] Error at end: Expect '}' after block."},
      {"class {}", "[line 1] Error at '{': Expect class name."},
      {"class A < {}", "[line 1] Error at '{': Expect superclass name."},
      {"class A 1",
       "[line 1] Error at '1': Expect '{' before class body.\n[line 1] Error at end: Expect '}' after "
       "block."},
      {"class A {", "[line 1] Error at end: Expect '}' after class body."},
      {"if 1) {}", "[line 1] Error at '1': Expect '(' after 'if'."},
      {"if (1 {}", "[line 1] Error at '{': Expect ')' after condition."},
      {"while 1) {}", "[line 1] Error at '1': Expect '(' after 'while'."},
      {"while (1 {}", "[line 1] Error at '{': Expect ')' after condition."},
      {"for 1", "[line 1] Error at '1': Expect '(' after 'for'."},
      {"for (;1) {}", "[line 1] Error at ')': Expect ';' after loop condition."},
      {"for (;;1 {}", "[line 1] Error at '{': Expect ')' after for clauses."},
      {"for (1) {}", "[line 1] Error at ')': Expect ';' after expression."},
      {"{ 1;", "[line 1] Error at end: Expect '}' after block."},
      {"(1;", "[line 1] Error at ';': Expect ')' after expression."},
      {"f(1;", "[line 1] Error at ';': Expect ')' after arguments."},
      {"a.1;", "[line 1] Error at '1': Expect property name after '.'."},
      {"fun f() { return 1 }",
       "[line 1] Error at '}': Expect ';' after return value.\n"
       "[line 1] Error at end: Expect '}' after block."},
      {"1 +;", "[line 1] Error at ';': Expect expression."},
      {"}", "[line 1] Error at '}': Expect expression."},
      {"if (1) var a;", "[line 1] Error at 'var': Expect expression."},
      {"\"a\nb\" 1;", "[line 2] Error at '1': Expect ';' after expression."},
      {"\n\n1 \"a\nb\";", "[line 4] Error at '\"a\nb\"': Expect ';' after expression."},
  });
}

TEST_CASE("Error tokens are reported without a place in the line") {
  check_all({
      {"@", "[line 1] Error: Unexpected character."},
      {"print 1;\nvar a = #;\nprint 2 2;",
       "[line 2] Error: Unexpected character.\n[line 3] Error at '2': Expect ';' after value."},
      {"print \"abc", "[line 1] Error: Unterminated string."},
      {"print \"abc\n\n", "[line 3] Error: Unterminated string."},
      // The scanner is one token ahead: its error comes before the parser's.
      {"1 + @ ;", "[line 1] Error: Unexpected character."},
      {"@ @ @\n@", "[line 1] Error: Unexpected character."},
  });
  CHECK(compile_errors(std::string("print 1;\0", 9)) == "[line 1] Error: Unexpected character.");
}

TEST_CASE("Invalid assignment targets") {
  const char* const error = "[line 1] Error at '=': Invalid assignment target.";
  for (const char* const source :
       {"1 = 2;", "a + b = c;", "a or b = c;", "a and b = c;", "!a = 1;", "-a.b = 1;", "(a) = 1;", "a() = 1;",
        "a.b() = 1;", "a = b + c = d;", "this = 1;"}) {
    INFO(source);
    const bool is_this = source[0] == 't';
    CHECK(compile_errors(is_this ? "class A { f() { this = 1; } }" : source) == error);
  }
  CHECK(compile_errors("(a).b = a = b.c = 1;").empty());
  // `super.x = 1` is neither an assignment nor a target.
  CHECK(compile_errors("class A < B { f() { super.x = 1; } }") == error);
}

TEST_CASE("The rules of scopes") {
  check_all({
      {"{ var a = a; }", "[line 1] Error at 'a': Can't read local variable in its own initializer."},
      {"{ var a = 1; { var a = a; } }",
       "[line 1] Error at 'a': Can't read local variable in its own initializer."},
      {"{ var a; var a; }", "[line 1] Error at 'a': Already a variable with this name in this scope."},
      {"fun f(a) { var a; }", "[line 1] Error at 'a': Already a variable with this name in this scope."},
      {"fun f(a, a) {}", "[line 1] Error at 'a': Already a variable with this name in this scope."},
      {"{ fun a() {} class a {} }",
       "[line 1] Error at 'a': Already a variable with this name in this scope.\n[line 1] Error at end: "
       "Expect '}' after block."},
      {"for (var i = 0;;) { var i; }", ""},
      {"for (var i = 0;;) var i;", "[line 1] Error at 'var': Expect expression."},
      {"fun f(a) { { var a; } }", ""},
      {"var a = a; var a;", ""},
      {"fun f() { var f; }", ""},
      {"fun f() { fun f() { var f; } }", ""},
      {"{ fun f() { f(); } }", ""},
      {"{ var a; fun f(a) { return a; } }", ""},
      {"{ var a = 1; { var b = a; var a = b; } var c = a; }", ""},
      {"fun f() { var a = b; var b = a; }", ""},
  });
}

TEST_CASE("The rules of return, this and super") {
  check_all({
      {"return;", "[line 1] Error at 'return': Can't return from top-level code."},
      {"{ return 1; }", "[line 1] Error at 'return': Can't return from top-level code."},
      {"class A { init() { return 1; } }",
       "[line 1] Error at 'return': Can't return a value from an initializer."},
      {"class A { init() { return; } f() { return 1; } }", ""},
      {"class A { init() { fun g() { return 1; } } }", ""},
      {"fun init() { return 1; }", ""},
      {"this;", "[line 1] Error at 'this': Can't use 'this' outside of a class."},
      {"fun f() { this; }", "[line 1] Error at 'this': Can't use 'this' outside of a class."},
      {"super.a;", "[line 1] Error at 'super': Can't use 'super' outside of a class."},
      {"class A { f() { super.f(); } }",
       "[line 1] Error at 'super': Can't use 'super' in a class with no superclass."},
      {"class A < B { f() { class C { g() { super.g(); } } } }",
       "[line 1] Error at 'super': Can't use 'super' in a class with no superclass."},
      {"class A < B { f() { super; } }", "[line 1] Error at ';': Expect '.' after 'super'."},
      {"class A < B { f() { super.1; } }", "[line 1] Error at '1': Expect superclass method name."},
      {"class A < A {}", "[line 1] Error at 'A': A class can't inherit from itself."},
      {"{ class A < A {} }",
       "[line 1] Error at 'A': A class can't inherit from itself.\n[line 1] Error at end: Expect '}' after "
       "block."},
      {"class A < B { f() { fun g() { return super.f; } return this; } }", ""},
  });
}

TEST_CASE("At most 255 parameters and arguments") {
  CHECK(compile_errors("fun f(" + numbered("a", 255) + ") {} f(" + numbered("", 255) + ");").empty());
  CHECK(compile_errors("fun f(" + numbered("a", 256) + ") {}") ==
        "[line 1] Error at 'a255': Can't have more than 255 parameters.");
  CHECK(compile_errors("f(" + numbered("", 256) + ");") ==
        "[line 1] Error at '255': Can't have more than 255 arguments.");
  CHECK(compile_errors("f(" + numbered("", 300) + ");\n1 2;") ==
        "[line 1] Error at '255': Can't have more than 255 arguments.\n"
        "[line 2] Error at '2': Expect ';' after expression.");
  CHECK(compile_errors("a.f(" + numbered("", 256) + ");") ==
        "[line 1] Error at '255': Can't have more than 255 arguments.");
}

TEST_CASE("The parser finds its feet again where clox does") {
  check_all({
      // After a semicolon, or before a word that starts a statement; one error a panic.
      {"print 1 2 3;\nprint 4 5;",
       "[line 1] Error at '2': Expect ';' after value.\n[line 2] Error at '5': Expect ';' after value."},
      {"print 1 2\nvar b = ;\n",
       "[line 1] Error at '2': Expect ';' after value.\n"
       "[line 2] Error at ';': Expect expression."},
      {"a b c d e f;\n", "[line 1] Error at 'b': Expect ';' after expression."},
      {"class A { 1 }",
       "[line 1] Error at '1': Expect method name.\n"
       "[line 1] Error at end: Expect '}' after block."},
      {"class A {\n var x;\n f() {}\n}",
       "[line 2] Error at 'var': Expect method name.\n"
       "[line 3] Error at '{': Expect ';' after expression.\n"
       "[line 4] Error at end: Expect '}' after block."},
      {"fun f(a, ) { return a; }", "[line 1] Error at ')': Expect parameter name."},
      {"if (true) { print 1 } else { print 2; }", "[line 1] Error at '}': Expect ';' after value."},
      {"{ var ; var ; }",
       "[line 1] Error at ';': Expect variable name.\n"
       "[line 1] Error at ';': Expect variable name."},
      {"fun f() { return } var",
       "[line 1] Error at '}': Expect expression.\n"
       "[line 1] Error at end: Expect variable name.\n"
       "[line 1] Error at end: Expect '}' after block."},
      {"foo(a | b);\nbar(1 2);",
       "[line 1] Error: Unexpected character.\n"
       "[line 2] Error at '2': Expect ')' after arguments."},
      // Inside a chain of `or`, what follows a missing operand is no assignment target (as in clox).
      {"a or or b .c = 3 x\ny;\n1 2;",
       "[line 1] Error at 'or': Expect expression.\n"
       "[line 3] Error at '2': Expect ';' after expression."},
      {"else 1;", "[line 1] Error at 'else': Expect expression."},
  });
}

TEST_CASE("A single expression") {
  const auto mode = CompileMode::expression;
  CHECK(compile_errors("1 + 2", mode).empty());
  CHECK(compile_errors("a = b.c(1)", mode).empty());
  CHECK(compile_errors("", mode) == "[line 1] Error at end: Expect expression.");
  CHECK(compile_errors("1 2", mode) == "[line 1] Error at '2': Expect end of expression.");
  CHECK(compile_errors("1;", mode) == "[line 1] Error at ';': Expect end of expression.");
  CHECK(compile_errors("print 1", mode) == "[line 1] Error at 'print': Expect expression.");
  CHECK(compile_errors("this", mode) == "[line 1] Error at 'this': Can't use 'this' outside of a class.");
}

TEST_CASE("A thousand levels of anything nest") {
  constexpr std::size_t kLevels = 1000;
  const std::pair<const char*, const char*> nests[] = {
      {"(", ")"},     {"-", ""},      {"!", ""},     {"f(", ")"},           {"a = ", ""},
      {"a.b = ", ""}, {"1 + (", ")"}, {"a.f(", ")"}, {"(a and b or ", ")"}, {"(", " and b or c)"},
  };
  for (const auto& [open, close] : nests) {
    INFO(open);
    CHECK(compile_errors(repeat(open, kLevels) + "a" + repeat(close, kLevels) + ";").empty());
  }
  const std::pair<const char*, const char*> statements[] = {
      {"{", "}"},        {"if (a) ", ""},    {"if (a) {} else {", "}"}, {"while (a) ", ""},
      {"for (;;) ", ""}, {"fun f() {", "}"}, {"class A { f() {", "}}"}, {"{ var a; fun f() { a = 1; ", "}}"},
  };
  for (const auto& [open, close] : statements) {
    INFO(open);
    CHECK(compile_errors(repeat(open, kLevels) + "a;" + repeat(close, kLevels)).empty());
  }
}

TEST_CASE("Deeper nesting is one error, not a crash") {
  constexpr std::size_t kLevels = 100'000;
  for (const char* const open :
       {"(", "-", "!", "f(", "a = ", "a.b = ", "1 + (", "1 and (", "{", "if (a) ", "if (a) {} else {",
        "while (a) ", "for (;;) ", "fun f() {", "class A { f() {"}) {
    INFO(open);
    const std::string errors = compile_errors(repeat(open, kLevels) + "a;");
    CHECK(errors.find("Code is nested too deeply.") != std::string::npos);
    CHECK(errors.find('\n') == std::string::npos);
  }
}

TEST_CASE("What grows to the left may be as long as it likes") {
  constexpr std::size_t kLength = 100'000;
  for (const char* const link : {" + 1", " - a", ".b", "()", ".b()", " and a", " or a", " == nil", " < a"}) {
    INFO(link);
    std::string chain = "a";
    chain += repeat(link, kLength);
    CHECK(compile_errors(chain + ";").empty());
    CHECK(compile_errors("if (" + chain + ") { var b = " + chain + "; }").empty());
  }
  CHECK(compile_errors("if (a) 1;" + repeat(" else if (a) 2;", 5000) + " else 3;").empty());
  CHECK(compile_errors(repeat("{ var a; }", 50'000)).empty());
}
