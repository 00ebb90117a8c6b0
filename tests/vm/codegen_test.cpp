// SPDX-License-Identifier: BSD-3-Clause
// What code comes out: seen through the disassembler for small snippets, and by running what is large.
#include "vm/codegen.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/vm/compiled.hpp"

using interlox::test::body_code;
using interlox::test::code_of;
using interlox::test::repeat;
using interlox::test::run_output;
using interlox::vm::CodeLimits;

TEST_CASE("Operands are read from the variables' registers, results go where they are wanted") {
  CHECK(body_code("a = b + c;") == "add R1 R2 R3");
  CHECK(body_code("a = a - 1;") == "subtract_k R1 R1 K0 ; 1");
  CHECK(body_code("a = 2 * b;") == "multiply_k R1 R2 K0 ; 2");
  CHECK(body_code("a = 2 / b;") == "load_k R4 K0 ; 2\ndivide R1 R4 R2");
  CHECK(body_code("a = b + -1.5;") == "add_k R1 R2 K0 ; -1.5");
  CHECK(body_code("a = b + \"x\";") == "load_k R4 K0 ; \"x\"\nadd R1 R2 R4");
  CHECK(body_code("var d = a * b + c;") == "multiply R4 R1 R2\nadd R4 R4 R3");
  CHECK(body_code("var d = a + b * c;") == "multiply R5 R2 R3\nadd R4 R1 R5");
  CHECK(body_code("return a + b;") == "add_return_value R4 R1 R2\nreturn_value R4");
  CHECK(body_code("return a;") == "return_value R1");
  CHECK(body_code("return;") == "return_nil");
  CHECK(body_code("return nil;") == "return_nil");
  CHECK(body_code("print a;") == "print R1");
  CHECK(body_code("a = !b; a = -b;") == "logical_not R1 R2\nnegate R1 R2");
  CHECK(body_code("var d; var e = true; e = false;") ==
        "load_k R4 K0 ; nil\nload_k R5 K1 ; true\nload_k R5 K2 ; false");
  CHECK(body_code("a.x = b.y;") == "get_field R4 R2 C0 ; y\nset_field R1 R4 C1 ; x");
  CHECK(body_code("var d = a.x.y;") == "get_field R4 R1 C0 ; x\nget_field R4 R4 C1 ; y");
}

TEST_CASE("Comparisons are the two that the language has") {
  CHECK(body_code("a = b < c;") == "less R1 R2 R3");
  CHECK(body_code("a = b > c;") == "less R1 R3 R2");
  CHECK(body_code("a = b >= c;") == "not_less R1 R2 R3");
  CHECK(body_code("a = b <= c;") == "not_less R1 R3 R2");
  CHECK(body_code("a = b == c;") == "equal R1 R2 R3");
  CHECK(body_code("a = b != c;") == "not_equal R1 R2 R3");
  CHECK(body_code("a = !(b < c);") == "not_less R1 R2 R3");
  CHECK(body_code("a = !(b >= c);") == "less R1 R2 R3");
  CHECK(body_code("a = !(b != c);") == "equal R1 R2 R3");
  CHECK(body_code("a = b == nil;") == "equal_k R1 R2 K0 ; nil");
  CHECK(body_code("a = \"x\" != b;") == "not_equal_k R1 R2 K0 ; \"x\"");
}

TEST_CASE("A variable that the right operand assigns to is copied first") {
  CHECK(body_code("a = a + (a = 2);") == "move R4 R1\nload_k R1 K0 ; 2\nadd R1 R4 R1");
  CHECK(body_code("a.x = (a = b);") == "move R4 R1\nmove R1 R2\nset_field R4 R1 C0 ; x");
  CHECK(body_code("if (a < (a = b)) c = 1;") ==
        "move R4 R1\nmove R1 R2\njump_not_less R4 R1 -> 4\nload_k R3 K0 ; 1");
  CHECK(body_code("a + (b.x = c);") == "move R4 R3\nset_field R2 R4 C0 ; x\nadd R4 R1 R4");
  // A variable is changed by one instruction, the last: a failure before it leaves it as it was.
  CHECK(body_code("a = b and c;") == "move R4 R2\njump_if_false R4 -> 3\nmove R4 R3\nmove R1 R4");
  CHECK(body_code("a = b();") == "move R4 R2\ncall R4 0\nmove R1 R4");
  CHECK(body_code("a = b.c();") == "move_invoke R4 R2\ninvoke R4 0 C0 ; c\nmove R1 R4");
}

TEST_CASE("Indexing, compound assignments and literals use registers in place") {
  CHECK(body_code("a = b[c];") == "get_index R1 R2 R3");
  CHECK(body_code("a[b] = c;") == "set_index R1 R2 R3");
  CHECK(body_code("a += b;") == "add R1 R1 R2");
  CHECK(body_code("a %= 2;") == "load_k R4 K0 ; 2\nmodulo R1 R1 R4");
  CHECK(body_code("a.x += 1;") ==
        "get_field R4 R1 C0 ; x\nadd_k_set_field R4 R4 K0 ; 1\nset_field R1 R4 C1 ; x");
  CHECK(body_code("a[b] -= c;") == "get_index R4 R1 R2\nsubtract R4 R4 R3\nset_index R1 R2 R4");
  CHECK(body_code("a[b] = (b = c);") == "move R4 R1\nmove R5 R2\nmove R2 R3\nset_index R4 R5 R2");
  CHECK(body_code("var d = [a, b];") == "move R5 R1\nmove R6 R2\nmake_list R4 2");
  CHECK(body_code("var d = [a: b];") == "make_map R4\nmove R5 R1\nmove R6 R2\nset_index R4 R5 R6");
  CHECK(body_code("var d = `${a}x`;") == "move R4 R1\nload_k R5 K0 ; \"x\"\nmake_text R4 2");
  CHECK(body_code("a = b is c;") == "instance_of R1 R2 R3");
  CHECK(body_code("var d = b..c;") == "make_range R4 R2 R3");
  CHECK(body_code("var d = a ? b : c;") == "jump_if_false R1 -> 3\nmove R4 R2\njump -> 4\nmove R4 R3");
  const std::string many = repeat("nil, ", 100);
  CHECK(body_code("var d = [" + many + "];").find("make_list R4 64\n") != std::string::npos);
  CHECK(body_code("var d = [" + many + "];").find("extend_list R4 36") != std::string::npos);
}

TEST_CASE("Handlers cover the instructions of their try blocks") {
  CHECK(code_of("fun f(a, b) { try { a(); } catch (e) { b(); } }", "f") ==
        "move R4 R1\ncall R4 0\njump -> 5\nmove R4 R2\ncall R4 0\nreturn_nil\n0 to 1: R3 -> 3");
  CHECK(code_of("fun f() { try { } finally { } }", "f").find(" to ") ==
        std::string::npos);  // nothing to cover
}

TEST_CASE(
    "Two instructions that often follow each other are run as one, where the second goes on with the "
    "result") {
  CHECK(body_code("return a.b;") == "get_field_return_value R4 R1 C0 ; b\nreturn_value R4");
  CHECK(body_code("a.x = b + c;") == "add_set_field R4 R2 R3\nset_field R1 R4 C0 ; x");
  CHECK(body_code("a.x = !b;") == "logical_not_set_field R4 R2\nset_field R1 R4 C0 ; x");
  CHECK(body_code("g = a - b;") == "subtract R4 R1 R2\nset_global R4 G0 ; g");
  CHECK(body_code("g = a + b;") == "add_set_global R4 R1 R2\nset_global R4 G0 ; g");
  // The sum is not what is stored, returned or compared.
  CHECK(body_code("b = a + b; c.x = a;") == "add R2 R1 R2\nset_field R3 R1 C0 ; x");
  CHECK(body_code("b = a + b; return a;") == "add R2 R1 R2\nreturn_value R1");
  CHECK(body_code("b = a + b; g = a;") == "add R2 R1 R2\nset_global R1 G0 ; g");
}

TEST_CASE("Conditions are jumps") {
  CHECK(body_code("if (a) b = c;") == "jump_if_false R1 -> 2\nmove R2 R3");
  CHECK(body_code("if (!a) b = c; else c = b;") == "jump_if_true R1 -> 3\nmove R2 R3\njump -> 4\nmove R3 R2");
  CHECK(body_code("if (a < b) a = c;") == "jump_not_less R1 R2 -> 2\nmove R1 R3");
  CHECK(body_code("if (a > b) a = c;") == "jump_not_less R2 R1 -> 2\nmove R1 R3");
  CHECK(body_code("if (a <= b) a = c;") == "jump_less R2 R1 -> 2\nmove R1 R3");
  CHECK(body_code("if (a >= b) a = c;") == "jump_less R1 R2 -> 2\nmove R1 R3");
  CHECK(body_code("if (a == b) a = c;") == "jump_not_equal R1 R2 -> 2\nmove R1 R3");
  CHECK(body_code("if (a != b) a = c;") == "jump_equal R1 R2 -> 2\nmove R1 R3");
  CHECK(body_code("if (a < 1) a = c;") == "jump_not_less_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (a > 1) a = c;") == "jump_not_greater_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (a <= 1) a = c;") == "jump_greater_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (a >= 1) a = c;") == "jump_less_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (1 < a) a = c;") == "jump_not_greater_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (1 > a) a = c;") == "jump_not_less_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (1 <= a) a = c;") == "jump_less_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (1 >= a) a = c;") == "jump_greater_k R1 K0 -> 2 ; 1\nmove R1 R3");
  CHECK(body_code("if (a == nil) a = c;") == "jump_not_equal_k R1 K0 -> 2 ; nil\nmove R1 R3");
  CHECK(body_code("if (\"s\" != a) a = c;") == "jump_equal_k R1 K0 -> 2 ; \"s\"\nmove R1 R3");
  CHECK(body_code("if (a < \"s\") a = c;") == "load_k R4 K0 ; \"s\"\njump_not_less R1 R4 -> 3\nmove R1 R3");
  CHECK(body_code("if (a and b or c) a = 1;") ==
        "jump_if_false R1 -> 2\njump_if_true R2 -> 3\njump_if_false R3 -> 4\nload_k R1 K0 ; 1");
  CHECK(body_code("if (!(a and b)) c = 1;") ==
        "jump_if_false R1 -> 2\njump_if_true R2 -> 3\nload_k R3 K0 ; 1");
  CHECK(body_code("a and b.c();") == "jump_if_false R1 -> 3\nmove_invoke R4 R2\ninvoke R4 0 C0 ; c");
}

TEST_CASE("Loops test at their end") {
  CHECK(body_code("while (a < b) a = a + c;") == "jump -> 2\nadd R1 R1 R3\njump_less R1 R2 -> 1");
  CHECK(body_code("while (true) a = b;") == "move R1 R2\njump -> 0");
  CHECK(body_code("for (var i = 0; i < 3; i = i + 1) print i;") ==
        "load_k R4 K0 ; 0\njump -> 4\nprint R4\nadd_k R4 R4 K1 ; 1\njump_less_k R4 K2 -> 2 ; 3");
  CHECK(body_code("for (;;) print a;") == "print R1\njump -> 0");
}

TEST_CASE("No pure expression statement is left out") {
  CHECK(body_code("1;") == "load_k R4 K0 ; 1");
  CHECK(body_code("a;") == "move R4 R1");
  CHECK(body_code("a + b;") == "add R4 R1 R2");
  CHECK(body_code("a < b;") == "less R4 R1 R2");
  CHECK(body_code("a.x;") == "get_field R4 R1 C0 ; x");
  CHECK(body_code("g;") == "get_global R4 G0 ; g");
  CHECK(body_code("-a;") == "negate R4 R1");
}

TEST_CASE("Calls use their registers in place") {
  CHECK(body_code("return g(a, h(b));") ==
        "get_global R4 G0 ; g\nmove R5 R1\nget_global R6 G1 ; h\nmove R7 R2\ncall R6 1\ncall R4 2\n"
        "return_value R4");
  CHECK(body_code("var d = a.x(b).y();") == "move R4 R1\nmove R5 R2\ninvoke R4 1 C0 ; x\ninvoke R4 0 C1 ; y");
  CHECK(body_code("var d = a + g();") == "get_global R5 G0 ; g\ncall R5 0\nadd R4 R1 R5");
  CHECK(body_code("a.x.y(1)(2);") ==
        "get_field R4 R1 C0 ; x\nload_k R5 K0 ; 1\ninvoke R4 1 C1 ; y\nload_k R5 K1 ; 2\ncall R4 1");
}

TEST_CASE("Globals") {
  CHECK(code_of("var a = 1; a = a; var b;", "(script)") ==
        "load_k R1 K0 ; 1\ndefine_global R1 G0 ; a\nget_global R1 G0 ; a\nset_global R1 G0 ; a\n"
        "load_k R1 K1 ; nil\ndefine_global R1 G1 ; b\nreturn_nil");
  CHECK(code_of("print a = b = 1;", "(script)") ==
        "load_k R1 K0 ; 1\nset_global R1 G0 ; b\nset_global R1 G1 ; a\nprint R1\nreturn_nil");
}

TEST_CASE("Captured variables, and only those, live in boxes") {
  CHECK(
      body_code("var d = 1; fun g() { return d; } d = d + 1;") ==
      "load_k R4 K0 ; 1\nmake_box R4 R4\nmake_closure R5 K1 ; function g\nget_box R6 R4\nadd_k R6 R6 K0 ; 1\n"
      "set_box R4 R6");
  CHECK(body_code("fun g() { return a; }") == "make_box R1 R1\nmake_closure R4 K0 ; function g");
  CHECK(body_code("fun g() { return g; }") ==
        "load_k R4 K0 ; nil\nmake_box R4 R4\nmake_closure R5 K1 ; function g\nset_box R4 R5");
  CHECK(body_code("fun g() { return 1; }") == "make_closure R4 K0 ; function g");
  CHECK(code_of("fun f(a) { fun g() { fun h() { a = a; } } }", "h") ==
        "get_upvalue R1 U0\nset_upvalue R1 U0\nreturn_nil");
  CHECK(code_of("class A { m() { fun g() { return this; } } }", "m") ==
        "make_box R0 R0\nmake_closure R1 K0 ; function g\nreturn_nil");
}

TEST_CASE("Initialisers return their receiver") {
  CHECK(code_of("class A { init() { return; } }", "init") == "return_value R0\nreturn_value R0");
  CHECK(code_of("class A { init() { fun g() { this; } } }", "init") ==
        "make_box R0 R0\nmake_closure R1 K0 ; function g\nget_box R2 R0\nreturn_value R2");
}

TEST_CASE("Classes") {
  CHECK(code_of("class A < B { m() { super.m(1); return super.m; } }", "(script)") ==
        "make_class R1 K0 ; class A\ndefine_global R1 G0 ; A\nget_global R2 G1 ; B\ninherit R1 R2\n"
        "make_box R2 R2\nmake_closure R3 K1 ; function m\nmake_method R1 R3 C0 ; m\nreturn_nil");
  CHECK(code_of("class A < B { m() { super.m(1); return super.m; } }", "m") ==
        "move R1 R0\nload_k R2 K0 ; 1\nget_upvalue R3 U0\nsuper_invoke R1 1 C0 ; m\n"
        "move R1 R0\nget_upvalue R2 U0\nget_super R1 R2 C1 ; m\nreturn_value R1\nreturn_nil");
  CHECK(code_of("{ class A { m() { return A; } } }", "(script)") ==
        "make_class R2 K0 ; class A\nmake_box R1 R2\nmake_closure R3 K1 ; function m\nmake_method R2 R3 C0 ; "
        "m\n"
        "return_nil");
  CHECK(code_of("{ class A {} class B < A {} }", "(script)") ==
        "make_class R1 K0 ; class A\nmake_class R2 K1 ; class B\nmove R3 R1\ninherit R2 R3\nreturn_nil");
}

TEST_CASE("Constants are there once") {
  CHECK(body_code("print 1; print 1; print \"a\"; print \"a\"; print 0; print -0;") ==
        "load_k R4 K0 ; 1\nprint R4\nload_k R4 K0 ; 1\nprint R4\nload_k R4 K1 ; \"a\"\nprint R4\n"
        "load_k R4 K1 ; \"a\"\nprint R4\nload_k R4 K2 ; 0\nprint R4\nload_k R4 K3 ; -0\nprint R4");
}

TEST_CASE("Functions beyond the short forms of instructions") {
  CodeLimits limits;
  limits.short_jump = 1;
  CHECK(body_code("if (a < b) { a = 1; b = 2; }", limits) ==
        "jump_less R1 R2 -> 2\njump -> 4\nload_k R1 K0 ; 1\nload_k R2 K1 ; 2");
  CHECK(body_code("if (a < b) a = c;", limits) == "jump_not_less R1 R2 -> 2\nmove R1 R3");
  limits = {};
  limits.constant_b = limits.constant_c = 0;
  CHECK(body_code("print 1; if (a == 1) a = b + 1; if (a == 2) a = b + 2;", limits) ==
        "load_k R4 K0 ; 1\nprint R4\njump_not_equal_k R1 K0 -> 4 ; 1\nadd_k R1 R2 K0 ; 1\n"
        "load_k R4 K1 ; 2\njump_not_equal R1 R4 -> 8\nload_k R4 K1 ; 2\nadd R1 R2 R4");
}

TEST_CASE("Code with long jumps and large constants does the same") {
  const char* const source =
      "fun f(n) { var s = 0; for (var i = 0; i < n; i = i + 1) { if (i == 3 or !(i >= 1) and i != 7) s = s + "
      "100;"
      " else if (2 > i) s = s + 1000; else if (i <= 5 and 4 <= i) s = s - 1; else s = s + 0.5; } return s; }"
      " print f(10); var k = 0; while (k < 3) { k = k + 1; if (k > 1) print k; } print k == \"x\" or nil == "
      "nil;";
  const std::string expected = run_output(source);
  CHECK(expected == "1200.5\n2\n3\ntrue\n");
  CodeLimits limits;
  limits.short_jump = 2;
  CHECK(run_output(source, limits) == expected);
  limits.constant_b = 0;
  limits.constant_c = 1;
  CHECK(run_output(source, limits) == expected);
}

TEST_CASE("The order of evaluation") {
  CHECK(run_output(
            "fun f(x) { print x; return x; } { var a = 1; print f(1) + f(2) * f(3); print a + (a = 5) + a;"
            " print (a = 2) + (a = 3); print a < (a = 9); print a == (a = 4); }") ==
        "1\n2\n3\n7\n11\n5\ntrue\nfalse\n");
  CHECK(run_output("class P {} { var p = P(); var q = p; p.x = (p = 3); print q.x; print p; q.y = q.z = 4;"
                   " print q.y + q.z; print (q.y = 5) + q.y; print (q.x = q).y; }") == "3\n3\n8\n10\n5\n");
  CHECK(
      run_output(
          "var a = 1; fun g() { a = 10; return 1; } print a + g(); { var b = 1; fun h() { b = 10; return 1; }"
          " print b + h(); print b; }") == "2\n2\n10\n");
  CHECK(run_output("{ var a = 1; var b = 2; a = b or a; print a; a = nil and a; print a; b = b + (a = b) * "
                   "a; print b; }") == "2\nnil\n6\n");
}

TEST_CASE("Errors name the line of the operation's last token") {
  const auto line = [](const std::string& source) {
    const std::string output = run_output(source);
    const std::size_t at = output.find("[line ");
    return at == std::string::npos ? "no error" : output.substr(at, output.find(']', at) - at + 1);
  };
  CHECK(line("1\n+\n\"a\"\n;") == "[line 3]");
  CHECK(line("-\n\"a\"\n;") == "[line 2]");
  CHECK(line("print\nx\n;") == "[line 2]");
  CHECK(line("x\n=\n1\n;") == "[line 3]");
  CHECK(line("nil\n(\n1\n)\n;") == "[line 4]");
  CHECK(line("nil\n.\nx\n;") == "[line 3]");
  CHECK(line("nil\n.x\n=\n1\n;") == "[line 4]");
  CHECK(line("nil\n.x\n(\n)\n;") == "[line 4]");
  CHECK(line("if (1\n<\n\"a\"\n) 1;") == "[line 3]");
  CHECK(line("class A\n<\nB\n{\n}") == "[line 3]");
  CHECK(line("var B; class A\n<\nB\n{\n}") == "[line 3]");
  CHECK(line("class B {} class A < B { f() { super\n.\nx\n; } }\nA().f();") == "[line 3]");
  CHECK(line("class B {} class A < B { f() { super\n.\nx\n(\n)\n; } }\nA().f();") == "[line 5]");
}

TEST_CASE("Large functions run") {
  std::string locals = "{ ", sum = "print 0";
  for (int i = 0; i < 300; ++i) {
    locals += "var v" + std::to_string(i) + " = " + std::to_string(i) + "; ";
    sum += " + v" + std::to_string(i);
  }
  CHECK(run_output(locals + sum + "; }") == "44850\n");
  CHECK(run_output(locals + "fun f() { fun g() { " + sum + "; v7 = 1007; } g(); g(); } f(); }") ==
        "44850\n45850\n");

  std::string constants = "var s = 0; fun f() { ";
  for (int i = 0; i < 70'000; ++i) constants += "s = s + " + std::to_string(i) + ".5;\n";
  constants +=
      "if (s == 2450000000) print \"equal\"; if (s != 69999.75) print \"unequal\"; if (s < 69999.75) print "
      "1; }";
  CHECK(run_output(constants + " f();") == "equal\nunequal\n");

  const std::string body = repeat("n = n + 1;\n", 50'000);
  CHECK(run_output("{ var n = 0; for (var i = 0; i < 3; i = i + 1) { " + body + "} print n; }") ==
        "150000\n");
  CHECK(run_output("print 1" + repeat(" + 1", 100'000) + ";") == "100001\n");
}

TEST_CASE("More registers than a frame can have are an error") {
  std::string source = "fun f() {\n";
  for (int i = 0; i < 66'000; ++i) source += "var v" + std::to_string(i) + ";\n";
  CHECK(interlox::test::compile_errors(source + "}") ==
        "[line 65537] Error: Too many local variables and temporaries in function.");
}
