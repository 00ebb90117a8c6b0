// SPDX-License-Identifier: BSD-3-Clause
#include "vm/object.hpp"

#include <cmath>
#include <string>
#include <string_view>

#include "tests/support/catch.hpp"
#include "tests/vm/assembler.hpp"
#include "vm/class.hpp"
#include "vm/instance.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"

using namespace interlox;
using namespace std::string_view_literals;
using vm::to_text;
using vm::Value;

namespace {

Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

vm::Class* make_class(std::string_view name) {
  auto* const plan = ::new (gc::allocate(sizeof(vm::ClassTemplate))) vm::ClassTemplate();
  plan->name = vm::intern(name);
  return vm::Class::make(plan);
}

}  // namespace

TEST_CASE("strings hold any bytes, and a zero after them") {
  for (const std::string_view text :
       {""sv, "a"sv, "seven b"sv, "eight by"sv, "a\0b"sv, "a somewhat longer string"sv}) {
    const vm::String* const s = vm::String::make(text);
    CHECK(s->view() == text);
    CHECK(s->bytes[text.size()] == '\0');
    for (const std::string_view more : {""sv, "xyz"sv}) {
      CHECK(vm::String::concatenate(text, more)->view() == std::string(text) + std::string(more));
    }
  }
  const std::string large(5'000'000, 'x');
  CHECK(vm::String::make(large)->view() == large);
}

TEST_CASE("a string's bytes begin two words into it") {
  const auto* const s = vm::String::make("abc");
  CHECK(s->bytes - reinterpret_cast<const char*>(s) == 16);
}

TEST_CASE("equality is by value for numbers and strings, else by identity") {
  CHECK(vm::equal(Value::number(0), Value::number(-0.0)));
  CHECK_FALSE(vm::equal(Value::number(std::nan("")), Value::number(std::nan(""))));
  CHECK(vm::equal(Value::number(2), Value::number(2)));
  CHECK_FALSE(vm::equal(Value::number(1), Value::boolean(true)));
  CHECK(vm::equal(Value::nil(), Value::nil()));
  CHECK_FALSE(vm::equal(Value::nil(), Value::boolean(false)));
  CHECK(vm::equal(string("abc"), string("abc")));
  CHECK_FALSE(vm::equal(string("abc"), string("abd")));
  CHECK_FALSE(vm::equal(string("abc"), string("abcd")));
  CHECK_FALSE(vm::equal(string("1"), Value::number(1)));
  vm::Class* const a = make_class("A");
  vm::Class* const b = make_class("A");
  CHECK(vm::equal(Value::object(a), Value::object(a)));
  CHECK_FALSE(vm::equal(Value::object(a), Value::object(b)));
  // A name is no string, even with the same bytes.
  CHECK_FALSE(vm::equal(string("abc"), Value::object(vm::intern("abc"))));
}

TEST_CASE("every value has a text") {
  const vm::ThreadScope scope;
  CHECK(to_text(Value::nil()) == "nil");
  CHECK(to_text(Value::boolean(true)) == "true");
  CHECK(to_text(Value::boolean(false)) == "false");
  CHECK(to_text(Value::number(-0.5)) == "-0.5");
  CHECK(to_text(string("any \"text\"")) == "any \"text\"");
  CHECK(to_text(Value::object(vm::intern("name"))) == "<Symbol name>");
  CHECK(to_text(Value::object(vm::Integer::make(-9223372036854775807 - 1))) == "-9223372036854775808");

  vm::Function* const function = test::Assembler("f", 0, 1).finish();
  vm::Function* const script = test::Assembler(nullptr, 0, 1).finish();
  vm::Closure* const closure = vm::Closure::make(function);
  CHECK(to_text(Value::object(function)) == "<fn f>");
  CHECK(to_text(Value::object(closure)) == "<fn f>");
  CHECK(to_text(Value::object(vm::Closure::make(script))) == "<script>");
  CHECK(to_text(Value::object(vm::BoundMethod::make(Value::nil(), closure))) == "<fn f>");
  CHECK(to_text(Value::object(vm::Native::make(vm::intern("n"), 0, nullptr))) == "<native fn>");
  vm::Class* const klass = make_class("Toast");
  CHECK(to_text(Value::object(klass)) == "Toast");
  vm::Instance* const instance = vm::Instance::make(klass, klass->ensure_allocation());
  CHECK(to_text(Value::object(instance)) == "Toast instance");
}

TEST_CASE("an object's kind is its shape, and instances are those above") {
  CHECK(vm::is_object(string("x"), vm::ObjectKind::string));
  CHECK_FALSE(vm::is_object(string("x"), vm::ObjectKind::symbol));
  CHECK_FALSE(vm::is_object(Value::nil(), vm::ObjectKind::string));
  CHECK_FALSE(vm::is_instance(string("x")));
  vm::Class* const klass = make_class("K");
  const Value instance = Value::object(vm::Instance::make(klass, klass->ensure_allocation()));
  CHECK(vm::is_instance(instance));
  CHECK(instance.as_object()->kind() == vm::ObjectKind::instance);
  CHECK_FALSE(vm::is_instance(Value::object(klass)));
}
