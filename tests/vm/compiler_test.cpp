// SPDX-License-Identifier: BSD-3-Clause
#include "vm/compiler.hpp"

#include <atomic>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "tests/support/catch.hpp"
#include "tests/vm/compiled.hpp"
#include "vm/symbol_table.hpp"

using namespace interlox;
using vm::CompileMode;
using vm::Value;

namespace {

// The class template among the constants of `function`.
const vm::ClassTemplate* template_of(const vm::Function* function) {
  for (std::uint32_t i = 0; i < function->constant_count; ++i) {
    if (is_object(function->constants[i], vm::ObjectKind::class_template)) {
      return vm::as<vm::ClassTemplate>(function->constants[i]);
    }
  }
  return nullptr;
}

}  // namespace

TEST_CASE("A compiled script describes itself") {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string errors = "left from before";
  const vm::Function* const script = vm::compile(vm.main_module(), "fun f(a, b) { return a; }\n print f;",
                                                 "dir/x.lox", CompileMode::program, errors);
  REQUIRE(script != nullptr);
  CHECK(errors.empty());
  CHECK(script->name == nullptr);
  CHECK(script->source_name->view() == "dir/x.lox");
  CHECK(script->arity == 0);
  CHECK(script->global_count == 1);
  CHECK(script->global(0) == vm.main_module().cell(vm::intern("f")));
  REQUIRE(script->constant_count == 1);
  const auto* const f = vm::as<vm::Function>(script->constants[0]);
  CHECK(f->name == vm::intern("f"));
  CHECK(f->arity == 2);
  CHECK(f->registers >= 3);
  CHECK(f->source_name == script->source_name);
  CHECK(script->lines[script->code_length - 2] == 2);
  CHECK(script->columns[script->code_length - 2] == 9);  // the `;` of print
}

TEST_CASE("Errors give null and all lines") {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string errors;
  CHECK(vm::compile(vm.main_module(), "1 2;\n3 4;\n", "x", CompileMode::program, errors) == nullptr);
  CHECK(errors ==
        "x:1:3: [line 1] Error at '2': Expect ';' after expression.\n"
        "x:2:3: [line 2] Error at '4': Expect ';' after expression.");
}

TEST_CASE("An expression's function returns its value") {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string errors;
  const vm::Function* const function =
      vm::compile(vm.main_module(), "1 + 2 * 3 // seven", "x", CompileMode::expression, errors);
  REQUIRE(function != nullptr);
  const vm::Result result = vm::VM::call(Value::object(vm::Closure::make(function)), nullptr, 0);
  REQUIRE(result.status == vm::Status::ok);
  CHECK(result.value == Value::number(7));
}

TEST_CASE("A class template has the fields that its methods set on this") {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string errors;
  const vm::Function* const script = vm::compile(
      vm.main_module(),
      "class A { init(o) { this.x = 1; this.y = this.x; o.no = 2; this.x = 3; (this).z = this.w = 4; }\n"
      " m() { fun g() { this.inner = 5; } class B { n() { this.other = 6; } } this.a.b = 7; } }",
      "x", CompileMode::program, errors);
  REQUIRE(script != nullptr);
  const vm::ClassTemplate* const plan = template_of(script);
  REQUIRE(plan != nullptr);
  CHECK(plan->name == vm::intern("A"));
  CHECK(plan->method_count == 2);
  std::vector<std::string> fields;
  for (std::uint32_t i = 0; i < plan->field_count; ++i) fields.emplace_back(plan->fields[i]->view());
  CHECK(fields == std::vector<std::string>{"x", "y", "w", "z", "inner"});
}

TEST_CASE("Numbers of any length") {
  const std::string zeros(400, '0');
  CHECK(test::run_output("print 1" + zeros + "; print 0." + zeros + "1; print 000" + zeros + "7; print -1" +
                         zeros + ".5;") == "inf\n0\n7\n-inf\n");
  CHECK(test::run_output("print 0.1; print 1.50; print 123456789012345678;") ==
        "0.1\n1.5\n123456789012345680\n");
}

TEST_CASE("Small stacks bound the nesting, too") {
  // Threads of the system's smallest usable size: the compiler must notice before the stack ends.
  std::string errors[2];
  const std::string sources[2] = {test::repeat("(", 50'000), test::repeat("{ fun f() {", 50'000)};
  for (int i = 0; i < 2; ++i) {
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, 384 * 1024) == 0);
    struct Work {
      const std::string* source;
      std::string* errors;
    } work{&sources[i], &errors[i]};
    pthread_t thread;
    const auto body = [](void* argument) -> void* {
      const auto* const w = static_cast<Work*>(argument);
      *w->errors = test::compile_errors(*w->source);
      return nullptr;
    };
    REQUIRE(pthread_create(&thread, &attributes, body, &work) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    CHECK(errors[i].find("Code is nested too deeply.") != std::string::npos);
    CHECK(errors[i].find('\n') == std::string::npos);
  }
}

TEST_CASE("What the compiler holds survives collections while it works") {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string source;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    source += "fun f" + n + "() { fun g() { return \"text " + n + "\" + \"" + n +
              "\"; } return g(); } if (f" + n + "() != \"text " + n + n + "\") print " + n + ";\n";
  }
  std::string printed;
  {
    const std::jthread collector([](std::stop_token stop) {
      const gc::ThreadScope registration;
      while (!stop.stop_requested()) gc::collect();
    });
    for (int round = 0; round < 3; ++round) printed += test::run_output(source);
  }
  CHECK(printed.empty());
}

TEST_CASE("Many threads compile at once for one VM") {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&vm, &good] {
        const vm::ThreadScope inner;
        for (int i = 0; i < 50; ++i) {
          std::string errors;
          const std::string source = "var shared" + std::to_string(i) + " = 1; fun f() { return shared0; }";
          const vm::Function* const f =
              vm::compile(vm.main_module(), source, "x", CompileMode::program, errors);
          if (f != nullptr && f->global(0) == vm.main_module().cell(vm::intern("shared" + std::to_string(i))))
            ++good;
        }
      });
    }
  }
  CHECK(good == 200);
}
