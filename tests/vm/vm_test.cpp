// SPDX-License-Identifier: BSD-3-Clause
// The VM from the outside: source in, values and errors out.
#include "vm/vm.hpp"

#include <memory>
#include <sstream>
#include <string>

#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"

using namespace interlox;
using vm::Result;
using vm::Status;
using vm::Value;

namespace {

/// What a program prints, then its error if it ends in one.
std::string run(vm::VM& machine, std::string_view source) {
  const auto output = std::make_shared<vm::CapturedOutput>();
  vm::Thread& thread = vm::Thread::current();
  const auto before = thread.shared_output();
  thread.set_output(output);
  const Result result = machine.run(source);
  thread.set_output(before);
  return output->text() + result.error;
}

std::string run(std::string_view source) {
  vm::VM machine;
  return run(machine, source);
}

}  // namespace

TEST_CASE("run, eval, globals and calls") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK(machine.run("var a = 1; fun f(x, y) { return x + y + a; } class C { init(v) { this.v = v; } }")
            .status == Status::ok);
  CHECK(machine.eval("f(1, 2) * 10").value == Value::number(40));
  CHECK(machine.global("a") == Value::number(1));
  CHECK_FALSE(machine.global("never"));
  machine.set_global("a", Value::number(100));
  const Value arguments[] = {Value::number(1), Value::number(2)};
  CHECK(vm::VM::call(*machine.global("f"), arguments, 2).value == Value::number(103));
  const Result made = vm::VM::call(*machine.global("C"), arguments, 1);
  CHECK(vm::to_text(made.value) == "C instance");

  CHECK(machine.run("print").status == Status::compile_error);
  CHECK(machine.run("print;").error == "[line 1] Error at ';': Expect expression.");
  CHECK(machine.eval("1 +").status == Status::compile_error);
  const Result failed = machine.run("\nf(1);");
  CHECK(failed.status == Status::runtime_error);
  CHECK(failed.error == "Expected 2 arguments but got 1.\n[line 2] in script");
  CHECK(machine.eval("f(1, 1)").value == Value::number(102));
  std::string errors;
  CHECK(machine.compile("var x = 1;", "x", errors) != nullptr);
  CHECK(errors.empty());
  CHECK(machine.compile("var 1;", "x", errors) == nullptr);
  CHECK_FALSE(errors.empty());
}

TEST_CASE("a thousand errors are told, and of a name that no file has its end") {
  const vm::ThreadScope scope;
  vm::VM machine;
  std::string source;
  for (int i = 0; i < 100'000; ++i) source += "@;\n";
  const Result result = machine.run(source, std::string(10'000'000, 'n') + "end.lox");
  CHECK(result.diagnostics.size() == 1001);
  CHECK(result.diagnostics.front().at.line == 1);
  CHECK(result.diagnostics.back().text.ends_with("] Error: Too many errors."));
  CHECK(result.diagnostics.back().file.size() == 4096);
  CHECK(result.diagnostics.back().file.ends_with("nend.lox"));
  CHECK(result.error.size() < 5'000'000);

  const Result failed = machine.run("missing;", std::string(10'000'000, 'n') + "end.lox");
  REQUIRE(failed.trace.size() == 1);
  CHECK(failed.trace[0].file.size() == 4096);
}

TEST_CASE("a trace has a line a frame, innermost first") {
  const vm::ThreadScope scope;
  CHECK(run("class A {\n  m(x) {\n    return x.y;\n  }\n}\nfun f() {\n  A().m(nil);\n}\n{\n  f();\n}") ==
        "Only instances have properties.\n[line 3] in m()\n[line 7] in f()\n[line 10] in script");
}

TEST_CASE("fields shadow methods at a call that is already cached") {
  const vm::ThreadScope scope;
  CHECK(run("class A { m() { return \"method\"; } }"
            "fun call(o) { return o.m(); }"
            "fun other() { return \"field\"; }"
            "var a = A(); var b = A();"
            "print call(a); print call(b);"
            "a.m = other;"
            "print call(a); print call(b); print call(a); print call(A());") ==
        "method\nmethod\nfield\nmethod\nfield\nmethod\n");
}

TEST_CASE("one call site and many classes") {
  const vm::ThreadScope scope;
  std::string source = "fun get(o) { return o.name() + o.v; } fun set(o, v) { o.v = v; }\n";
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    source += "class C" + n + (i % 3 == 2 ? " < C" + std::to_string(i - 1) : std::string());
    source += " { init() { this.w = 1; this.v = 0; } ";
    if (i % 3 != 2) source += "name() { return " + n + "; }";
    source += " }\nvar o" + n + " = C" + n + "();\n";
  }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string n = std::to_string(i);
      source += "set(o" + n + ", " + std::to_string(1000 * round) + "); print get(o" + n + ");\n";
      expected += std::to_string((i % 3 == 2 ? i - 1 : i) + 1000 * round) + "\n";
    }
  }
  CHECK(run(source) == expected);
}

TEST_CASE("an object takes thousands of fields that no class body names") {
  const vm::ThreadScope scope;
  std::ostringstream source;
  source << "class Bag {} var early = Bag(); var bag = Bag();\n";
  for (int i = 0; i < 2000; ++i) source << "bag.f" << i << " = " << i << ";\n";
  source << "var sum = 0;\n";
  for (int i = 0; i < 2000; ++i) source << "sum = sum + bag.f" << i << ";\n";
  source << "print sum; early.f1999 = 1; print early.f1999; print early.f5;";
  const std::string result = run(source.str());
  CHECK(result.substr(0, result.find("\n[")) == "1999000\n1\nUndefined property 'f5'.");
}

TEST_CASE("ten thousand frames are no overflow, and an endless recursion is a clean one") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK(run(machine,
            "fun sum(n, a, b, c) { var d = 1; var e = 2; if (n == 0) return 0; return n + sum(n - 1, a, b, "
            "c); }"
            "print sum(10000, 1, 2, 3);") == "50005000\n");
  for (int i = 0; i < 3; ++i) {
    const std::string error = run(machine, "fun f(x) { f(x); }\nf(1);");
    CHECK(error.substr(0, error.find('\n')) == "Stack overflow.");
    CHECK(error.substr(error.rfind('\n')) == "\n[line 2] in script");
  }
  // Large frames use up the registers before the frames.
  std::string wide = "fun g() {";
  for (int i = 0; i < 2000; ++i) wide += "var v" + std::to_string(i) + " = 1;";
  wide += "g(); } g();";
  const std::string error = run(machine, wide);
  CHECK(error.substr(0, error.find('\n')) == "Stack overflow.");
  CHECK(run(machine, "print 1;") == "1\n");
}

TEST_CASE("natives that call back nest at least two hundred deep, and stop cleanly") {
  const vm::ThreadScope scope;
  vm::VM machine;
  machine.define_native("apply", 2, [](const vm::Arguments& in) {
    return vm::call_value(in.thread(), in[0], in.values() + 1, 1);
  });
  CHECK(
      run(machine, "fun down(n) { if (n == 0) return 0; return 1 + apply(down, n - 1); } print down(250);") ==
      "250\n");
  for (int i = 0; i < 2; ++i) {
    const std::string error = run(machine, "fun for_ever(n) { return apply(for_ever, n); } for_ever(1);");
    CHECK(error.substr(0, error.find('\n')) == "Stack overflow.");
  }
  CHECK(run(machine, "print down(200);") == "200\n");
}

TEST_CASE("local classes are collected, with their methods and instances") {
  const vm::ThreadScope scope;
  vm::VM machine;
  static test::Watcher* watcher = nullptr;
  constexpr int kClasses = 100'000;  // fewer would fit a heap that other tests have left large
  test::Watcher classes(kClasses);
  watcher = &classes;
  machine.define_native("watch", 1, [](const vm::Arguments& in) {
    watcher->watch(in[0].as_object());
    return in[0];
  });
  const std::uint64_t before = gc::stats().heap_bytes;
  CHECK(run(machine,
            "fun make(n) { class Base { a() { return 1; } } class Local < Base { init() { this.x = n; } "
            "get() { return "
            "this.x; } } watch(Local); var o = Local(); o.y = 2; return o.get() + o.y + o.a(); }\n"
            "var sum = 0; for (var i = 0; i < " +
                std::to_string(kClasses) + "; i = i + 1) sum = sum + make(i) - i; print sum;") ==
        std::to_string(3 * kClasses) + "\n");
  CHECK(classes.watched() == kClasses);
  CHECK(classes.collect_until_dead(95));
  CHECK(gc::stats().heap_bytes - before < std::uint64_t{kClasses} * 400);
}

TEST_CASE("two VMs have globals of their own and the same symbols") {
  const vm::ThreadScope scope;
  vm::VM a;
  vm::VM b;
  CHECK(run(a, "var shared_name = 1;").empty());
  const std::size_t symbols = vm::SymbolTable::instance().count();
  CHECK(run(b, "var shared_name = 2;").empty());
  CHECK(vm::SymbolTable::instance().count() == symbols);
  CHECK(a.global("shared_name") == Value::number(1));
  CHECK(b.global("shared_name") == Value::number(2));
  // Values may wander; functions keep their VM's globals.
  CHECK(run(a, "fun get() { return shared_name; }").empty());
  b.set_global("get", *a.global("get"));
  CHECK(b.eval("get() * 10 + shared_name").value == Value::number(12));
}

TEST_CASE("functions outlive their VM") {
  const vm::ThreadScope scope;
  gc::RootVector<Value> kept;
  {
    vm::VM machine;
    machine.run("var base = 40; fun f(n) { class C { m() { return base + n; } } return C().m(); }");
    kept.push_back(*machine.global("f"));
  }
  gc::collect();
  const Value two = Value::number(2);
  CHECK(vm::VM::call(kept[0], &two, 1).value == Value::number(42));
}
