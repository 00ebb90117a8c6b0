// SPDX-License-Identifier: BSD-3-Clause
#include "vm/native_class.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "vm/class.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::Arguments;
using vm::NativeClass;
using vm::Value;

namespace {

// A class for channels, whose values programs have no other use for here.
Value describe(const Arguments& in) {
  return Value::object(vm::String::make(vm::to_text(in.receiver()) + "/" + std::to_string(in.count())));
}
Value call_back(const Arguments& in) {
  return vm::call_value(in.thread(), in[0], in.values() + 1, in.count() - 1);
}
Value broken(const Arguments& in) { return in.thread().raise("Broken."); }
Value callback_property(const Arguments& in) {
  return Value::object(vm::BoundNative::make(in.receiver(), [] {
    static constexpr vm::NativeMember member = vm::method("inner", {0, 1}, describe);
    return &member;
  }()));
}

constexpr vm::NativeMember kMembers[] = {
    vm::property("text", describe),
    vm::property("callable", callback_property),
    vm::property("broken", broken),
    vm::method("none", 0, describe),
    vm::method("two", 2, describe),
    vm::method("some", {1, 2}, describe),
    vm::method("any", vm::Arity::any(), describe),
    vm::method("call", {1, vm::Arity::kUnlimited}, call_back),
};
constexpr vm::NativeClassPlan kPlan{"Thing", vm::ObjectKind::channel, {1, 2}, describe, kMembers};

constexpr vm::NativeMember kNumberMembers[] = {
    vm::property("itself", [](const Arguments& in) { return in.receiver(); })};
constexpr vm::NativeClassPlan kNumberPlan{"Numeric", vm::ObjectKind::number, 0, nullptr, kNumberMembers};

/// An object of the class's kind that is nothing else.
Value make_thing() {
  struct Thing : vm::Object {
    Thing() : Object(vm::ObjectKind::channel) {}
  };
  return Value::object(::new (gc::allocate(sizeof(Thing))) Thing());
}

struct Machine {
  const vm::ThreadScope scope;
  vm::VM vm;

  Machine() {
    vm.set_global("Thing", Value::object(NativeClass::of(kPlan)));
    vm.set_global("Numeric", Value::object(NativeClass::of(kNumberPlan)));
    vm.set_global("thing", make_thing());
  }
  /// The expression's text, or the first line of its error.
  std::string eval(std::string_view source) {
    const vm::Result result = vm.eval(source);
    if (result.status == vm::Status::ok) return vm::to_text(result.value);
    return result.error.substr(0, result.error.find('\n'));
  }
};

constexpr const char* kNoProperty = "Only instances have properties.";
constexpr const char* kNoMethod = "Only instances have methods.";
constexpr const char* kNoField = "Only instances have fields.";

}  // namespace

TEST_CASE("members of builtin classes are read and called") {
  Machine m;
  CHECK(m.eval("thing.text") == "<Channel>/0");
  CHECK(m.eval("thing.none()") == "<Channel>/0");
  CHECK(m.eval("thing.two(1, 2)") == "<Channel>/2");
  CHECK(m.eval("thing.some(1)") == "<Channel>/1");
  CHECK(m.eval("thing.any()") == "<Channel>/0");
  CHECK(m.eval("thing.any(1, 2, 3, 4)") == "<Channel>/4");
  CHECK(m.eval("1.5.itself") == "1.5");
  CHECK(m.eval("thing.callable(1)") == "<Channel>/1");
  CHECK(m.eval("(thing.callable)(1)") == "<Channel>/1");
}

TEST_CASE("a method that is read remembers its receiver") {
  Machine m;
  CHECK(m.eval("thing.none") == "<native fn>");
  m.vm.set_global("f", m.vm.eval("thing.some").value);
  gc::collect();
  CHECK(m.eval("f(5)") == "<Channel>/1");
  CHECK(m.eval("f == f") == "true");
  CHECK(m.eval("thing.some == thing.some") == "false");
  CHECK(m.eval("f()") == "Expected 1 to 2 arguments but got 0.");
  CHECK(m.eval("f.x") == kNoProperty);
}

TEST_CASE("missing members of what is no instance have clox's messages") {
  Machine m;
  m.vm.run("class C {} fun f() {}");
  for (const char* const receiver :
       {"thing", "1", "nil", "true", "\"text\"", "C", "f", "Thing", "thing.none"}) {
    CAPTURE(receiver);
    const std::string r(receiver);
    CHECK(m.eval(r + ".missing") == kNoProperty);
    CHECK(m.eval(r + ".missing(1)") == kNoMethod);
    CHECK(m.eval(r + ".missing = 1") == kNoField);
  }
  CHECK(m.eval("thing.text = 1") == kNoField);
  CHECK(m.eval("thing.none = 1") == kNoField);
  CHECK(m.eval("Thing.none") == kNoProperty);
  CHECK(m.eval("Thing.none()") == kNoMethod);
}

TEST_CASE("the number of arguments is checked") {
  Machine m;
  CHECK(m.eval("thing.none(1)") == "Expected 0 arguments but got 1.");
  CHECK(m.eval("thing.two(1)") == "Expected 2 arguments but got 1.");
  CHECK(m.eval("thing.some()") == "Expected 1 to 2 arguments but got 0.");
  CHECK(m.eval("thing.some(1, 2, 3)") == "Expected 1 to 2 arguments but got 3.");
  CHECK(m.eval("thing.call()") == "Expected at least 1 arguments but got 0.");
  CHECK(m.eval("Thing()") == "Expected 1 to 2 arguments but got 0.");
  CHECK(m.eval("thing.text()") == "Can only call functions and classes.");
  m.vm.define_native("optional", {0, 1}, [](const Arguments& in) { return Value::number(in.count()); });
  CHECK(m.eval("optional()") == "0");
  CHECK(m.eval("optional(1)") == "1");
  CHECK(m.eval("optional(1, 2)") == "Expected 0 to 1 arguments but got 2.");
}

TEST_CASE("builtin classes are values: called, printed, compared, and not inherited from") {
  Machine m;
  CHECK(m.eval("Thing") == "Thing");
  CHECK(m.eval("Thing(1)") == "Thing/1");
  CHECK(m.eval("Thing == Thing") == "true");
  CHECK(m.eval("Thing == Numeric") == "false");
  CHECK(m.eval("Numeric()") == "Numeric can't be called: it has no constructor.");
  CHECK(m.vm.run("class D < Thing {}").error == "Superclass must be a class.\n[line 1] in script");
  vm::VM other;
  other.set_global("Thing", Value::object(NativeClass::of(kPlan)));
  CHECK(other.global("Thing") == m.vm.global("Thing"));
}

TEST_CASE("errors and calls pass through members") {
  Machine m;
  m.vm.run("fun add(a, b) { return a + b; }\nfun bad() {\n  return -nil; }");
  CHECK(m.eval("thing.call(add, 1, 2)") == "3");
  CHECK(m.vm.eval("thing.call(bad)").error ==
        "Operand must be a number.\n[line 3] in bad()\n[line 1] in script");
  CHECK(m.eval("thing.broken") == "Broken.");
  CHECK(m.eval("thing.broken(1)") == "Broken.");
  m.vm.run(
      "fun deep(n) { if (n == 0) return 0; return 1 + thing.call(deep, n - 1); } fun ever() { "
      "thing.call(ever); }");
  CHECK(m.eval("deep(250)") == "250");
  CHECK(m.eval("ever()") == "Stack overflow.");
  CHECK(m.eval("deep(10)") == "10");
}

TEST_CASE("every value has the class of its kind, or none") {
  Machine m;
  CHECK(vm::class_of(make_thing()) == NativeClass::of(kPlan));
  CHECK(vm::class_of(Value::number(1)) == NativeClass::of(kNumberPlan));
  CHECK(vm::class_of(Value::nil()) == nullptr);
  CHECK(vm::class_of(Value::boolean(true)) == nullptr);
  m.vm.run("class C {} var c = C();");
  CHECK(vm::class_of(*m.vm.global("C")) == nullptr);
  CHECK(vm::class_of(*m.vm.global("c")) == nullptr);
  CHECK(vm::class_of(*m.vm.global("Thing")) == nullptr);
  CHECK(NativeClass::of(kPlan)->find(vm::intern("none"))->name == "none");
  CHECK(NativeClass::of(kPlan)->find(vm::intern("missing")) == nullptr);
}

TEST_CASE("it is known what can be called") {
  Machine m;
  m.vm.run("class C { m() {} } fun f() {}");
  for (const char* const source : {"C", "f", "C().m", "Thing", "thing.none"}) {
    CHECK(vm::is_callable(m.vm.eval(source).value));
  }
  for (const char* const source : {"nil", "1", "\"f\"", "C()", "Numeric", "thing"}) {
    CHECK_FALSE(vm::is_callable(m.vm.eval(source).value));
  }
}

TEST_CASE("threads that make one class at once get the same one") {
  static constexpr vm::NativeClassPlan kFresh{"Fresh", vm::ObjectKind::table_copy, 0, nullptr, kMembers};
  constexpr std::size_t kThreads = 8;
  std::atomic<std::size_t> ready{0};
  std::vector<const NativeClass*> made(kThreads);
  {
    std::vector<std::jthread> running;
    for (std::size_t t = 0; t < kThreads; ++t) {
      running.push_back(gc::start_thread([&, t] {
        ++ready;
        while (ready.load() < kThreads) std::this_thread::yield();
        made[t] = NativeClass::of(kFresh);
      }));
    }
  }
  CHECK(made == std::vector<const NativeClass*>(kThreads, NativeClass::of(kFresh)));
}
