// SPDX-License-Identifier: BSD-3-Clause
#include "vm/print.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/support/catch.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"

using namespace interlox;
using namespace std::string_view_literals;
using vm::List;
using vm::Map;
using vm::Value;

namespace {

Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

/// How a list of that string alone is written, less its brackets.
std::string quoted(std::string_view text) {
  const Value element = string(text);
  const std::string all = vm::to_text(Value::object(List::make(&element, 1)));
  return all.substr(1, all.size() - 2);
}

}  // namespace

TEST_CASE("collections are written as they are written in programs") {
  List* const inner = List::make();
  inner->add(Value::number(3));
  List* const list = List::make();
  for (const Value v : {Value::number(1), string("two"), Value::object(inner)}) list->add(v);
  CHECK(vm::to_text(Value::object(list)) == R"([1, "two", [3]])");
  Map* const map = Map::make();
  map->set(string("k"), Value::number(1));
  map->set(Value::number(2), Value::nil());
  CHECK(vm::to_text(Value::object(map)) == R"(["k": 1, 2: nil])");
  map->set(Value::object(inner), Value::object(list));
  CHECK(vm::to_text(Value::object(map)) == R"(["k": 1, 2: nil, [3]: [1, "two", [3]]])");
  CHECK(vm::to_text(Value::object(List::make())) == "[]");
  CHECK(vm::to_text(Value::object(Map::make())) == "[:]");
}

TEST_CASE("strings inside a collection are quoted") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted("\n\t\r\0"sv) == R"("\n\t\r\0")");
  CHECK(quoted("\x01\x1b\x7f") == R"("\u{1}\u{1b}\u{7f}")");
  CHECK(quoted("\xc2\x80\xc2\x9f\xc2\xa0") == "\"\\u{80}\\u{9f}\xc2\xa0\"");
  CHECK(quoted("$`'{} \xc3\xa9 \xf0\x9f\x98\x80 \xff \xc2") ==
        "\"$`'{} \xc3\xa9 \xf0\x9f\x98\x80 \xff \xc2\"");
  CHECK(vm::to_quoted_text(string("\n")) == R"("\n")");
  CHECK(vm::to_text(string("\n")) == "\n");
}

TEST_CASE("a collection inside itself, and inside too many others, is left out") {
  List* const list = List::make();
  Map* const map = Map::make();
  list->add(Value::object(map));
  map->set(Value::number(1), Value::object(list));
  map->set(Value::object(map), Value::nil());
  CHECK(vm::to_text(Value::object(list)) == "[[1: [...], [...]: nil]]");
  // The same list twice is no circle.
  List* const twice = List::make();
  List* const empty = List::make();
  twice->add(Value::object(empty));
  twice->add(Value::object(empty));
  CHECK(vm::to_text(Value::object(twice)) == "[[], []]");

  List* deep = List::make();
  for (int i = 0; i < 100'000; ++i) {
    List* const outer = List::make();
    outer->add(Value::object(deep));
    deep = outer;
  }
  const std::string text = vm::to_text(Value::object(deep));
  CHECK(std::count(text.begin(), text.end(), '[') == vm::kMaxPrintDepth + 1);
  CHECK(text.find("[...]") == vm::kMaxPrintDepth);
}

TEST_CASE("the text for an error is short") {
  CHECK(vm::to_brief_text(string("a")) == R"("a")");
  CHECK(vm::to_brief_text(Value::number(1.5)) == "1.5");
  const std::string long_text = vm::to_brief_text(string(std::string(1000, 'x')));
  CHECK(long_text == '"' + std::string(79, 'x') + "...");
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\xe2\x82\xac";
  std::string cut = "\"";
  for (int i = 0; i < 26; ++i) cut += "\xe2\x82\xac";
  CHECK(vm::to_brief_text(string(wide)) == cut + "...");
  // Exponentially large if it were written out.
  List* list = List::make();
  for (int i = 0; i < 100; ++i) {
    const Value both[] = {Value::object(list), Value::object(list)};
    list = List::make(both, 2);
  }
  CHECK(vm::to_brief_text(Value::object(list)).size() <= 83);
}
