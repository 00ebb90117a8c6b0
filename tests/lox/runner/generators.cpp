// SPDX-License-Identifier: BSD-3-Clause
#include "tests/lox/runner/generators.hpp"

#include <functional>

namespace interlox::lox_runner {
namespace {

/// Joins what `item` gives for 0 to count - 1.
std::string repeat(int count, const std::function<std::string(int)>& item, const std::string& between = "") {
  std::string text;
  for (int i = 0; i < count; ++i) {
    if (i > 0) text += between;
    text += item(i);
  }
  return text;
}

std::string times(int count, const std::string& text) {
  std::string result;
  result.reserve(text.size() * static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string n(int value) { return std::to_string(value); }
std::string numbered(const std::string& stem, int count) {
  return repeat(
      count, [&](int i) { return stem + n(i); }, ", ");
}

// More variables than one byte can count.

std::string many_locals() {
  std::string text = "fun f() {\n";
  text += repeat(300, [](int i) { return "  var v" + n(i) + " = " + n(i) + ";\n"; });
  text += "  v299 = v299 + v0 + v255 + v256 + v257;\n  return ";
  text += repeat(
              300, [](int i) { return "v" + n(i); }, " + ") +
          ";\n}\n";
  return text + "print f(); // expect: 45618\n";
}

std::string many_locals_of_a_block() {
  std::string text = "{\n" + repeat(1000, [](int i) { return "  var v" + n(i) + " = \"v" + n(i) + "\";\n"; });
  text += "  {\n    var inner = v0 + v500 + v999;\n    print inner; // expect: v0v500v999\n  }\n";
  return text + "  v999 = nil;\n  print v998; // expect: v998\n  print v999; // expect: nil\n}\n";
}

std::string own_initializer_past_256() {
  std::string text = "{\n" + repeat(299, [](int i) { return "  var v" + n(i) + ";\n"; });
  text += "  var v299 = v299;\n";
  return text +
         "}\n// expect compile error: [line 301] Error at 'v299': Can't read local variable in its own "
         "initializer.\n";
}

std::string many_upvalues() {
  std::string text = "fun outer() {\n";
  text += repeat(300, [](int i) { return "  var v" + n(i) + " = " + n(i) + ";\n"; });
  text += "  fun add() {\n" + repeat(300, [](int i) { return "    v" + n(i) + " = v" + n(i) + " + 1;\n"; });
  text += "  }\n  fun sum() {\n    return " +
          repeat(
              300, [](int i) { return "v" + n(i); }, " + ") +
          ";\n  }\n";
  text += "  add();\n  print sum(); // expect: 45150\n  add();\n  return sum;\n}\n";
  return text + "print outer()(); // expect: 45450\n";
}

std::string many_globals() {
  std::string text = repeat(2000, [](int i) { return "var g" + n(i) + " = " + n(i) + ";\n"; });
  text += "fun last() { return g1999; }\n";
  text += repeat(2000, [](int i) { return "g" + n(i) + " = g" + n((i + 1) % 2000) + ";\n"; });
  // The ring moves each value one name down; the last name gets what g0 holds by then.
  return text + "print g0; // expect: 1\nprint g1998; // expect: 1999\nprint last(); // expect: 1\n";
}

// More constants than two bytes can number.

std::string many_constants() {
  std::string text = "{\n  var sum = 0;\n";
  text += repeat(70000, [](int i) { return "  sum = sum + " + n(i) + ".5;\n"; });
  return text + "  print sum; // expect: 2450000000\n}\n";
}

std::string many_string_constants() {
  std::string text = "fun f(text) {\n  var found = 0;\n";
  text += repeat(70000, [](int i) { return "  if (text == \"key" + n(i) + "\") found = " + n(i) + ";\n"; });
  return text +
         "  return found;\n}\nprint f(\"key69999\"); // expect: 69999\nprint f(\"key1\"); // expect: 1\n";
}

std::string many_names() {
  std::string text = "class Box {}\nvar box = Box();\n";
  text += repeat(70000, [](int i) { return "box.f" + n(i % 700) + " = clock;\n"; });
  text += repeat(70000, [](int i) { return "var global" + n(i) + ";\n"; });
  return text + "print box.f699; // expect: <native fn>\nprint global69999; // expect: nil\n";
}

// Jumps longer than two bytes can say.

std::string long_loop_body() {
  std::string text = "fun f() {\n  var a = 0;\n  var turns = 0;\n  while (turns < 3) {\n";
  text += times(25000, "    a = a + 1;\n") + "    turns = turns + 1;\n  }\n  return a;\n}\n";
  return text + "print f(); // expect: 75000\n";
}

std::string long_for_body() {
  std::string text = "var a = 0;\nfor (var i = 0; i < 2; i = i + 1) {\n";
  return text + times(25000, "  a = a + i;\n") + "}\nprint a; // expect: 25000\n";
}

std::string long_branches() {
  const std::string body = times(25000, "    a = a + 1;\n");
  std::string text = "fun f(which) {\n  var a = 0;\n  if (which) {\n" + body + "  } else {\n" + body;
  text += "    a = -a;\n  }\n  return a;\n}\n";
  return text + "print f(true); // expect: 25000\nprint f(false); // expect: -25000\n";
}

std::string long_logical_operands() {
  const std::string sum = times(15000, "one + ") + "one";
  std::string text = "var one = 1;\nvar no = false;\nvar yes = true;\n";
  text += "print no and (" + sum + "); // expect: false\nprint yes and (" + sum + "); // expect: 15001\n";
  return text + "print yes or (" + sum + "); // expect: true\nprint no or (" + sum + "); // expect: 15001\n";
}

// Long and deep expressions and statements.

std::string long_sum() {
  return "print " + times(9999, "1 + ") + "1; // expect: 10000\nvar s = " + times(2000, "\"ab\" + ") +
         "\"\";\nprint s == " + times(2000, "\"ab\" + ") + "\"\"; // expect: true\n";
}

std::string long_else_if_chain() {
  std::string text = "fun f(x) {\n  ";
  text += repeat(3000, [](int i) { return "if (x == " + n(i) + ") return \"is " + n(i) + "\";\n  else "; });
  text += "return \"none\";\n}\nprint f(0); // expect: is 0\nprint f(2999); // expect: is 2999\n";
  return text + "print f(3000); // expect: none\n";
}

std::string deep_groups() {
  std::string text = "print " + times(250, "(") + "7" + times(250, ")") + "; // expect: 7\n";
  text += "print " + times(250, "(1 + ") + "0" + times(250, ")") + "; // expect: 250\n";
  text += "print " + times(250, "!") + "nil; // expect: false\n";
  text += "print " + times(251, "-") + "3; // expect: -3\n";
  text += "fun next(x) { return x + 1; }\n";
  text += "print " + times(250, "next(") + "0" + times(250, ")") + "; // expect: 250\n";
  text += "var a = 1;\nvar b;\n" + times(125, "a = b = ") + "5;\nprint a + b; // expect: 10\n";
  text += "print " + times(250, "false or ") + "9; // expect: 9\n";
  return text + "print " + times(250, "1 and ") + "9; // expect: 9\n";
}

std::string deep_blocks() {
  std::string text = repeat(200, [](int i) { return "{ var v" + n(i) + " = " + n(i) + "; "; });
  text += "print v0 + v100 + v199; " + times(200, "}") + " // expect: 299\n";
  text += times(200, "if (true) ") + "print \"if\"; // expect: if\n";
  text += repeat(100, [](int i) {
    return "for (var i" + n(i) + " = 0; i" + n(i) + " < 1; i" + n(i) + " = i" + n(i) + " + 1) ";
  });
  return text + "print i0 + i99; // expect: 0\n";
}

std::string deep_functions() {
  std::string text = repeat(100, [](int i) { return "fun f" + n(i) + "(a" + n(i) + ") {\n"; });
  text += "return " +
          repeat(
              100, [](int i) { return "a" + n(i); }, " + ") +
          ";\n}\n";
  text += repeat(99, [](int i) { return "return f" + n(99 - i) + ";\n}\n"; });
  return text + "print f0" + repeat(100, [](int i) { return "(" + n(i) + ")"; }) + "; // expect: 4950\n";
}

std::string long_call_chain() {
  std::string text = "class Chain {\n  init() { this.count = 0; }\n";
  text += "  next() { this.count = this.count + 1; return this; }\n}\nprint Chain()";
  return text + times(2000, ".next()") + ".count; // expect: 2000\n";
}

// Classes.

std::string many_members() {
  std::string text = "class Many {\n";
  text += repeat(1000, [](int i) { return "  m" + n(i) + "() { return this.f" + n(i) + "; }\n"; });
  text += "}\nvar many = Many();\n";
  text += repeat(1000, [](int i) { return "many.f" + n(i) + " = " + n(i) + ";\n"; });
  text += "print " + repeat(
                         1000, [](int i) { return "many.m" + n(i) + "()"; }, " + ");
  return text + "; // expect: 499500\nprint many.f777; // expect: 777\n";
}

std::string deep_inheritance() {
  std::string text = "class C0 { depth() { return 0; } base() { return \"base\"; } }\n";
  text += repeat(500, [](int i) {
    return "class C" + n(i + 1) + " < C" + n(i) + " { depth() { return super.depth() + 1; } }\n";
  });
  return text + "print C500().depth(); // expect: 500\nprint C500().base(); // expect: base\n";
}

// The caps that stay.

std::string most_arguments() {
  const std::string parameters = numbered("p", 255);
  const std::string numbers = repeat(
      255, [](int i) { return n(i + 1); }, ", ");
  const std::string result = "return p0 + p127 + p254;";
  std::string text =
      "fun f(" + parameters + ") { " + result + " }\nprint f(" + numbers + "); // expect: 384\n";
  text += "class A {\n  init(" + parameters + ") { this.sum = p0 + p127 + p254; }\n  m(" + parameters +
          ") { " + result + " }\n}\n";
  text += "class B < A {\n  m(" + parameters + ") { return super.m(" + parameters + ") + 1; }\n}\n";
  text += "var b = B(" + numbers + ");\nprint b.sum; // expect: 384\nprint b.m(" + numbers +
          "); // expect: 385\n";
  text += "var m = b.m;\nprint m(" + numbers + "); // expect: 385\n";
  return text + "f(" +
         repeat(
             254, [](int) { return std::string("1"); }, ", ") +
         "); // expect runtime error: Expected 255 arguments but got 254.\n";
}

std::string too_many_parameters() {
  std::string text = "fun f(\n" +
                     repeat(
                         255, [](int i) { return "p" + n(i); }, ",\n") +
                     ",\nlast) {}\n";
  text += "class A {\n  m(" + numbered("p", 256) + ") {}\n}\n";
  text += "// expect compile error: [line 257] Error at 'last': Can't have more than 255 parameters.\n";
  return text + "// expect compile error: [line 259] Error at 'p255': Can't have more than 255 parameters.\n";
}

std::string too_many_arguments() {
  std::string text = "fun f() {}\nf(\n" + times(255, "1,\n") + "last);\n";
  text += "f(" + times(255, "1, ") + "2 + 3);\nf().m(" + times(255, "1, ") + "\"text\");\n";
  text += "// expect compile error: [line 258] Error at 'last': Can't have more than 255 arguments.\n";
  text += "// expect compile error: [line 259] Error at '3': Can't have more than 255 arguments.\n";
  return text +
         "// expect compile error: [line 260] Error at '\"text\"': Can't have more than 255 arguments.\n";
}

// Long tokens and files.

std::string long_tokens() {
  const std::string name(10000, 'n');
  std::string text = "var " + name + " = 1;\n// " + std::string(100000, '-') + "\n";
  text += "print " + name + " + 1; // expect: 2\nvar s = \"" + std::string(1000000, 's') + "\";\n";
  text += "print s == s + \"\"; // expect: true\nprint s == \"" + std::string(999999, 's') +
          "t\"; // expect: false\n";
  text += "print 0." + std::string(400, '0') + "1; // expect: 0\n";
  return text + "print " + std::string(400, '9') + "; // expect: inf\n";
}

std::string error_on_a_late_line() {
  return times(70000, "\n") + "print \"here\"; // expect: here\n" + times(70000, "//\n") +
         "print 1 + nil; // expect runtime error: Operands must be two numbers or two strings.\n";
}

std::string compile_error_on_a_late_line() {
  return times(140000, "\n") + "print;\n" +
         "// expect compile error: [line 140001] Error at ';': Expect expression.\n";
}

std::string many_compile_errors() {
  std::string text = times(500, "print 1 2;\n");
  return text + repeat(500, [](int i) {
           return "// expect compile error: [line " + n(i + 1) + "] Error at '2': Expect ';' after value.\n";
         });
}

std::string many_lines_of_output() {
  return repeat(20000, [](int i) { return "print " + n(i) + "; // expect: " + n(i) + "\n"; });
}

}  // namespace

std::vector<GeneratedProgram> generated_programs() {
  return {
      {"many_locals", many_locals()},
      {"many_locals_of_a_block", many_locals_of_a_block()},
      {"own_initializer_past_256", own_initializer_past_256()},
      {"many_upvalues", many_upvalues()},
      {"many_globals", many_globals()},
      {"many_constants", many_constants()},
      {"many_string_constants", many_string_constants()},
      {"many_names", many_names()},
      {"long_loop_body", long_loop_body()},
      {"long_for_body", long_for_body()},
      {"long_branches", long_branches()},
      {"long_logical_operands", long_logical_operands()},
      {"long_sum", long_sum()},
      {"long_else_if_chain", long_else_if_chain()},
      {"deep_groups", deep_groups()},
      {"deep_blocks", deep_blocks()},
      {"deep_functions", deep_functions()},
      {"long_call_chain", long_call_chain()},
      {"many_members", many_members()},
      {"deep_inheritance", deep_inheritance()},
      {"most_arguments", most_arguments()},
      {"too_many_parameters", too_many_parameters()},
      {"too_many_arguments", too_many_arguments()},
      {"long_tokens", long_tokens()},
      {"error_on_a_late_line", error_on_a_late_line()},
      {"compile_error_on_a_late_line", compile_error_on_a_late_line()},
      {"many_compile_errors", many_compile_errors()},
      {"many_lines_of_output", many_lines_of_output()},
  };
}

}  // namespace interlox::lox_runner
