// SPDX-License-Identifier: BSD-3-Clause
#include "vm/interpreter.hpp"
#include "vm/repl.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/catch.hpp"
#include "vm/class.hpp"
#include "vm/completion.hpp"
#include "vm/list.hpp"
#include "vm/native_class.hpp"
#include "vm/repl_commands.hpp"
#include "vm/thread.hpp"

using namespace interlox;
using Strings = std::vector<std::string>;

namespace {

/// Lines from a list; "^C" takes back what was typed.
class ScriptedLines final : public vm::LineSource {
 public:
  explicit ScriptedLines(Strings lines) : lines_(lines.begin(), lines.end()) {}
  Outcome read(std::string_view prompt, std::string& line) override {
    prompts += prompt;
    if (lines_.empty()) return Outcome::end;
    line = lines_.front();
    lines_.pop_front();
    return line == "^C" ? Outcome::cancelled : Outcome::line;
  }
  void running(bool now) override { runs += now ? "(" : ")"; }

  std::string prompts;
  std::string runs;

 private:
  std::deque<std::string> lines_;
};

struct Session {
  std::string output;
  std::string errors;
  std::string prompts;
  std::string runs;
};

/// What typing these lines shows.
Session type(Strings lines, vm::ReplOptions options = {}) {
  const vm::ThreadScope scope;
  const auto output = std::make_shared<vm::CapturedOutput>();
  const std::shared_ptr<vm::Output> before = vm::Thread::current().shared_output();
  vm::Thread::current().set_output(output);
  std::ostringstream errors;
  std::streambuf* const errors_before = std::cerr.rdbuf(errors.rdbuf());
  vm::VM machine;
  ScriptedLines source(std::move(lines));
  vm::repl(machine, source, options);
  std::cerr.rdbuf(errors_before);
  vm::Thread::current().set_output(before);
  return {output->text(), errors.str(), source.prompts, source.runs};
}

}  // namespace

TEST_CASE("the value of an expression is shown, that of a statement is not") {
  CHECK(type({"1 + 2", "\"text\"", "nil", "var a = 5;", "a", "a = 6", "a;", "print a;", "true"}).output ==
        "3\ntext\n5\n6\n6\ntrue\n");
}

TEST_CASE("input that is not complete goes on") {
  const Session got = type({"fun f() {", "  return 7;", "}", "f()", "print", "f();"});
  CHECK(got.output == "7\n7\n");
  CHECK(got.errors.empty());
  CHECK(got.prompts == "> ... ... > > ... > ");
  CHECK(got.runs == "()()()");
}

TEST_CASE("an empty line ends what is not complete, and is nothing by itself") {
  const Session got = type({"", "   ", "print 1", "", "print 2;"});
  CHECK(got.output == "2\n");
  CHECK(got.errors == "[line 2] Error at end: Expect ';' after value.\n");
  CHECK(got.prompts == "> > > ... > > ");
}

TEST_CASE("an empty line belongs to a string that is open") {
  const Session got = type({"print \"a", "", "b\";"});
  CHECK(got.output == "a\n\nb\n");
  CHECK(got.errors.empty());
}

TEST_CASE("several open blocks are one input") {
  CHECK(type({"{ if (true) { print", "1", "; } }"}).output == "1\n");
  const Session got = type({"{ print 1 1; "});
  CHECK(got.errors.find("[line 1] Error at '1'") == 0);
}

TEST_CASE("the end of the lines ends what is not complete") {
  CHECK(type({"print 1"}).errors == "[line 1] Error at end: Expect ';' after value.\n");
}

TEST_CASE("what was typed can be taken back") {
  const Session got = type({"fun f() {", "^C", "1"});
  CHECK(got.output == "1\n");
  CHECK(got.errors.empty());
}

TEST_CASE("errors are shown and survived, with excerpts if they are wanted") {
  const Session plain = type({"-nil", "var 1;", "2"});
  CHECK(plain.output == "2\n");
  CHECK(plain.errors ==
        "Operand must be a number.\n[line 1] in script\n[line 1] Error at '1': Expect variable name.\n");
  vm::ReplOptions options;
  options.style.rich = true;
  CHECK(
      type({"fun f() { nil(); }", "f();"}, options).errors ==
      "Can only call functions and classes.\n[line 1] in f()\n[line 1] in script\n   1 | f();\n     |   ^\n");
}

TEST_CASE("commands to the loop") {
  CHECK(type({":quit", "1"}).output.empty());
  CHECK(type({":help"}).output.find(":time CODE") != std::string::npos);
  CHECK(type({":nonsense 1"}).errors == "There is no command ':nonsense'; try :help.\n");
  CHECK(type({":gc"}).output.find("heap_bytes ") != std::string::npos);
  const std::string timed = type({":time 1 + 1"}).output;
  CHECK(timed.find("2\n") == 0);
  CHECK(timed.find(" ms\n") != std::string::npos);
  CHECK(type({":time"}).errors == "':time' needs code.\n");
  CHECK(type({":time 1 +"}).errors == "[line 1] Error at end: Expect expression.\n");
}

TEST_CASE(":dis shows the code of a name, or of what is typed") {
  const Session got = type({"fun f(a) { return a; }", ":dis f", ":dis 1 + f"});
  CHECK(got.output.find("== f, arity 1") == 0);
  CHECK(got.output.find("== (script), ") != std::string::npos);
  const std::string methods =
      type({"class A { m() {} init() {} }", "var bound = A().m;", ":dis A", ":dis bound"}).output;
  const std::size_t init = methods.find("== init");
  const std::size_t first = methods.find("== m");
  CHECK(init != std::string::npos);
  CHECK(first > init);
  CHECK(methods.find("== m", first + 1) != std::string::npos);
  CHECK(type({":dis"}).errors == "':dis' needs a name or code.\n");
  CHECK(type({":dis 1 +"}).errors == "[line 1] Error at end: Expect expression.\n");
}

TEST_CASE("names are completed to globals and keywords") {
  const vm::ThreadScope scope;
  vm::VM machine;
  REQUIRE(machine.run("var print_all = 1; var printer = 2; fun missing() { return prune; }").status ==
          vm::Status::ok);
  const vm::Completion found = vm::complete(machine, "var a = pri");
  CHECK(found.words == Strings{"print", "print_all", "printer"});
  CHECK(found.begin == 8);
  CHECK(found.common() == "print");
  CHECK(vm::complete(machine, "pru").words.empty());  // mentioned, but not defined
  CHECK(vm::complete(machine, "12p").words.empty());
  CHECK(vm::complete(machine, "wh").words == Strings{"while"});
  CHECK(vm::complete(machine, "").words.size() > 16);
  CHECK(vm::complete(machine, "zz").common().empty());
}

TEST_CASE("members are completed after a dot") {
  const vm::ThreadScope scope;
  vm::VM machine;
  REQUIRE(
      machine
          .run("class Base { area() {} } class Shape < Base { init() { this.width = 1; this.self = this; }"
               " unset() { this.never = 1; } } var s = Shape(); class Bag {} var b = Bag(); b.s = s;")
          .status == vm::Status::ok);
  CHECK(vm::complete(machine, "print s.").words == Strings{"area", "init", "self", "unset", "width"});
  CHECK(vm::complete(machine, "s.wi").words == Strings{"width"});
  CHECK(vm::complete(machine, "b.s.self.ar").words == Strings{"area"});
  CHECK(vm::complete(machine, "b.s.none.").words.empty());
  CHECK(vm::complete(machine, "f().").words.empty());
  CHECK(vm::complete(machine, "1.").words.empty());
  CHECK(vm::complete(machine, ".").words.empty());
  CHECK(vm::complete(machine, "Shape.a").words.empty());  // its methods are its instances'
}

TEST_CASE("commands are completed") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK(vm::complete_input(machine, ":h").words == Strings{":help"});
  CHECK(vm::complete_input(machine, ":").words.size() == 5);
  CHECK(vm::complete_input(machine, ":time whi").words == Strings{"while"});
}

TEST_CASE("a thread that is asked to stop fails at its next call, once") {
  const vm::ThreadScope scope;
  vm::Thread& thread = vm::Thread::current();
  vm::VM machine;
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> over{false};
    std::thread asker([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      while (!over.load()) {
        vm::request_interrupt(thread);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    const vm::Result result = machine.run("fun g() {}\nfun f() {\n  while (true) {}\n}\ntry { f(); } finally { g(); }");
    over = true;
    asker.join();
    vm::take_interrupt(thread);
    CHECK(result.error == "Interrupted.\n[line 3] in f()\n[line 5] in script");
    CHECK(machine.eval("f").status == vm::Status::ok);
  }
  CHECK(vm::request_interrupt(thread));
  CHECK_FALSE(vm::request_interrupt(thread));
  CHECK(vm::take_interrupt(thread));
  CHECK_FALSE(vm::take_interrupt(thread));
  CHECK(machine.run("fun h(n) { if (n > 0) h(n - 1); } h(5000);").status == vm::Status::ok);
  CHECK(machine.run("fun deep() { deep(); } deep();").error.find("Stack overflow.\n") == 0);
}
