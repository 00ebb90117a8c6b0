// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/json.hpp"

#include <string>

#include "tests/stdlib/program.hpp"
#include "vm/map.hpp"

using namespace interlox;
using test::Program;
using vm::Value;

namespace {

struct JsonProgram : Program {
  JsonProgram() : Program{"json"} {}

  /// What parse() gives for `text`, written by stringify(); or the error.
  std::string parsed(std::string_view text) {
    set("text", text);
    return eval("json.stringify(json.parse(text))");
  }
  /// The error without its first words.
  std::string error(std::string_view text) {
    const std::string said = parsed(text);
    constexpr std::string_view kStart = "Invalid JSON at ";
    return said.starts_with(kStart) ? said.substr(kStart.size()) : said;
  }
  void set(std::string_view name, std::string_view text) {
    machine.set_global(name, Value::object(vm::String::make(text)));
  }
};

std::string nested(int depth) {
  std::string text(static_cast<std::size_t>(depth), '[');
  return text + std::string(static_cast<std::size_t>(depth), ']');
}

}  // namespace

TEST_CASE("JSON is read as values of the language") {
  JsonProgram p;
  p.set("text", R"( { "a" : [1, -2.5e3, true, false, null, "x"], "b": {}, "c": [] , "a2": {"d": [[0]]}} )");
  CHECK(p.eval("json.parse(text)") ==
        R"(["a": [1, -2500, true, false, nil, "x"], "b": [:], "c": [], "a2": ["d": [[0]]]])");
  CHECK(p.parsed("7") == "7");
  CHECK(p.parsed("\"\"") == "\"\"");
  CHECK(p.parsed(" \t\r\n[ ]\n") == "[]");
  CHECK(p.parsed(R"({"k":1,"other":2,"k":3})") == R"({"k":3,"other":2})");
}

TEST_CASE("JSON strings: escapes, and UTF-8 as it is") {
  JsonProgram p;
  p.set("text", R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00é€😀")");
  CHECK(p.eval("json.parse(text)") == "\"\\/\b\f\n\r\tAé€😀é€😀");
  CHECK(p.parsed(R"("\u0000\u001f\u007f\/")") == "\"\\u0000\\u001f\x7f/\"");
  CHECK(p.error("\"\\x\"") == "line 1, column 2: Invalid escape.");
  CHECK(p.error("\"\\u12g4\"") == "line 1, column 2: Invalid escape.");
  CHECK(p.error("\"\\") == "line 1, column 2: Invalid escape.");
  CHECK(p.error("\"\\ud800\"") == "line 1, column 2: Lone surrogate.");
  CHECK(p.error("\"\\ud800\\n\"") == "line 1, column 2: Lone surrogate.");
  CHECK(p.error("\"\\ud800\\u0041\"") == "line 1, column 2: Lone surrogate.");
  CHECK(p.error("\"\\udc00\"") == "line 1, column 2: Lone surrogate.");
  CHECK(p.error("\"é\n\"") == "line 1, column 3: Control character in a string.");
  CHECK(p.error("\"abc") == "line 1, column 5: Unterminated string.");
}

TEST_CASE("only well-formed UTF-8 is a sequence") {
  for (const std::string_view good : {"a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf",
                                      "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(stdlib::utf8_sequence(good) == good.size());
  }
  for (const std::string_view bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK(stdlib::utf8_sequence(bad) == 0);
    JsonProgram p;
    CHECK(p.error('"' + std::string(bad) + '"') == "line 1, column 2: Invalid UTF-8.");
    p.set("text", bad);
    CHECK(p.eval("json.stringify(text)") == "JSON cannot hold a string that is not UTF-8.");
  }
}

TEST_CASE("JSON numbers") {
  JsonProgram p;
  CHECK(p.parsed("[0, -0, 0.5, 10, 1E2, 1e+2, 25e-1, 123456789012345680000, 1e-999]") ==
        "[0,-0,0.5,10,100,100,2.5,123456789012345680000,0]");
  CHECK(p.parsed("0.1") == "0.1");
  CHECK(p.parsed("5e-324") == "5e-324");
  CHECK(p.parsed("1.7976931348623157e308") == "1.7976931348623157e+308");
  CHECK(p.error("01") == "line 1, column 1: A number can't start with 0.");
  CHECK(p.error("-01") == "line 1, column 1: A number can't start with 0.");
  CHECK(p.error("-") == "line 1, column 2: Expected a digit.");
  CHECK(p.error("1.") == "line 1, column 3: Expected a digit.");
  CHECK(p.error("1e+") == "line 1, column 4: Expected a digit.");
  CHECK(p.error(".5") == "line 1, column 1: Expected a value.");
  CHECK(p.error("+1") == "line 1, column 1: Expected a value.");
  CHECK(p.error("0x1") == "line 1, column 2: Expected the end.");
  CHECK(p.error("1e999") == "line 1, column 1: The number is too large.");
  CHECK(p.error("NaN") == "line 1, column 1: Expected a value.");
}

TEST_CASE("what is no JSON is refused, with the place") {
  JsonProgram p;
  CHECK(p.error("") == "line 1, column 1: Expected a value.");
  CHECK(p.error("[1,\n 2,\n]") == "line 3, column 1: Expected a value.");
  CHECK(p.error("[1 2]") == "line 1, column 4: Expected ',' or ']'.");
  CHECK(p.error("[1") == "line 1, column 3: Expected ',' or ']'.");
  CHECK(p.error("{\"a\" 1}") == "line 1, column 6: Expected ':'.");
  CHECK(p.error("{\"a\": 1,}") == "line 1, column 9: Expected a string as key.");
  CHECK(p.error("{a: 1}") == "line 1, column 2: Expected a string as key.");
  CHECK(p.error("{\"a\": 1]") == "line 1, column 8: Expected ',' or '}'.");
  CHECK(p.error("{\"a\":}") == "line 1, column 6: Expected a value.");
  CHECK(p.error("nul") == "line 1, column 1: Expected a value.");
  CHECK(p.error("truex") == "line 1, column 5: Expected the end.");
  CHECK(p.error("[] []") == "line 1, column 4: Expected the end.");
  CHECK(p.error("]") == "line 1, column 1: Expected a value.");
  CHECK(p.error(std::string_view("1\0", 2)) == "line 1, column 2: Expected the end.");
  CHECK(p.error("\xef\xbb\xbf[]") == "line 1, column 1: Expected a value.");
  CHECK(p.eval("json.parse(1)") == "parse() text must be a string, not 1.");
}

TEST_CASE("JSON nests so deep and no deeper") {
  JsonProgram p;
  CHECK(p.parsed(nested(512)) == nested(512));
  CHECK(p.parsed(nested(513)) == "JSON is nested too deeply.");
  CHECK(p.parsed(std::string(1'000'000, '[')) == "JSON is nested too deeply.");
  CHECK(p.run("var l = List(); for (var i = 0; i < 512; i = i + 1) { var m = List(); m.add(l); l = m; }"
              "json.stringify(l);") == "JSON is nested too deeply.");
}

TEST_CASE("values are written in one line, or indented") {
  JsonProgram p;
  p.set("text", R"({"a":[1,"two",[],{}],"b":{"c":null}})");
  CHECK(p.run("var v = json.parse(text); print json.stringify(v) == text; print json.stringify(v, 2);"
              "print json.stringify(v, 0) == text; print json.stringify(v, \"\") == text;"
              "print json.stringify(v, nil) == text; print json.stringify(List(1, true), \"--\");") ==
        "true\n{\n  \"a\": [\n    1,\n    \"two\",\n    [],\n    {}\n  ],\n  \"b\": {\n    \"c\": null\n  "
        "}\n}\n"
        "true\ntrue\ntrue\n[\n--true\n]\n");
  CHECK(p.eval("json.stringify(1, 101)") ==
        "stringify() indent must be a number of spaces, at most 100, or a string, not 101.");
  CHECK(p.eval("json.stringify(1, 1.5)") == "stringify() indent must be a non-negative integer, not 1.5.");
  CHECK(p.eval("json.stringify(1, true)").starts_with("stringify() indent must be"));
}

TEST_CASE("what JSON can't hold is refused") {
  JsonProgram p;
  CHECK(p.eval("json.stringify(0/0)").starts_with("JSON cannot hold "));
  CHECK(p.eval("json.stringify(1/0)") == "JSON cannot hold inf.");
  CHECK(p.eval("json.stringify(json)") == "JSON cannot hold <Module json>.");
  CHECK(p.run("fun f() {} json.stringify(List(1, f));") == "JSON cannot hold <fn f>.");
  CHECK(p.run("class C {} json.stringify(C());") == "JSON cannot hold C instance.");
  CHECK(p.eval("json.stringify(Symbol(\"s\"))") == "JSON cannot hold <Symbol s>.");
  vm::Map* const map = vm::Map::make();
  map->set(Value::number(2), Value::nil());
  p.machine.set_global("map", Value::object(map));
  CHECK(p.eval("json.stringify(map)") == "JSON keys must be strings, not 2.");
  CHECK(p.run("var l = List(); l.add(l); json.stringify(l);") ==
        "JSON cannot hold a list or map that contains itself.");
  CHECK(p.run("var same = List(1, 0); var twice = List(2, same); print json.stringify(twice);") ==
        "[[0],[0]]\n");
}

TEST_CASE("large JSON comes back as it was") {
  JsonProgram p;
  std::string text = "[";
  for (int i = 0; i < 20'000; ++i) text += "{\"key\":" + std::to_string(i) + ",\"list\":[0.5,\"s\"]},";
  text.back() = ']';
  CHECK(p.parsed(text) == text);
}
