// SPDX-License-Identifier: BSD-3-Clause
#include "vm/exceptions.hpp"

#include <memory>
#include <string>

#include "tests/support/catch.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/runtime_error.hpp"
#include "vm/trace.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::Value;

namespace {

struct Machine {
  vm::ThreadScope scope;
  vm::VM machine;
  Machine() { machine.define_builtin("Error", Value::object(vm::error_class())); }

  /// What a run prints, and its error.
  std::string run(std::string_view source) {
    const auto output = std::make_shared<vm::CapturedOutput>();
    vm::Thread& thread = vm::Thread::current();
    const std::shared_ptr<vm::Output> before = thread.shared_output();
    thread.set_output(output);
    const vm::Result result = machine.run(source);
    thread.set_output(before);
    return output->text() + result.error;
  }
};

Value fails(const vm::Arguments& in) { return in.thread().raise("native failure"); }

Value calls(const vm::Arguments& in) { return vm::call_value(in.thread(), in[0], nullptr, 0); }

Value throws_exception(const vm::Arguments&) { throw std::runtime_error("a C++ exception"); }

Value calls_and_ignores(const vm::Arguments& in) {
  if (vm::call_value(in.thread(), in[0], nullptr, 0).is_absent()) {
    return Value::object(vm::String::make(vm::take_error(in.thread())));
  }
  return Value::nil();
}

Value asks_for_interrupt(const vm::Arguments& in) {
  vm::request_interrupt(in.thread());
  return Value::nil();
}

}  // namespace

TEST_CASE("Errors of natives, and C++ exceptions, can be caught") {
  Machine m;
  m.machine.define_native("fails", 0, fails);
  m.machine.define_native("explodes", 0, throws_exception);
  CHECK(m.run("try { fails(); } catch (e) { print e.message; }") == "native failure\n");
  CHECK(m.run("try { explodes(); } catch (e) { print e.message; }") == "a C++ exception\n");
  CHECK(m.run("fun f() { try { explodes(); } finally { print 1; } } f();") ==
        "1\na C++ exception\n[line 1] in f()\n[line 1] in script");
}

TEST_CASE("An error passes through natives to the handler around their call, and not to a later one") {
  Machine m;
  m.machine.define_native("calls", 1, calls);
  m.machine.define_native("ignores", 1, calls_and_ignores);
  CHECK(m.run("fun f() { throw 1; } try { calls(f); } catch (e) { print e; }") == "1\n");
  CHECK(m.run("fun f() { throw 1; } fun g() { try { calls(f); } finally { print 2; } } "
              "try { calls(g); } catch (e) { print e; }") == "2\n1\n");
  CHECK(m.run("fun f() { throw \"x\"; } print ignores(f); try { } catch (e) { print e; }") ==
        "x\n[line 1] in f()\n[line 1] in script\n");
  CHECK(m.run("fun f() { try { throw 1; } catch (e) { return e; } } print calls(f);") == "1\n");
}

TEST_CASE("An interrupt is no error that a program can catch") {
  Machine m;
  m.machine.define_native("interrupt", 0, asks_for_interrupt);
  CHECK(m.run("try { interrupt(); print 1; } catch (e) { print 2; } finally { print 3; }") ==
        "Interrupted.\n[line 1] in script");
  CHECK(m.run("try { throw 1; } catch (e) { print e; }") == "1\n");
  m.machine.define_native("calls", 1, calls);
  CHECK(m.run("fun f() { interrupt(); while (true) {} } try { calls(f); } catch (e) { print 2; }") ==
        "Interrupted.\n[line 1] in f()\n[line 1] in script");
}

TEST_CASE("Who throws an error that was caught throws it with its first trace, printed with the last") {
  Machine m;
  CHECK(m.run("fun f() { throw Error(\"a\"); }\nvar k;\ntry { f(); } catch (e) { k = e; }\nprint k.trace;\n"
              "throw k;") == "[\"[line 1] in f()\", \"[line 3] in script\"]\na\n[line 5] in script");
}

TEST_CASE("A trace comes out of its string as it went in") {
  const vm::ThreadScope scope;
  const std::vector<vm::TraceFrame> trace{
      {"f", "a b.lox", {3, 4}}, {"", "", {1, 2}}, {"g", "x\ty\nz", {5, 6}}};
  const std::vector<vm::TraceFrame> back = vm::decode_trace(vm::encode_trace(trace));
  REQUIRE(back.size() == 3);
  CHECK(back[0].function == "f");
  CHECK(back[0].file == "a b.lox");
  CHECK(back[0].at.line == 3);
  CHECK(back[0].at.column == 4);
  CHECK(back[1].function.empty());
  CHECK(back[1].file.empty());
  CHECK(back[2].file == "x y z");
  CHECK(back[2].at.column == 6);
  CHECK(vm::decode_trace(Value::nil()).empty());
}

TEST_CASE("Error and its instances") {
  Machine m;
  CHECK(m.run("print Error; print Error(\"m\"); var e = Error(\"m\", 1); print e.message; print e.cause; "
              "print e.trace;") == "Error\nError instance\nm\n1\n[]\n");
  CHECK(m.run("Error();") == "Expected 1 to 2 arguments but got 0.\n[line 1] in script");
  CHECK(m.run("Error(1, 2, 3);") == "Expected 1 to 2 arguments but got 3.\n[line 1] in script");
  CHECK(m.run("class A < Error { init() { } } try { throw A(); } catch (e) { print e.message; print e.cause; "
              "print e.trace; }") == "nil\nnil\n[\"[line 1] in script\"]\n");
  CHECK(m.run("throw Error(nil);") == "Error instance\n[line 1] in script");
  CHECK(m.run("throw [1, \"a\"];") == "[1, \"a\"]\n[line 1] in script");
  CHECK(m.run("class T { toString() { throw 1; } } throw T();") == "T instance\n[line 1] in script");
}
