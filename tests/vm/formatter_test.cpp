// SPDX-License-Identifier: BSD-3-Clause
#include "vm/formatter.hpp"

#include <string>
#include <string_view>

#include "tests/support/catch.hpp"

using namespace interlox::vm;

namespace {

/// The source in the layout; a second time changes nothing.
std::string formatted(std::string_view source) {
  const std::string once = format(source);
  CHECK(format(once) == once);
  return once;
}

/// For sources of one line.
void check(std::string_view source, std::string_view line) {
  CHECK(formatted(source) == std::string(line) + '\n');
}

void check_kept(std::string_view source) { CHECK(formatted(source) == source); }

std::string refusal(std::string_view source) {
  try {
    format(source);
  } catch (const FormatError& error) {
    CHECK(error.cause() == FormatError::Cause::source);
    return std::to_string(error.at().line) + ':' + std::to_string(error.at().column) + ' ' + error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("Blanks stand around operators and behind commas, not within brackets") {
  check("var  a=1+2*( 3-4 )/5%6 ;", "var a = 1 + 2 * (3 - 4) / 5 % 6;");
  check("a+=1;", "a += 1;");
  check("print a<b==c>=d!=e and f or!g;", "print a < b == c >= d != e and f or !g;");
  check("f ( a ,b ) ( c ) . d [ e ] ;", "f(a, b)(c).d[e];");
  check("print[1,2 ,3,];", "print [1, 2, 3,];");
  check("m=[ : ];", "m = [:];");
  check("m=[\"a\" :1,b:[2 : 3]];", "m = [\"a\": 1, b: [2: 3]];");
  check("x=a?b:c?[d?e:f:g]:h;", "x = a ? b : c ? [d ? e : f: g] : h;");
  check("for (var i in 0 .. n-1) f(i);", "for (var i in 0..n - 1) f(i);");
  check("super . init(this . a);", "super.init(this.a);");
}

TEST_CASE("A sign is tight, a minus is not") {
  check("print -a- -b;", "print -a - -b;");
  check("print !( !a );", "print !(!a);");
  check("return - 1;", "return -1;");
  check("a[- 1]=(a)-b[0]-this-nil-\"s\"-`t`;", "a[-1] = (a) - b[0] - this - nil - \"s\" - `t`;");
  check("if (a) - b;", "if (a) -b;");
  check("x = a ? - 1 : - 2;", "x = a ? -1 : -2;");
  check("x = y is-1;", "x = y is -1;");
}

TEST_CASE("Keywords keep their distance from parentheses, calls don't") {
  check("if(a)print(b);else return(c);", "if (a) print (b); else return (c);");
  check("while(a)for(;;)for( var i=0;i<3;)for(;;i=i+1)f (i);",
        "while (a) for (;;) for (var i = 0; i < 3;) for (;; i = i + 1) f(i);");
  check("var f=fun(x)=>fun()=>x;", "var f = fun (x) => fun () => x;");
  check("class A<B{}", "class A < B {}");
  check("fun f ( ) { }", "fun f() {}");
}

TEST_CASE("A statement and a member have their own lines, braces end and start them") {
  CHECK(formatted("a;b;{c;{}}") == "a;\nb;\n{\n  c;\n  {}\n}\n");
  CHECK(formatted("if (a) { b; } else if (c) { d; } else { e; }") ==
        "if (a) {\n  b;\n} else if (c) {\n  d;\n} else {\n  e;\n}\n");
  CHECK(formatted("if (a)\n{\n}\nelse\n{\n}\n") == "if (a) {} else {}\n");
  CHECK(formatted("class A { a() { b; } class c() { } d { e; } }") ==
        "class A {\n  a() {\n    b;\n  }\n  class c() {}\n  d {\n    e;\n  }\n}\n");
  CHECK(formatted("try { a; } catch(e) { b; } finally { c; }") ==
        "try {\n  a;\n} catch (e) {\n  b;\n} finally {\n  c;\n}\n");
  CHECK(formatted("f(fun(x){a;},fun () { b; })[0];fun g(){}h();") ==
        "f(fun (x) {\n  a;\n}, fun () {\n  b;\n})[0];\nfun g() {}\nh();\n");
}

TEST_CASE("A body without braces stays where it is") {
  check_kept("if (a) b; else c;\nd;\n");
  check_kept("if (a)\n  b;\nelse\n  c;\n");
  check_kept("if (a) if (b) c; else d; else e;\n");
  check_kept("while (a) for (;;) if (b)\n  c;\nelse d;\n");
  CHECK(formatted("if (a)\nwhile (b)\nc; else d;") == "if (a)\n  while (b)\n    c;\nelse d;\n");
  check("while (a)\n;", "while (a);");
}

TEST_CASE("Line ends of the author stay within brackets and next to operators") {
  check_kept("f(\n  a,\n  b +\n    c,\n  g(\n    d\n  )\n);\n");
  check_kept("f(a,\n  b);\n");
  check_kept("var m = [\n  \"a\": [1,\n    2],\n  \"b\":\n    2,\n];\n");
  check_kept("var x =\n  a\n  + b\n  ? c\n  : d;\n");
  check_kept("list\n  .map(fun (x) {\n    return x;\n  })\n  .each(g);\n");
  check_kept("list.map(fun (x) {\n  return x;\n}).each(g);\n");
  check_kept("var f = fun (\n  a,\n  b\n) {\n  c;\n};\n");
  CHECK(formatted("f(\n\n a\n\n);") == "f(\n  a\n);\n");
  CHECK(formatted("if (a and\nb)\n{ c; }") == "if (a and\n  b) {\n  c;\n}\n");
}

TEST_CASE("Line ends that hide what belongs together go") {
  check("var\na\n;", "var a;");
  check("f\n(a\n,b)\n[c]\n;", "f(a, b)[c];");
  check("a = -\n1;", "a = -1;");
  CHECK(formatted("fun\nf\n(a)\n{\nb;}") == "fun f(a) {\n  b;\n}\n");
}

TEST_CASE("One blank line stays, none at the edges of a block") {
  CHECK(formatted("\n\na;\n\n\n\nb;\n{\n\nc;\n\n}\n\n") == "a;\n\nb;\n{\n  c;\n}\n");
  CHECK(formatted("{\n\n// a\n\n\n// b\n\n}") == "{\n  // a\n\n  // b\n}\n");
}

TEST_CASE("Comments stay, each in its place") {
  CHECK(formatted("a; // b  \n    // c\nd;// e") == "a;  // b\n// c\nd;  // e\n");
  CHECK(formatted("{// a\nb;\n   // c\n }// d") == "{  // a\n  b;\n  // c\n}  // d\n");
  CHECK(formatted("fun f() { /* a */ }") == "fun f() { /* a */ }\n");
  CHECK(formatted("/* a */b;/* c */d;") == "/* a */ b; /* c */\nd;\n");
  CHECK(formatted("f(/* a */b/* c */,/* d */ /* e */);") == "f(/* a */ b /* c */, /* d */ /* e */);\n");
  CHECK(formatted("{\n/* a\n  /* b */\r\n   c */\nd;}") == "{\n  /* a\n  /* b */\n   c */\n  d;\n}\n");
  CHECK(formatted("if (a) // b\n{ c; }\n// d\nelse e;") == "if (a)  // b\n{\n  c;\n}\n// d\nelse e;\n");
  CHECK(formatted("f(// a\nb, // c\n  d // e\n);") == "f(  // a\n  b,  // c\n  d  // e\n);\n");
  check_kept("// only this\n");
  check_kept("a / /* b */ c;\n");
}

TEST_CASE("The file's start and end") {
  CHECK(formatted("") == "");
  CHECK(formatted(" \n\t\n") == "");
  CHECK(formatted("a;") == "a;\n");
  CHECK(formatted("a;\n\n\n") == "a;\n");
  CHECK(formatted("#!/bin/interlox -i \r\n\r\n\r\na;\r\nb;\r\n") == "#!/bin/interlox -i\n\na;\nb;\n");
  CHECK(formatted("\xef\xbb\xbf#! x\n  a;") == "\xef\xbb\xbf#! x\na;\n");
  CHECK(formatted("\xef\xbb\xbf  a;") ==
        "\xef\xbb\xbf"
        "a;\n");
  CHECK(formatted("print \"a\r\n  b\";") == "print \"a\r\n  b\";\n");
}

TEST_CASE("A template's text is left alone, its code is spaced and nowhere broken") {
  check("x=` a+b ${a+b}  ${ f( `${ c }` ) }`+1;", "x = ` a+b ${a + b}  ${f(`${c}`)}` + 1;");
  check("x=`${fun(){a;return{};}()}`;", "x = `${fun () { a; return {}; }()}`;");
  check_kept("x = `\n   ${a +\n  b}\n`;\n");
  check("x = `\\`${a}\\u{41}\\${`;", "x = `\\`${a}\\u{41}\\${`;");
}

TEST_CASE("Words that are not reserved are keywords by their position alone") {
  check("throw(a);", "throw (a);");
  check("throw -1;", "throw -1;");
  check("throw[1];", "throw [1];");
  CHECK(formatted("var throw=f;throw (a);throw - 1;throw !a;") ==
        "var throw = f;\nthrow(a);\nthrow - 1;\nthrow !a;\n");
  CHECK(formatted("fun f(throw) { throw (a); }") == "fun f(throw) {\n  throw(a);\n}\n");
  CHECK(formatted("try=1;try.catch (a);try {} catch(e) {} catch (a);") ==
        "try = 1;\ntry.catch(a);\ntry {} catch (e) {}\ncatch(a);\n");
  CHECK(formatted("finally (a);in (a);is (a);as[0];break;continue - 1;") ==
        "finally(a);\nin(a);\nis(a);\nas[0];\nbreak;\ncontinue - 1;\n");
  check("for(var in in[1])print in-1;", "for (var in in [1]) print in - 1;");
  check("print a is(B) and is is(is);", "print a is (B) and is is (is);");
  CHECK(formatted("import\"a\"as b;import \"a\"for c,d;import(a);") ==
        "import \"a\" as b;\nimport \"a\" for c, d;\nimport(a);\n");
}

TEST_CASE("What means another thing with or without a blank or line end keeps it") {
  check("x = = > y;", "x = = > y;");
  check("x=fun()= >y;", "x = fun () = > y;");
  CHECK(formatted("x = a\nis B;") == "x = a\n  is B;\n");
  check("print 1 . 5 . a..b. .c;", "print 1 . 5 .a..b. .c;");
  check("print a+ =b! =c= =d/ /* */ /e;", "print a + = b ! = c = = d / /* */ / e;");
}

TEST_CASE("Programs with compile errors are formatted as well as can be") {
  CHECK(formatted("{print a}b;") == "{\n  print a\n}\nb;\n");
  CHECK(formatted("else{a;}b;") == "else {\n  a;\n} b;\n");
  CHECK(formatted("if a{b;}") == "if a {\n  b;\n}\n");
  CHECK(formatted(";;") == ";\n;\n");
  CHECK(formatted("fun(){a;}") == "fun () {\n  a;\n}\n");
}

TEST_CASE("A source that has no tokens or brackets to rely on is refused, with the place") {
  CHECK(refusal("a;\n  @") == "2:3 Unexpected character.");
  CHECK(refusal("\xef\xbb\xbf@") == "1:1 Unexpected character.");
  CHECK(refusal("print \"a\n\n") == "1:7 Unterminated string.");
  CHECK(refusal("a; /* /* */") == "1:4 Unterminated comment.");
  CHECK(refusal("`\n\\q`") == "2:1 Invalid escape.");
  CHECK(refusal("{\n{ }") == "1:1 Expect '}' to close this.");
  CHECK(refusal("{ }\n }") == "2:2 Unmatched '}'.");
  CHECK(refusal("f(a]") == "1:4 Expect ')' before ']'.");
  CHECK(refusal("`${(}`") == "1:5 Expect ')' before '}'.");
}

TEST_CASE("Deep programs take neither the stack nor a square of memory") {
  const std::size_t depth = 20000;
  std::string source;
  for (std::size_t i = 0; i < depth; ++i) source += "{(";
  for (std::size_t i = 0; i < depth; ++i) source += ")}";
  CHECK(format(source).size() < depth * 400);
  source.clear();
  for (std::size_t i = 0; i < depth; ++i) source += "if(a)b;else ";
  formatted(source + "c;");
}
