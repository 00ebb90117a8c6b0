// SPDX-License-Identifier: BSD-3-Clause
// Each instruction by hand-made code, and the way in and out of the loop.
#include "vm/interpreter.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "tests/vm/assembler.hpp"
#include "vm/class.hpp"
#include "vm/instance.hpp"
#include "vm/native_arguments.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread.hpp"
#include "vm/thread_state.hpp"

using namespace interlox;
using test::Assembler;
using vm::Opcode;
using vm::Result;
using vm::Status;
using vm::Value;

namespace {

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

/// The result of `op R[3] R[1] R[2]` on two arguments, as text; or the error.
std::string binary(Opcode op, Value a, Value b) {
  Assembler code("f", 2, 4);
  code.emit(op, 3, 1, 2);
  code.emit(Opcode::return_value, 3);
  const Result result = test::run(code.finish(), {a, b});
  return result.status == Status::ok ? vm::to_text(result.value)
                                     : result.error.substr(0, result.error.find('\n'));
}

/// The same with the second operand a constant.
std::string binary_k(Opcode op, Value a, Value k) {
  Assembler code("f", 1, 4);
  code.emit(op, 3, 1, code.constant(k));
  code.emit(Opcode::return_value, 3);
  const Result result = test::run(code.finish(), {a});
  return result.status == Status::ok ? vm::to_text(result.value)
                                     : result.error.substr(0, result.error.find('\n'));
}

/// Whether a jump of two operands is taken.
std::string jumps(Opcode op, Value a, Value b, bool constant) {
  Assembler code("f", 2, 4);
  code.emit(op, 1, constant ? code.constant(b) : 2, 2);
  code.emit_bx(Opcode::load_k, 3, code.constant(Value::boolean(false)));
  code.emit(Opcode::return_value, 3);
  code.emit_bx(Opcode::load_k, 3, code.constant(Value::boolean(true)));
  code.emit(Opcode::return_value, 3);
  const Result result = test::run(code.finish(), {a, b});
  return result.status == Status::ok ? vm::to_text(result.value)
                                     : result.error.substr(0, result.error.find('\n'));
}

constexpr const char* kNumbers = "Operands must be numbers.";
constexpr const char* kAddition = "Operands must be two numbers or two strings.";

}  // namespace

TEST_CASE("arithmetic") {
  const vm::ThreadScope scope;
  CHECK(binary(Opcode::add, number(1), number(2)) == "3");
  CHECK(binary(Opcode::add, string("a"), string("b")) == "ab");
  CHECK(binary(Opcode::add, string("a"), number(2)) == kAddition);
  CHECK(binary(Opcode::add, Value::nil(), Value::nil()) == kAddition);
  CHECK(binary(Opcode::subtract, number(1), number(2)) == "-1");
  CHECK(binary(Opcode::multiply, number(3), number(2)) == "6");
  CHECK(binary(Opcode::divide, number(1), number(0)) == "inf");
  CHECK(binary(Opcode::divide, number(0), number(0)) == "nan");
  for (const Opcode op :
       {Opcode::subtract, Opcode::multiply, Opcode::divide, Opcode::less, Opcode::not_less}) {
    CHECK(binary(op, string("a"), number(2)) == kNumbers);
    CHECK(binary(op, number(2), Value::boolean(true)) == kNumbers);
    CHECK(binary(op, string("a"), string("b")) == kNumbers);
  }
  CHECK(binary_k(Opcode::add_k, number(1), number(2)) == "3");
  CHECK(binary_k(Opcode::add_k, string("x"), number(2)) == kAddition);
  CHECK(binary_k(Opcode::subtract_k, number(1), number(2)) == "-1");
  CHECK(binary_k(Opcode::multiply_k, number(3), number(2)) == "6");
  CHECK(binary_k(Opcode::divide_k, number(3), number(2)) == "1.5");
  CHECK(binary_k(Opcode::divide_k, Value::nil(), number(2)) == kNumbers);
}

TEST_CASE("a string that would be too long is an error") {
  const vm::ThreadScope scope;
  // Only its length is looked at.
  vm::String* const longest = vm::String::make("");
  longest->length = vm::String::kMaxLength;
  CHECK(binary(Opcode::add, Value::object(longest), string("x")) == "String too long.");
  CHECK(binary(Opcode::add, string("x"), Value::object(longest)) == "String too long.");
  CHECK(binary(Opcode::add, Value::object(longest), Value::object(longest)) == "String too long.");
  longest->length = 0;
  CHECK(binary(Opcode::add, Value::object(longest), string("x")) == "x");
}

TEST_CASE("comparison, also of what is not a number") {
  const vm::ThreadScope scope;
  const Value nan = number(std::nan(""));
  CHECK(binary(Opcode::less, number(1), number(2)) == "true");
  CHECK(binary(Opcode::less, number(2), number(2)) == "false");
  CHECK(binary(Opcode::not_less, number(2), number(2)) == "true");
  CHECK(binary(Opcode::less, nan, number(2)) == "false");
  CHECK(binary(Opcode::not_less, nan, number(2)) == "true");
  CHECK(binary(Opcode::equal, nan, nan) == "false");
  CHECK(binary(Opcode::not_equal, nan, nan) == "true");
  CHECK(binary(Opcode::equal, number(0), number(-0.0)) == "true");
  CHECK(binary(Opcode::equal, string("ab"), string("ab")) == "true");
  CHECK(binary(Opcode::not_equal, string("ab"), string("ac")) == "true");
  CHECK(binary(Opcode::equal, Value::nil(), Value::boolean(false)) == "false");
  CHECK(binary(Opcode::equal, number(1), string("1")) == "false");
  CHECK(binary_k(Opcode::equal_k, string("ab"), string("ab")) == "true");
  CHECK(binary_k(Opcode::not_equal_k, number(1), number(2)) == "true");
}

TEST_CASE("conditional jumps") {
  const vm::ThreadScope scope;
  const Value nan = number(std::nan(""));
  struct Case {
    Opcode op;
    bool constant;
    const char* less;
    const char* same;
    const char* greater;
    const char* unordered;
  };
  const Case cases[] = {
      {Opcode::jump_less, false, "true", "false", "false", "false"},
      {Opcode::jump_not_less, false, "false", "true", "true", "true"},
      {Opcode::jump_less_k, true, "true", "false", "false", "false"},
      {Opcode::jump_not_less_k, true, "false", "true", "true", "true"},
      {Opcode::jump_greater_k, true, "false", "false", "true", "false"},
      {Opcode::jump_not_greater_k, true, "true", "true", "false", "true"},
      {Opcode::jump_equal, false, "false", "true", "false", "false"},
      {Opcode::jump_not_equal, false, "true", "false", "true", "true"},
      {Opcode::jump_equal_k, true, "false", "true", "false", "false"},
      {Opcode::jump_not_equal_k, true, "true", "false", "true", "true"},
  };
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.op));
    CHECK(jumps(c.op, number(1), number(2), c.constant) == c.less);
    CHECK(jumps(c.op, number(2), number(2), c.constant) == c.same);
    CHECK(jumps(c.op, number(3), number(2), c.constant) == c.greater);
    CHECK(jumps(c.op, nan, number(2), c.constant) == c.unordered);
    const bool equality = c.op >= Opcode::jump_equal;
    CHECK(jumps(c.op, string("s"), number(2), c.constant) == (equality ? c.greater : kNumbers));
  }
  for (const Opcode op : {Opcode::jump_if_false, Opcode::jump_if_true}) {
    for (const Value v : {Value::nil(), Value::boolean(false), Value::boolean(true), number(0), string("")}) {
      Assembler code("f", 1, 3);
      code.emit_bx(op, 1, 1);
      code.emit(Opcode::return_nil);
      code.emit_bx(Opcode::load_k, 2, code.constant(Value::boolean(true)));
      code.emit(Opcode::return_value, 2);
      const bool jumped = !test::run(code.finish(), {v}).value.is_nil();
      CHECK(jumped == (v.is_falsey() == (op == Opcode::jump_if_false)));
    }
  }
}

TEST_CASE("jumps go backwards too") {
  const vm::ThreadScope scope;
  Assembler code("f", 1, 3);
  code.emit_bx(Opcode::load_k, 2, code.constant(0.0));
  code.emit(Opcode::add, 2, 2, 1);
  code.emit(Opcode::subtract_k, 1, 1, code.constant(1.0));
  code.emit(Opcode::jump_greater_k, 1, 0, static_cast<std::uint32_t>(-3) & 0xffffff);
  code.emit(Opcode::return_value, 2);
  CHECK(test::run(code.finish(), {number(4)}).value == number(10));
}

TEST_CASE("globals are undefined until they are defined") {
  const vm::ThreadScope scope;
  vm::VM machine;
  const auto access = [&](Opcode op) {
    Assembler code(nullptr, 0, 2);
    code.emit_bx(Opcode::load_k, 1, code.constant(5.0));
    code.emit_bx(op, 1, code.global(machine, "g"));
    code.emit(Opcode::return_value, 1);
    return test::run(code.finish());
  };
  CHECK(access(Opcode::get_global).error == "Undefined variable 'g'.\n[line 1] in script");
  CHECK(access(Opcode::set_global).error == "Undefined variable 'g'.\n[line 1] in script");
  CHECK_FALSE(machine.global("g"));
  CHECK(access(Opcode::define_global).status == Status::ok);
  CHECK(machine.global("g") == number(5));
  machine.set_global("g", number(6));
  CHECK(access(Opcode::get_global).value == number(6));
  CHECK(access(Opcode::set_global).status == Status::ok);
  CHECK(machine.global("g") == number(5));
}

TEST_CASE("boxes are shared by the closures that capture them") {
  const vm::ThreadScope scope;
  Assembler inner("inner", 0, 2);  // adds one to the variable two functions out, and gives it
  inner.capture(0, false);
  inner.emit_bx(Opcode::get_upvalue, 1, 0);
  inner.emit(Opcode::add_k, 1, 1, inner.constant(1.0));
  inner.emit_bx(Opcode::set_upvalue, 1, 0);
  inner.emit(Opcode::return_value, 1);

  Assembler middle("middle", 0, 3);
  middle.capture(1, true);
  middle.emit_bx(Opcode::make_closure, 1, middle.constant(Value::object(inner.finish())));
  middle.emit(Opcode::call, 1, 0);
  middle.emit(Opcode::return_value, 1);

  Assembler outer("outer", 1, 5);
  outer.emit(Opcode::make_box, 1, 1);
  outer.emit_bx(Opcode::make_closure, 2, outer.constant(Value::object(middle.finish())));
  outer.emit(Opcode::move, 3, 2);
  outer.emit(Opcode::call, 3, 0);
  outer.emit(Opcode::move, 3, 2);
  outer.emit(Opcode::call, 3, 0);
  outer.emit(Opcode::get_box, 4, 1);
  outer.emit(Opcode::set_box, 1, 3);
  outer.emit(Opcode::return_value, 4);
  CHECK(test::run(outer.finish(), {number(40)}).value == number(42));
}

TEST_CASE("calls of what can and can't be called") {
  const vm::ThreadScope scope;
  Assembler code("f", 2, 3);
  code.emit(Opcode::subtract, 1, 1, 2);
  code.emit(Opcode::return_value, 1);
  const vm::Function* const f = code.finish();
  CHECK(test::run(f, {number(5), number(3)}).value == number(2));
  CHECK(test::run(f, {number(5)}).error == "Expected 2 arguments but got 1.");
  for (const Value v : {Value::nil(), number(1), string("s"), Value::object(f)}) {
    CHECK(vm::VM::call(v, nullptr, 0).error == "Can only call functions and classes.");
  }
  const auto native =
      vm::Native::make(vm::intern("second"), 2, [](const vm::Arguments& in) { return in[1]; });
  const Value arguments[] = {number(1), number(2), number(3)};
  CHECK(vm::VM::call(Value::object(native), arguments, 2).value == number(2));
  CHECK(vm::VM::call(Value::object(native), arguments, 3).error == "Expected 2 arguments but got 3.");
}

TEST_CASE("a native's error has the frames of its callers, not its own") {
  const vm::ThreadScope scope;
  const auto native = vm::Native::make(vm::intern("bad"), vm::Arity::any(),
                                       [](const vm::Arguments& in) { return in.thread().raise("No good."); });
  Assembler inner("inner", 1, 3);
  inner.line(7);
  inner.emit(Opcode::call, 1, 0);
  inner.line(8);
  inner.emit(Opcode::return_value, 1);
  Assembler outer(nullptr, 0, 3);
  outer.line(20);
  outer.emit_bx(Opcode::make_closure, 1, outer.constant(Value::object(inner.finish())));
  outer.emit_bx(Opcode::load_k, 2, outer.constant(Value::object(native)));
  outer.line(21);
  outer.emit(Opcode::call, 1, 1);
  outer.line(22);
  outer.emit(Opcode::return_value, 1);
  CHECK(test::run(outer.finish()).error == "No good.\n[line 7] in inner()\n[line 21] in script");
}

TEST_CASE("natives call back, and errors pass through them with all frames") {
  const vm::ThreadScope scope;
  const auto apply = vm::Native::make(vm::intern("apply"), 2, [](const vm::Arguments& in) {
    return vm::call_value(in.thread(), in[0], in.values() + 1, 1);
  });
  Assembler inner("inner", 1, 3);
  inner.line(3);
  inner.emit(Opcode::negate, 1, 1);
  inner.emit(Opcode::negate, 2, 1);
  inner.emit(Opcode::return_value, 1);
  const gc::Root<vm::Closure> callee(vm::Closure::make(inner.finish()));
  Assembler outer("outer", 1, 5);
  outer.line(9);
  outer.emit_bx(Opcode::load_k, 2, outer.constant(Value::object(apply)));
  outer.emit_bx(Opcode::load_k, 3, outer.constant(Value::object(callee.get())));
  outer.emit(Opcode::move, 4, 1);
  outer.emit(Opcode::call, 2, 2);
  outer.emit(Opcode::return_value, 2);
  const vm::Function* const f = outer.finish();
  CHECK(test::run(f, {number(4)}).value == number(-4));
  CHECK(test::run(f, {Value::nil()}).error ==
        "Operand must be a number.\n[line 3] in inner()\n[line 9] in outer()");
  CHECK(test::run(f, {number(5)}).value == number(-5));
}

TEST_CASE("every run leaves the stacks as it found them") {
  const vm::ThreadScope scope;
  vm::Thread::State& state = vm::Thread::current().state();
  const void* const values = state.values.top();
  const void* const frames = state.frames.top();
  Assembler code("f", 1, 200);
  code.emit(Opcode::negate, 1, 1);
  code.emit(Opcode::return_value, 1);
  const vm::Function* const f = code.finish();
  for (const Value v : {number(1), Value::nil()}) {
    test::run(f, {v});
    CHECK(state.values.top() == values);
    CHECK(state.frames.top() == frames);
    CHECK(state.nesting == 0);
    CHECK_FALSE(state.error.set);
  }
}

TEST_CASE("everything reachable from a value stack survives, and nothing else") {
  const vm::ThreadScope scope;
  static test::Watcher* watcher = nullptr;
  test::Watcher live(10'000);
  watcher = &live;
  // make(): a fresh watched object. check(): collects.
  const auto make = vm::Native::make(vm::intern("make"), 0, [](const vm::Arguments&) {
    return Value::object(watcher->watch(vm::Integer::make(1)));
  });
  const auto check = vm::Native::make(vm::intern("check"), 0, [](const vm::Arguments&) {
    watcher->collect_until_dead(101);  // never: five collections
    return Value::number(static_cast<double>(watcher->dead()));
  });
  constexpr std::uint32_t kRegisters = 2000;
  Assembler code("f", 2, kRegisters + 4);
  for (std::uint32_t i = 3; i < kRegisters; ++i) {
    code.emit(Opcode::move, i, 1);
    code.emit(Opcode::call, i, 0);
  }
  code.emit(Opcode::move, kRegisters, 2);
  code.emit(Opcode::call, kRegisters, 0);
  code.emit(Opcode::return_value, kRegisters);
  const Result result = test::run(code.finish(), {Value::object(make), Value::object(check)});
  CHECK(live.watched() == kRegisters - 3);
  CHECK(result.value == number(0));
  CHECK(live.collect_until_dead());
}
