// SPDX-License-Identifier: BSD-3-Clause
// Values of the language in the hands of a host.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"
#include "vm/embed/interlox.hpp"

using interlox::Interpreter;
using interlox::Misuse;
using interlox::Type;
using interlox::Value;

namespace {

template <class F>
std::string misuse_of(F f) {
  try {
    f();
  } catch (const Misuse& misuse) {
    return misuse.what();
  }
  return "";
}

}  // namespace

TEST_CASE("plain values go in and come out") {
  Interpreter interpreter;
  CHECK(Value().is_nil());
  CHECK(Value(nullptr).is_nil());
  CHECK(Value(true).as_boolean());
  CHECK(Value(0.5f).as_number() == 0.5);
  CHECK(Value(std::string("a\0b", 3)).as_string() == std::string("a\0b", 3));
  const Value text("text");
  CHECK(text.string_view() == "text");
  CHECK(std::isnan(Value(std::nan("7")).as_number()));
  CHECK(Value(-7).as_number() == -7);
  CHECK_FALSE(Value(false).is_truthy());
  CHECK_FALSE(Value().is_truthy());
  CHECK(Value(0).is_truthy());
  CHECK(interpreter.eval("nil").value().type() == Type::nil);
  CHECK(interpreter.eval("1 == 1").value() == true);
  CHECK(interpreter.eval("0..2").value().type() == Type::other);
  CHECK(interpreter.eval("String").value().type() == Type::class_);
  CHECK(interpreter.eval("clock").value().type() == Type::function);
}

TEST_CASE("an integer that no double equals is refused") {
  CHECK(Value(std::uint64_t{1} << 63).as_number() == 0x1p63);
  CHECK(Value(std::numeric_limits<std::int64_t>::min()).as_number() == -0x1p63);
  CHECK(misuse_of([] { Value((std::int64_t{1} << 53) + 1); }) ==
        "interlox::Value: no number of the language equals the integer 9007199254740993");
  CHECK(misuse_of([] { Value(std::numeric_limits<std::uint64_t>::max()); }) ==
        "interlox::Value: no number of the language equals the integer 18446744073709551615");
}

TEST_CASE("the wrong type is named") {
  Interpreter interpreter;
  CHECK(misuse_of([] { static_cast<void>(Value("1").as_number()); }) ==
        "interlox::Value::as_number: the value is a string, not a number");
  CHECK(misuse_of([] { static_cast<void>(Value().as_string()); }) ==
        "interlox::Value::as_string: the value is nil, not a string");
  CHECK(misuse_of([] { static_cast<void>(Value(1).as_boolean()); }) ==
        "interlox::Value::as_boolean: the value is a number, not a boolean");
  CHECK(misuse_of([] { static_cast<void>(Value::map().elements()); }) ==
        "interlox::Value::elements: the value is a map, not a list");
  CHECK(misuse_of([] { static_cast<void>(Value(true).length()); }) ==
        "interlox::Value::length: the value is a boolean, not a map");
  CHECK(misuse_of([&] { static_cast<void>(interpreter.eval("0..1").value().entries()); }) ==
        "interlox::Value::entries: the value is of another type, not a map");
  CHECK(misuse_of([] { Value(1).append(2); }) ==
        "interlox::Value::append: the value is a number, not a list");
  CHECK(misuse_of([] { Value::map({{std::nan(""), 1}}); }) == "interlox::Value::map: a key is nan");
}

TEST_CASE("more than a list or a map holds is refused, unread") {
  const Interpreter interpreter;
  const Value element;
  const std::pair<Value, Value> entry;
  CHECK(misuse_of([&] { Value::list(interlox::Arguments(&element, (std::size_t{1} << 28) + 1)); }) ==
        "interlox::Value::list: the list is too long");
  CHECK(misuse_of([&] {
          Value::map(std::span<const std::pair<Value, Value>>(&entry, (std::size_t{1} << 27) + 1));
        }) == "interlox::Value::map: there are too many entries");
}

TEST_CASE("lists and maps are built and read") {
  Interpreter interpreter;
  Value list = Value::list({1, "two", Value::list(), nullptr});
  list.append(true);
  CHECK(list.length() == 5);
  CHECK(list.text().value() == "[1, \"two\", [], nil, true]");
  CHECK(list.elements()[1] == "two");
  CHECK(list.element(-1).value() == true);
  CHECK(list.set_element(0, 7).ok());
  CHECK(list.element(0).value() == 7);
  CHECK(list.element(9).error().message == "List index 9 out of bounds for length 5.");
  CHECK_FALSE(list.set_element("x", 1).ok());

  Value map = Value::map({{"k", 1}, {2, "two"}, {"k", 3}});
  CHECK(map.length() == 2);
  CHECK(map.entries()[0].second == 3);
  CHECK(map.element("none").error().message == "Undefined key \"none\".");
  CHECK(map.set_element(nullptr, 0).ok());
  interpreter.set_global("map", map);
  CHECK(interpreter.eval("map[nil]").value() == 0);
  CHECK(interpreter.eval("map").value() == map);
  CHECK_FALSE(Value::list() == Value::list());
}

TEST_CASE("members are as in the language") {
  Interpreter interpreter;
  interpreter.run(
      "class P { init(x) { this.x = x; } twice { return 2 * this.x; } add(n) { return this.x + n; }"
      " bad { return -nil; } }");
  Value p = interpreter.call_global("P", {4}).value();
  CHECK(p.type() == Type::instance);
  CHECK(p.member("x").value() == 4);
  CHECK(p.member("twice").value() == 8);
  CHECK(interpreter.call(p.member("add").value(), {1}).value() == 5);
  CHECK(p.set_member("x", 5).value() == 5);
  CHECK(p.member("twice").value() == 10);
  CHECK(p.member("y").error().message == "Undefined property 'y'.");
  CHECK(p.member("bad").error().text == "Operand must be a number.\n[line 1] in bad()");
  CHECK(p.text().value() == "P instance");
  CHECK(Value(1).set_member("x", 1).error().message == "Only instances have fields.");
  CHECK(Value::list({1}).member("length").value() == 1);
}

TEST_CASE("an instance's text is what its toString() gives") {
  Interpreter interpreter;
  interpreter.run(
      "class Shown { toString() { return \"shown\"; } } class Mute { toString() { return nil(); } }");
  CHECK(Value::list({interpreter.call_global("Shown").value()}).text().value() == "[shown]");
  const interlox::Result failed = interpreter.call_global("Mute").value().text();
  CHECK(failed.error().message == "Can only call functions and classes.");
  CHECK(failed.error().trace.at(0).function == "toString");
  CHECK(interpreter.eval("`${Shown()}`").value() == "shown");
}
