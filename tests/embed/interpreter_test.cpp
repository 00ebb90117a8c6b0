// SPDX-License-Identifier: BSD-3-Clause
// Running programs from a host: results, errors, output, threads, several interpreters.
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/catch.hpp"
#include "vm/embed/interlox.hpp"

using interlox::Arguments;
using interlox::Interpreter;
using interlox::Misuse;
using interlox::Options;
using interlox::Result;
using interlox::Status;
using interlox::ThreadScope;
using interlox::Type;
using interlox::Value;

namespace {

/// The message of the Misuse that f() throws, or "".
template <class F>
std::string misuse_of(F f) {
  try {
    f();
  } catch (const Misuse& misuse) {
    return misuse.what();
  }
  return "";
}

Options into(std::string& text) {
  Options options;
  options.output = [&text](std::string_view part) { text += part; };
  return options;
}

}  // namespace

// First, while there is none.
TEST_CASE("the first interpreter is made on the main thread") {
  CHECK(misuse_of([] { ThreadScope scope; }) ==
        "interlox::ThreadScope: there has been no interlox::Interpreter yet");
  std::thread([] {
    CHECK(misuse_of([] { Interpreter none; }) ==
          "interlox::Interpreter: the first one must be made on the main thread");
  }).join();
  CHECK(misuse_of([] {
          Options options;
          options.collector = interlox::Collector::already_initialized;
          Interpreter none(options);
        }) == "interlox::Interpreter: the collector is not started yet: call GC_INIT first");
  CHECK(misuse_of([] { Value("text"); }) ==
        "interlox::Value: the calling thread has no interlox::ThreadScope");
  Interpreter first;
  CHECK(first.eval("6 * 7").value() == 42);
}

TEST_CASE("source runs, and globals stay") {
  std::string printed;
  Interpreter interpreter(into(printed));
  CHECK(interpreter.run("var a = 1; fun f(n) { return a + n; } print \"one\";").ok());
  CHECK(interpreter.run("print f(2);").value().is_nil());
  CHECK(printed == "one\n3\n");
  CHECK(interpreter.eval("f(10)").value().as_number() == 11);
  CHECK(interpreter.call_global("f", {5}).value() == 6.0);
  interpreter.set_global("a", "x");
  CHECK(interpreter.call_global("f", {"y"}).value().as_string() == "xy");
  CHECK(interpreter.global("a").value() == "x");
  CHECK_FALSE(interpreter.global("b").has_value());
  CHECK(interpreter.global("clock").value().is_callable());
  CHECK(interpreter.call(interpreter.global("f").value(), {"z"}).value() == "xz");
}

TEST_CASE("errors are values, with their places") {
  Interpreter interpreter;
  const Result compiled = interpreter.run("print 1;\nvar = 2;\nvar 3;", "a.lox");
  REQUIRE(compiled.status() == Status::compile_error);
  CHECK(compiled.error().text ==
        "a.lox:2:5: [line 2] Error at '=': Expect variable name.\n"
        "a.lox:3:5: [line 3] Error at '3': Expect variable name.");
  CHECK(compiled.error().message == "[line 2] Error at '=': Expect variable name.");
  REQUIRE(compiled.error().problems.size() == 2);
  CHECK(compiled.error().problems[1].file == "a.lox");
  CHECK(compiled.error().problems[1].line == 3);
  CHECK(compiled.error().problems[1].column == 5);

  const Result ran = interpreter.run("fun f() {\n  return -\"x\";\n}\nf();", "b.lox");
  REQUIRE(ran.status() == Status::runtime_error);
  CHECK(ran.error().message == "Operand must be a number.");
  CHECK(ran.error().text == "Operand must be a number.\n[line 2] in f()\n[line 4] in script");
  REQUIRE(ran.error().trace.size() == 2);
  CHECK(ran.error().trace[0].function == "f");
  CHECK(ran.error().trace[0].line == 2);
  CHECK(ran.error().trace[1].file == "b.lox");
  CHECK_THROWS_AS(ran.value(), interlox::ScriptError);
  CHECK(misuse_of([&] { static_cast<void>(interpreter.run("").error()); }) ==
        "interlox::Result::error: there was no error");

  CHECK(interpreter.run("var value = 1; valeu;").error().hint == "did you mean 'value'?");
  CHECK(interpreter.run("throw [1, \"two\"];").error().message == "[1, \"two\"]");
  CHECK(interpreter.run("throw Error(\"with\\nlines\");").error().trace.size() == 1);
  CHECK(interpreter.call_global("nothing").error().text == "Undefined variable 'nothing'.");
  CHECK(interpreter.call(3).error().message == "Can only call functions and classes.");
  CHECK(interpreter.eval("1;").status() == Status::compile_error);
}

TEST_CASE("a file runs under its name") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("interlox_embed_" + std::to_string(getpid()));
  fs::create_directory(folder);
  std::ofstream(folder / "module.lox") << "fun double(n) { return 2 * n; }\n";
  std::ofstream(folder / "main.lox") << "import \"module\";\nvar got = module.double(21);\nnil();\n";
  Interpreter interpreter;
  const Result ran = interpreter.run_file((folder / "main.lox").string());
  CHECK(interpreter.global("got").value() == 42);
  CHECK(ran.error().trace.at(0).file == (folder / "main.lox").string());
  CHECK(ran.error().trace.at(0).line == 3);
  const Result missing = interpreter.run_file((folder / "none.lox").string());
  CHECK(missing.status() == Status::unreadable);
  CHECK(missing.error().message ==
        "cannot read '" + (folder / "none.lox").string() + "': No such file or directory");
  fs::remove_all(folder);
}

TEST_CASE("two interpreters keep their globals and their output apart, and share values") {
  std::string a_printed;
  std::string b_printed;
  Interpreter a(into(a_printed));
  Interpreter b(into(b_printed));
  a.run("var x = \"a\"; var list = [1];");
  b.run("var x = \"b\";");
  b.set_global("list", a.global("list").value());
  b.run("list.add(x); print list;");
  a.run("print list;");
  CHECK(a_printed == "[1, \"b\"]\n");
  CHECK(b_printed == a_printed);
  // One calls the other: what each prints stays its own.
  a.define("in_b", 1, [&b](Arguments in) { b.run(in[0].string_view()).value(); });
  CHECK(a.run("print 1; in_b(\"print 2;\"); print 3;").ok());
  CHECK(a_printed == "[1, \"b\"]\n1\n3\n");
  CHECK(b_printed == "[1, \"b\"]\n2\n");
  CHECK(a.run("in_b(\"var x = ;\");").error().message == "[line 1] Error at ';': Expect expression.");
}

TEST_CASE("values outlive their interpreter") {
  Value count;
  {
    Interpreter gone;
    gone.run("var n = 0; fun count() { n = n + 1; return [n]; }");
    count = gone.global("count").value();
  }
  Interpreter::collect();
  Interpreter other;
  other.call(count).value();
  CHECK(other.call(count).value().elements().at(0) == 2);
}

TEST_CASE("threads need a scope, and then share an interpreter") {
  Interpreter interpreter;
  interpreter.run("fun square(n) { return n * n; }");
  const Value square = interpreter.global("square").value();
  std::vector<std::thread> threads;
  std::vector<double> sums(4);
  std::vector<std::string> refused(4);  // checked later: the checks are for one thread
  for (std::size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([&, i] {
      refused[i] = misuse_of([&] { interpreter.run(""); }) + '\n' + misuse_of([] { Value::list(); });
      const Value copy = square;
      if (copy.type() != Type::function) return;
      const ThreadScope scope;
      const ThreadScope inner;
      for (int n = 0; n < 300; ++n) sums[i] += interpreter.call(copy, {n}).value().as_number();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double sum : sums) CHECK(sum == 8955050);
  for (const std::string& text : refused) {
    CHECK(text ==
          "interlox::Interpreter::run: the calling thread has no interlox::ThreadScope\n"
          "interlox::Value::list: the calling thread has no interlox::ThreadScope");
  }
}

TEST_CASE("an interpreter may be made on one thread and end on another") {
  std::optional<Interpreter> made;
  Value list;
  std::thread([&] {
    made.emplace();
    made->run("var list = [\"from\" + \" there\"];");
    list = made->global("list").value();
  }).join();
  Interpreter::collect();
  CHECK(made->eval("list[0]").value() == "from there");
  made.reset();
  Interpreter::collect();
  CHECK(list.element(0).value() == "from there");
}

TEST_CASE("an interpreter goes on after it ran out of stack") {
  Interpreter interpreter;
  int depth = 0;
  interpreter.define("again", 1, [&](Arguments in) {
    ++depth;
    return interpreter.call(in[0], {in[0]}).value();
  });
  interpreter.run("fun deeper(f) { return again(f); } fun endless() { return 1 + endless(); }");
  CHECK(interpreter.call_global("deeper", {interpreter.global("deeper").value()}).error().message ==
        "Stack overflow.");
  CHECK(depth > 100);
  CHECK(interpreter.eval("endless()").error().message == "Stack overflow.");
  CHECK(interpreter.eval("1 + 1").value() == 2);
}

TEST_CASE("an interpreter may be moved") {
  Interpreter from;
  from.set_global("x", 1);
  Interpreter to = std::move(from);
  CHECK(to.eval("x").value() == 1);
  CHECK(misuse_of([&] { from.eval("x"); }) ==
        "interlox::Interpreter::eval: the interpreter has been moved from");
}

TEST_CASE("errors that reach nobody go to the host") {
  std::string reported;
  Options options;
  options.report = [&reported](std::string_view text) { reported += text; };
  Interpreter interpreter(options);
  interpreter.run("fun fail(x) { nil(); } fun go() { onCollect([], fail, 1); } go(); var a = [[[]]];");
  for (int i = 0; i < 5 && reported.empty(); ++i) {
    interpreter.run("fun deep(n) { if (n > 0) deep(n - 1); } deep(100);");
    Interpreter::collect();
  }
  CHECK(reported.find("Can only call functions and classes.") != std::string::npos);
}
