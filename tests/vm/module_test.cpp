// SPDX-License-Identifier: BSD-3-Clause
// Modules: what they share, how they are found, loaded once, waited for.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "vm/compiler.hpp"
#include "vm/import.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread_state.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using namespace std::chrono_literals;
using vm::Arguments;
using vm::Result;
using vm::Value;

namespace {

namespace fs = std::filesystem;

/// Where the native import() finds who has called it.
const vm::Function& caller(vm::Thread& thread) { return *thread.state().frame()->closure->function; }

/// import(path): what the statement will do.
Value import_native(const Arguments& in) {
  const vm::String* const path = in.string(0, "path");
  if (path == nullptr) return Value::absent();
  return vm::import_module(in.thread(), caller(in.thread()), path->view());
}

std::atomic<int> counter{0};
std::atomic<int> waiting_at_gate{0};
std::atomic<bool> gate_is_open{false};

Value count(const Arguments& /*in*/) { return Value::number(++counter); }

/// Holds whoever loads a module until the test lets go.
Value wait_at_gate(const Arguments& /*in*/) {
  ++waiting_at_gate;
  while (!gate_is_open) std::this_thread::sleep_for(1ms);
  return Value::nil();
}

/// Comes back when `count` threads have come here.
Value meet(const Arguments& in) {
  ++waiting_at_gate;
  while (waiting_at_gate < in[0].as_number()) std::this_thread::sleep_for(1ms);
  return Value::nil();
}

constexpr vm::NativeMember kSums[] = {
    vm::method("twice", 1,
               [](const Arguments& in) {
                 const auto n = in.number(0, "argument");
                 return n ? Value::number(2 * *n) : Value::absent();
               }),
    vm::property("three", [](const Arguments&) { return Value::number(3); }),
};

constexpr vm::StandardModule kStandard[] = {
    {"sums", kSums, "fun sextuple(n) { return twice(n) * three; }"},
    {"more", {}, "var sums = import(\"sums\"); fun seven() { return sums.sextuple(1) + 1; }"},
    {"rash", {}, "import(\"local\");"},
};

/// A VM, and a folder of its own with source files.
class Fixture {
 public:
  Fixture() : folder_(fs::temp_directory_path() / ("interlox_module_test_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    vm::Thread::current().set_output(output);
    counter = 0;
    waiting_at_gate = 0;
    gate_is_open = false;
    machine.define_native("import", 1, import_native);
    machine.define_native("count", 0, count);
    machine.define_native("wait", 0, wait_at_gate);
    machine.define_native("meet", 1, meet);
    machine.set_standard_modules(kStandard);
  }
  ~Fixture() {
    fs::remove_all(folder_);
    vm::Thread::current().set_output(vm::StandardOutput::instance());
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  std::string path(std::string_view name) const { return (folder_ / name).string(); }

  void write(std::string_view name, std::string_view text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  /// What a script main.lox in the folder prints, then its error.
  std::string run(std::string_view source, std::string_view name = "main.lox") {
    const std::size_t before = output->text().size();
    const Result result = machine.run(source, path(name));
    return output->text().substr(before) + result.error;
  }

  const vm::ThreadScope scope;
  const std::shared_ptr<vm::CapturedOutput> output = std::make_shared<vm::CapturedOutput>();
  vm::VM machine;

 private:
  fs::path folder_;
};

bool comes_true(const std::atomic<int>& number, int wanted) {
  for (int i = 0; i < 10'000 && number < wanted; ++i) std::this_thread::sleep_for(1ms);
  return number >= wanted;
}

/// A thread that runs `source` as the script of that name, and leaves what it says.
std::jthread start_script(Fixture& f, std::string source, std::string name, std::string& error) {
  return gc::start_thread([&f, &error, source = std::move(source), name = std::move(name)] {
    const vm::ThreadScope scope(f.output);
    error = f.machine.run(source, f.path(name)).error;
  });
}

}  // namespace

TEST_CASE("a module has globals of its own, and its members are read through it") {
  Fixture f;
  f.write("b.lox",
          "var x = 1; fun up() { x = x + 1; return x; } class C { m() { return x; } } print \"once\";");
  CHECK(f.run("var x = 10; var b = import(\"b\"); print b; print b.x; print b.up(); print b.x; print x;"
              "print b.C().m(); var up = b.up; print up(); print import(\"b\") == b;") ==
        "once\n<Module b>\n1\n2\n2\n10\n2\n3\ntrue\n");
  CHECK(f.run("b.none;") == "Undefined property 'none'.\n[line 1] in script");
  CHECK(f.run("b.none();") == "Undefined property 'none'.\n[line 1] in script");
  CHECK(f.run("b.x();") == "Can only call functions and classes.\n[line 1] in script");
  CHECK(f.run("b.x = 1;") == "Only instances have fields.\n[line 1] in script");
  CHECK(f.run("b();") == "Can only call functions and classes.\n[line 1] in script");
}

TEST_CASE("builtins are seen by all modules, and belong to none that does not define them") {
  Fixture f;
  f.machine.define_builtin("one", Value::number(1));
  f.write("b.lox", "fun get() { return one; } var two = one + one;");
  f.write("own.lox", "var one = one; count = 5;");
  CHECK(f.run("one = 100; var b = import(\"b\"); print b.get(); print b.two; print one;") == "1\n2\n100\n");
  CHECK(f.run("b.one;").starts_with("Undefined property 'one'."));
  CHECK(f.run("var own = import(\"own\"); print own.one; print own.count; print count();") == "1\n5\n1\n");
  CHECK(f.run("own.meet;").starts_with("Undefined property 'meet'."));

  // A builtin that comes later fills what is undefined, and leaves alone what is not.
  CHECK(f.run("late;").starts_with("Undefined variable 'late'."));
  f.machine.define_builtin("late", Value::number(6));
  f.machine.define_builtin("one", Value::number(2));
  CHECK(f.run("print late; print one;") == "6\n100\n");
  CHECK(f.machine.global("late") == Value::number(6));
  CHECK_FALSE(f.machine.global("never"));
}

TEST_CASE("the names a program can use are listed once each") {
  Fixture f;
  f.machine.define_builtin("one", Value::number(1));
  f.machine.define_builtin("two", Value::number(2));
  CHECK(f.run("var x = 3; fun g() { return undefined + two; } one = 11;").empty());
  std::map<std::string, int> seen;
  f.machine.for_each_global([&](std::string_view name, Value value) {
    ++seen[std::string(name)];
    if (name == "one") CHECK(value == Value::number(11));
  });
  for (const char* const name : {"x", "g", "one", "two", "import"}) CHECK(seen[name] == 1);
  CHECK_FALSE(seen.contains("undefined"));
}

TEST_CASE("one file is one module however it is spelled") {
  Fixture f;
  f.write("lib/b.lox", "count(); var self = import(\"b\");");
  f.write("lib/c.lox", "var b = import(\"../lib/b.lox\");");
  fs::create_symlink("lib/b.lox", f.path("link.lox"));
  fs::create_directory_symlink("lib", f.path("dir"));
  CHECK(f.run("var b = import(\"lib/b\"); print import(\"lib/b.lox\") == b; print "
              "import(\"./lib//../lib/b\") == b;"
              "print import(\"link\") == b; print import(\"dir/b\") == b; print import(\"lib/c\").b == b;"
              "print b.self == b; print import(\"" +
              f.path("lib/b") + "\") == b;") == "true\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\n");
  CHECK(counter == 1);
  CHECK(vm::module_name("a/b.lox") == "b");
  CHECK(vm::module_name("b") == "b");
  CHECK(vm::module_name("a/").empty());
}

TEST_CASE("what is no file is not found, and what can't be read or compiled is not loaded") {
  Fixture f;
  f.write("broken.lox", "var 1;\nprint;");
  fs::create_directories(f.path("folder.lox"));
  for (const char* const name : {"no", "no/such", "folder", "", "x/", ".lox", "broken/x"}) {
    CHECK(f.run(std::string("import(\"") + name + "\");") ==
          std::string("Cannot find module '") + name + "'.\n[line 1] in script");
  }
  const std::string file = f.path("broken.lox");
  for (int i = 0; i < 2; ++i) {
    CHECK(f.run("import(\"broken\");") == file + ":1:5: [line 1] Error at '1': Expect variable name.\n" +
                                              file +
                                              ":2:6: [line 2] Error at ';': Expect expression.\n"
                                              "Cannot load module 'broken'.\n[line 1] in script");
  }
  if (::geteuid() == 0) return;  // may read everything
  f.write("secret.lox", "");
  fs::permissions(f.path("secret.lox"), fs::perms::none);
  CHECK(f.run("import(\"secret\");").ends_with("Cannot load module 'secret'.\n[line 1] in script"));
}

TEST_CASE(
    "a module that throws is not kept: its error goes to the importer, and the next import tries again") {
  Fixture f;
  f.write("bad.lox", "fun g() {\n  if (count() < 3) nil.x;\n}\ng();\nvar ok = 1;");
  for (int i = 0; i < 2; ++i) {
    CHECK(f.run("\nimport(\"bad\");") ==
          "Only instances have properties.\n[line 2] in g()\n[line 4] in script\n[line 2] in script");
  }
  CHECK(f.run("print import(\"bad\").ok;") == "1\n");
}

TEST_CASE("cycles see what is defined so far, the main script's among them") {
  Fixture f;
  f.write("a.lox", "var early = 1; var b = import(\"b\"); var late = b.seen + 1;");
  f.write("b.lox",
          "var a = import(\"a\"); var seen = a.early; fun late() { return a.late; } fun bad() { a.b.c; }");
  CHECK(f.run("var a = import(\"a\"); print a.late; print a.b.late();") == "2\n2\n");
  CHECK(f.run("a.b.bad();").starts_with("Undefined property 'c'."));
  f.write("main.lox", "print \"never\";");
  f.write("c.lox", "var main = import(\"main\"); print main; print main.first;");
  CHECK(f.run("var first = 4; var c = import(\"c\"); var main = import(\"main\"); print main.c == c;") ==
        "<Module main>\n4\ntrue\n");
}

TEST_CASE("standard modules: natives first, then source; files come before them, but not to them") {
  Fixture f;
  CHECK(f.run("var sums = import(\"sums\"); print sums.twice(4); print sums.three; print sums.sextuple(2);"
              "print import(\"sums.lox\") == sums; print import(\"more\").seven(); print sums;") ==
        "8\n3\n12\ntrue\n7\n<Module sums>\n");
  CHECK(f.run("sums.twice(nil);").starts_with("twice() argument must be a number, not nil."));
  CHECK(f.run("sums.twice();").starts_with("Expected 1 arguments but got 0."));
  f.write("local.lox", "");
  CHECK(f.run("import(\"rash\");").starts_with("Cannot find module 'local'."));
  f.write("sums.lox", "var mine = true;");
  CHECK(f.run("print import(\"sums\").mine; print import(\"more\").sums == sums;") == "true\ntrue\n");
  // A program that is called as a standard module is.
  CHECK(f.run("print import(\"sums\").three;", "sums.lox") == "3\n");
}

TEST_CASE("a source without a file imports from the current folder") {
  Fixture f;
  const fs::path before = fs::current_path();
  f.write("here.lox", "var x = 8;");
  fs::current_path(f.path("."));
  for (const char* const name : {"-e", "stdin", "repl", "script"}) {
    CHECK(f.machine.run("count() + import(\"here\").x;", name).error.empty());
  }
  fs::current_path(before);
  CHECK(counter == 4);
}

TEST_CASE("a thread waits for a module that another loads, and both get the same") {
  Fixture f;
  f.write("slow.lox", "wait(); count(); var x = 5;");
  std::string errors[3];
  {
    std::vector<std::jthread> threads;
    for (std::string& error : errors) {
      threads.push_back(start_script(f, "print import(\"slow\").x;", "main.lox", error));
    }
    CHECK(comes_true(waiting_at_gate, 1));
    std::this_thread::sleep_for(20ms);
    gc::collect();  // stops those who wait
    gate_is_open = true;
  }
  for (const std::string& error : errors) CHECK(error.empty());
  CHECK(counter == 1);
  CHECK(waiting_at_gate == 1);
  CHECK(f.output->text() == "5\n5\n5\n");
}

TEST_CASE("who waited for a module that fails tries again itself") {
  Fixture f;
  f.write("flaky.lox", "wait(); if (count() < 2) nil.x; var x = 5;");
  std::string errors[3];
  {
    std::vector<std::jthread> threads;
    for (std::string& error : errors) {
      threads.push_back(start_script(f, "print import(\"flaky\").x;", "main.lox", error));
    }
    CHECK(comes_true(waiting_at_gate, 1));
    std::this_thread::sleep_for(20ms);
    gate_is_open = true;
  }
  int failed = 0;
  for (const std::string& error : errors) failed += error.empty() ? 0 : 1;
  CHECK(failed == 1);
  CHECK(counter == 2);
  CHECK(f.output->text() == "5\n5\n");
}

TEST_CASE("threads that import each other's modules do not wait in a circle") {
  for (int round = 0; round < 20; ++round) {
    Fixture f;
    const int size = 2 + round % 3;
    std::vector<std::string> errors(static_cast<std::size_t>(size));
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < size; ++i) {
        const std::string own = "m" + std::to_string(i);
        const std::string next = "m" + std::to_string((i + 1) % size);
        // Each thread loads its own module, and all of them import the next one at the same time.
        f.write(own + ".lox", "var early = 1; meet(" + std::to_string(size) + "); var next = import(\"" +
                                  next + "\"); print next.early; var late = 2;");
        threads.push_back(start_script(f, "print import(\"" + own + "\").late;", "main.lox",
                                       errors[static_cast<std::size_t>(i)]));
      }
    }
    for (const std::string& error : errors) CHECK(error.empty());
    const std::string text = f.output->text();
    CHECK(std::count(text.begin(), text.end(), '1') == size);
    CHECK(std::count(text.begin(), text.end(), '2') == size);
  }
}

TEST_CASE("functions of a module outlive the VM, with the module's globals") {
  gc::RootVector<Value> kept;
  const vm::ThreadScope scope;
  {
    Fixture f;
    f.write("b.lox", "var base = 40; fun add(n) { return base + n + import(\"c\").one; }");
    f.write("c.lox", "var one = 1;");
    CHECK(f.run("import(\"b\").add(1);").empty());
    kept.push_back(f.machine.main_module()
                       .realm->modules.load(vm::intern(fs::canonical(f.path("b.lox")).native()))
                       .value_or(nullptr)
                       ->member(vm::intern("add")));
  }
  gc::collect();
  const Value two = Value::number(2);
  // The files are gone, too: so is what would be found by their names.
  CHECK(vm::VM::call(kept[0], &two, 1).error.starts_with("Cannot find module 'c'."));
}
