// SPDX-License-Identifier: BSD-3-Clause
#include "vm/native_arguments.hpp"

#include <cmath>
#include <string>

#include "tests/support/catch.hpp"
#include "vm/list.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread.hpp"

using namespace interlox;
using vm::Arguments;
using vm::Value;

namespace {

/// The arguments of a call f(v), and the errors that checks of them leave.
struct Call {
  const vm::ThreadScope scope;
  Value value;
  vm::Thread& thread = vm::Thread::current();
  Arguments in{thread, "f", Value::nil(), &value, 1};

  explicit Call(Value v) : value(v) {}
  std::string error() const { return vm::take_error(thread); }
};

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

}  // namespace

TEST_CASE("checks give what was asked for") {
  CHECK(Call(number(1.5)).in.number(0, "x") == 1.5);
  CHECK(Call(number(-3)).in.integer(0, "x") == -3);
  CHECK(Call(number(1e300)).in.integer(0, "x") == 1e300);
  CHECK(Call(number(7)).in.count_of(0, "x") == 7u);
  CHECK(Call(number(-0.0)).in.count_of(0, "x") == 0u);
  CHECK(Call(number(1e300)).in.count_of(0, "x") == std::uint64_t{1} << 53);
  CHECK(Call(string("s")).in.string(0, "x")->view() == "s");
  const Call list(Value::object(vm::List::make()));
  CHECK(list.in.object<vm::List>(0, vm::ObjectKind::list, "x", "a list") == vm::as<vm::List>(list.value));
}

TEST_CASE("checks that fail name the function, the argument, what it must be and what it is") {
  const Call text(string("s\n"));
  CHECK_FALSE(text.in.number(0, "factor"));
  CHECK(text.error() == R"(f() factor must be a number, not "s\n".)");
  const Call half(number(0.5));
  CHECK_FALSE(half.in.integer(0, "place"));
  CHECK(half.error() == "f() place must be an integer, not 0.5.");
  CHECK_FALSE(half.in.callable(0, "callback"));
  CHECK(half.error() == "f() callback must be a function or class, not 0.5.");
  const Call infinite(number(INFINITY));
  CHECK_FALSE(infinite.in.integer(0, "place"));
  CHECK(infinite.error() == "f() place must be an integer, not inf.");
  const Call negative(number(-1));
  CHECK_FALSE(negative.in.count_of(0, "count"));
  CHECK(negative.error() == "f() count must be a non-negative integer, not -1.");
  const Call nan(number(NAN));
  CHECK_FALSE(nan.in.count_of(0, "count"));
  CHECK(nan.error() == "f() count must be a non-negative integer, not nan.");
  const Call nil(Value::nil());
  CHECK(nil.in.string(0, "name") == nullptr);
  CHECK(nil.error() == "f() name must be a string, not nil.");
  CHECK(nil.in.object<vm::List>(0, vm::ObjectKind::list, "channels", "a list") == nullptr);
  CHECK(nil.error() == "f() channels must be a list, not nil.");
}

TEST_CASE("optional arguments") {
  const Call one(number(4));
  CHECK(one.in.has(0));
  CHECK_FALSE(one.in.has(1));
  CHECK_FALSE(Call(Value::nil()).in.has(0));
  CHECK(one.in.get_or(0, Value::nil()) == number(4));
  CHECK(one.in.get_or(1, number(5)) == number(5));
}

TEST_CASE("an index counts from the start, or from the end if it is negative") {
  const Call call(Value::nil());
  vm::Thread& thread = call.thread;
  CHECK(vm::resolve_index(thread, "List", number(0), 3, 3) == 0u);
  CHECK(vm::resolve_index(thread, "List", number(-1), 3, 3) == 2u);
  CHECK(vm::resolve_index(thread, "List", number(-3), 3, 3) == 0u);
  CHECK(vm::resolve_index(thread, "List", number(3), 3, 4) == 3u);
  for (const double wrong : {3.0, -4.0, 1e300, -1e300}) {
    CHECK_FALSE(vm::resolve_index(thread, "List", number(wrong), 3, 3));
    CHECK(call.error() == "List index " + vm::to_text(number(wrong)) + " out of bounds for length 3.");
  }
  CHECK_FALSE(vm::resolve_index(thread, "String", number(1.5), 3, 3));
  CHECK(call.error() == "String index must be an integer, not 1.5.");
  CHECK_FALSE(vm::resolve_index(thread, "List", string("a"), 3, 3));
  CHECK(call.error() == R"(List index must be an integer, not "a".)");
  CHECK_FALSE(vm::resolve_index(thread, "List", number(0), 0, 0));
  CHECK(call.error() == "List index 0 out of bounds for length 0.");
  CHECK(vm::clamp_index(-2, 5) == 3);
  CHECK(vm::clamp_index(-9, 5) == 0);
  CHECK(vm::clamp_index(9, 5) == 5);
  CHECK(vm::clamp_index(1e300, 5) == 5);
}
