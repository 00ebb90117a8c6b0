// SPDX-License-Identifier: BSD-3-Clause
#include "vm/element.hpp"

#include <limits>
#include <string>

#include "tests/support/catch.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/print.hpp"
#include "vm/range.hpp"
#include "vm/runtime_error.hpp"
#include "vm/string_index.hpp"
#include "vm/text.hpp"
#include "vm/thread.hpp"

using namespace interlox;
using vm::List;
using vm::Map;
using vm::Value;

namespace {

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

/// The first line of the error that is set.
std::string take_message() {
  const std::string error = vm::take_error(vm::Thread::current());
  return error.substr(0, error.find('\n'));
}

/// receiver[index] as a text, or the error.
std::string get(Value receiver, Value index) {
  const Value v = vm::get_element(vm::Thread::current(), receiver, index);
  return v.is_absent() ? take_message() : vm::to_quoted_text(v);
}

/// receiver[index] = 7: the receiver after it, or the error.
std::string set(Value receiver, Value index) {
  const bool ok = vm::set_element(vm::Thread::current(), receiver, index, number(7));
  return ok ? vm::to_text(receiver) : take_message();
}

}  // namespace

TEST_CASE("elements of lists are read and replaced by position") {
  const vm::ThreadScope scope;
  List* const list = List::make();
  for (const Value v : {number(1), string("two"), Value::nil()}) list->add(v);
  const Value l = Value::object(list);
  CHECK(get(l, number(0)) == "1");
  CHECK(get(l, number(-0.0)) == "1");
  CHECK(get(l, number(-1)) == "nil");
  CHECK(get(l, number(-3)) == "1");
  CHECK(get(l, number(3)) == "List index 3 out of bounds for length 3.");
  CHECK(get(l, number(-4)) == "List index -4 out of bounds for length 3.");
  CHECK(get(l, number(0.5)) == "List index must be an integer, not 0.5.");
  CHECK(get(l, string("0")) == "List index must be an integer, not \"0\".");
  CHECK(get(l, number(std::numeric_limits<double>::infinity())) == "List index must be an integer, not inf.");
  CHECK(get(l, number(1e300)) == "List index 1e+300 out of bounds for length 3.");
  CHECK(set(l, number(1)) == "[1, 7, nil]");
  CHECK(set(l, number(-1)) == "[1, 7, 7]");
  CHECK(set(l, number(3)) == "List index 3 out of bounds for length 3.");
  CHECK(set(l, Value::nil()) == "List index must be an integer, not nil.");
  CHECK(vm::to_text(l) == "[1, 7, 7]");
}

TEST_CASE("values of maps are read and set by key") {
  const vm::ThreadScope scope;
  const Value m = Value::object(Map::make());
  CHECK(get(m, string("k")) == "Undefined key \"k\".");
  CHECK(set(m, string("k")) == "[\"k\": 7]");
  CHECK(get(m, string("k")) == "7");
  CHECK(set(m, number(-0.0)) == "[\"k\": 7, -0: 7]");
  CHECK(get(m, number(0)) == "7");
  CHECK(set(m, Value::nil()) == "[\"k\": 7, -0: 7, nil: 7]");
  CHECK(set(m, Value::object(vm::Range::make(0, 3))) == "[\"k\": 7, -0: 7, nil: 7, 0..3: 7]");
  CHECK(get(m, Value::object(vm::Range::make(0, 3))) == "7");
  const Value nan = number(std::numeric_limits<double>::quiet_NaN());
  CHECK(set(m, nan) == "Map key must not be nan.");
  CHECK(get(m, nan) == "Undefined key nan.");
  CHECK(get(m, string(std::string(200, 'x'))) == "Undefined key \"" + std::string(79, 'x') + "....");
  CHECK(get(m, m) == "Undefined key [\"k\": 7, -0: 7, nil: 7, 0..3: 7].");
}

TEST_CASE("characters of strings are read by position") {
  const vm::ThreadScope scope;
  const Value s = string(
      "a\xe2\x82\xac"
      "b\xff");
  CHECK(get(s, number(0)) == "\"a\"");
  CHECK(get(s, number(1)) == "\"\xe2\x82\xac\"");
  CHECK(get(s, number(2)) == "\"b\"");
  CHECK(get(s, number(-1)) == "\"\xff\"");
  CHECK(get(s, number(5)) == "String index 5 out of bounds for length 4.");
  CHECK(get(string(""), number(0)) == "String index 0 out of bounds for length 0.");
  CHECK(get(s, number(1.5)) == "String index must be an integer, not 1.5.");
  CHECK(set(s, number(0)) ==
        "Cannot assign to an index of \"a\xe2\x82\xac"
        "b\xff\".");
}

TEST_CASE("a value without elements is named") {
  const vm::ThreadScope scope;
  CHECK(get(number(3), number(0)) == "Cannot index 3.");
  CHECK(get(Value::nil(), number(0)) == "Cannot index nil.");
  CHECK(get(Value::object(vm::Range::make(0, 3)), number(0)) == "Cannot index 0..3.");
  CHECK(set(number(3), number(0)) == "Cannot assign to an index of 3.");
}

TEST_CASE("the strings of one ASCII character are made once") {
  const vm::ThreadScope scope;
  for (int c = 0; c < 128; ++c) {
    const char byte = static_cast<char>(c);
    const vm::String* const one = vm::character_string({&byte, 1});
    CHECK(one->view() == std::string_view(&byte, 1));
    CHECK(vm::character_string({&byte, 1}) == one);
  }
  CHECK(vm::character_string("\xff")->view() == "\xff");
  CHECK(vm::character_string("\xe2\x82\xac")->character_count() == 1);
}

TEST_CASE("offsets and positions of characters are each other's inverse") {
  for (const std::string_view text : {"plain text",
                                      "gr\xc3\xb6\xc3\x9f"
                                      "e \xe2\x82\xac\xff!",
                                      ""}) {
    const vm::String* const s = vm::String::make(text);
    for (std::uint32_t position = 0; position <= s->character_count(); ++position) {
      const std::size_t offset = vm::character_offset(*s, position);
      CHECK(offset == vm::offset_of_character(text, position));
      CHECK(vm::character_position(*s, offset) == position);
    }
  }
}
