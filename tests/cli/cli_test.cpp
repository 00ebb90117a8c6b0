// SPDX-License-Identifier: BSD-3-Clause
// The program as a user meets it: options, exit codes, standard input, files that aren't there.
#include <chrono>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/heap_snapshot.hpp"

namespace {

using interlox::test::Ending;
using interlox::test::interlox_with;
using interlox::test::ProcessOptions;
using interlox::test::ProcessResult;
using interlox::test::run_process;
using interlox::test::TemporaryFile;

void check(const ProcessResult& got, int code, const std::string& out, const std::string& err) {
  CHECK(got.ending == Ending::kExited);
  CHECK(got.code == code);
  CHECK(got.output == out);
  CHECK(got.errors == err);
}

}  // namespace

TEST_CASE("-e runs source, several in one VM") {
  check(interlox_with({"-e", "print 1 + 2;"}), 0, "3\n", "");
  check(interlox_with({"-e", "var a = 4;", "-e", "print a;"}), 0, "4\n", "");
}

TEST_CASE("- reads the program from standard input") {
  check(interlox_with({"-"}, "print \"from\nstdin\";"), 0, "from\nstdin\n", "");
  check(interlox_with({"-"}, ""), 0, "", "");
}

TEST_CASE("a file is run, and errors have their exit codes") {
  const TemporaryFile good("good.lox", "print \"hello\";\n");
  const TemporaryFile broken("broken.lox", "print 1;\nvar = 2;\n");
  const TemporaryFile wrong("wrong.lox", "print \"before\";\nfun f() { return -\"a\"; }\nf();\n");
  check(interlox_with({good.path(), "--help"}), 0, "hello\n", "");
  check(interlox_with({broken.path()}), 65, "",
        broken.path() + ":2:5: [line 2] Error at '=': Expect variable name.\n");
  check(interlox_with({wrong.path()}), 70, "before\n",
        "Operand must be a number.\n[line 2] in f()\n[line 3] in script\n");
}

TEST_CASE("a file that can't be read is exit code 74") {
  check(interlox_with({"/nonexistent/x.lox"}), 74, "",
        "interlox: cannot read '/nonexistent/x.lox': No such file or directory\n");
  check(interlox_with({"/"}), 74, "", "interlox: cannot read '/': Is a directory\n");
  CHECK(interlox_with({"lua", "/nonexistent/x.lua"}).code == 74);
}

TEST_CASE("wrong options are exit code 64 and say what is wrong") {
  const ProcessResult got = interlox_with({"--bogus"});
  check(got, 64, "", "interlox: unknown option '--bogus'\nTry 'interlox --help'.\n");
  CHECK(interlox_with({"--max-heap=", "x"}).code == 64);
}

TEST_CASE("--help and --version") {
  const ProcessResult help = interlox_with({"--help"});
  CHECK(help.code == 0);
  CHECK(help.output.find("usage: interlox") == 0);
  const ProcessResult version = interlox_with({"--version"});
  CHECK(version.code == 0);
  CHECK(version.output.find("interlox ") == 0);
}

TEST_CASE("without arguments lines are read, run, and errors survived") {
  const std::string input =
      "var a = 1;\nprint a +\n1;\nprint -nil;\nfun f() {\n  return 7;\n}\nprint f();\nvar 1;\nprint a;\n";
  check(interlox_with({}, input), 0, "2\n7\n1\n",
        "Operand must be a number.\n[line 1] in script\n[line 1] Error at '1': Expect variable name.\n");
  check(interlox_with({"-i", "-e", "var b = 5;"}, "print b;\nprint b"), 0, "5\n",
        "[line 1] Error at end: Expect ';' after value.\n");
}

TEST_CASE("--dump shows the tokens, the code or the symbols instead of running") {
  const ProcessResult tokens = interlox_with({"--dump=tokens", "-e", "print answer;"});
  CHECK(tokens.code == 0);
  CHECK(tokens.output.find("answer") != std::string::npos);
  const ProcessResult code =
      interlox_with({"--dump=bytecode", "-e", "fun f(n) { return n + 1; } print f(2);"});
  CHECK(code.code == 0);
  for (const char* part : {"add_k", "return_value", "make_closure", "call", "print", "f"}) {
    INFO(part);
    CHECK(code.output.find(part) != std::string::npos);
  }
  CHECK(interlox_with({"--dump=bytecode", "-e", "print"}).code == 65);
  const ProcessResult symbols = interlox_with({"--dump=symbols", "-e", "var rarely_seen = 1;"});
  CHECK(symbols.code == 0);
  CHECK(symbols.output.find("rarely_seen\n") != std::string::npos);
  CHECK(symbols.output.find("clock\n") != std::string::npos);
  CHECK(symbols.output.find(" symbols, ") != std::string::npos);
}

TEST_CASE("running out of heap is a run-time error") {
  const std::string source =
      "class Node { init(next) { this.next = next; } } var list = nil; while (true) list = Node(list);";
  const ProcessResult got = interlox_with({"--max-heap=24m", "--initial-heap=8m", "-e", source});
  check(got, 70, "", "Out of memory.\n[line 1] in script\n");
}

TEST_CASE("a small program survives a collection at every allocation") {
  const std::string source =
      "class A { init(n) { this.n = n; } get() { fun inner() { return this.n; } return inner; } }"
      "var s = \"\"; for (var i = 0; i < 20; i = i + 1) { s = s + \"x\"; var a = A(i); if (a.get()() != i) "
      "print i; } print s;";
  check(interlox_with({"--gc-stress", "-e", source}), 0, "xxxxxxxxxxxxxxxxxxxx\n", "");
}

TEST_CASE("Ctrl-C flushes what was printed and ends with 130") {
  // "started" is seen when the buffer first overflows; "end of output" is still in the buffer
  // a moment later. How long a moment is depends on the machine, hence the second chances.
  const std::string source =
      "print \"started\"; var s = \"0123456789abcdef\"; for (var i = 0; i < 12; i = i + 1) s = s + s;"
      "print s; print s; print \"end of output\"; while (true) {}";
  ProcessResult got;
  for (const int delay : {200, 2000, 10000}) {
    ProcessOptions options;
    options.interrupt_on = "started";
    options.interrupt_delay = std::chrono::milliseconds(delay);
    got = run_process({INTERLOX_PROGRAM, "-e", source}, options);
    if (got.output.find("end of output\n") != std::string::npos) break;
  }
  CHECK(got.ending == Ending::kExited);
  CHECK(got.code == 130);
  CHECK(got.output.find("end of output\n") != std::string::npos);
  CHECK(got.errors.empty());
}

TEST_CASE("Ctrl-C and the end of the script end the process, whatever its threads do") {
  // One computes, one allocates, one prints, one waits for a channel, one for a lock, one sleeps.
  const std::string threads = R"(
    import "time";
    var never = Channel();
    var mutex = Mutex();
    mutex.lock();
    var ready = Channel();
    fun start(f) { spawn(fun () { ready.send(true); f(); }); }
    start(fun () { while (true) {} });
    start(fun () { var list = []; while (true) list = [list.length]; });
    start(fun () { while (true) print ""; });
    start(fun () { never.receive(); });
    start(fun () { mutex.lock(); });
    start(fun () { time.sleep(1000); });
    for (var i in 0..6) ready.receive();
  )";
  for (const bool waits : {false, true}) {
    ProcessOptions options;
    options.interrupt_on = "\n";
    options.interrupt_delay = std::chrono::milliseconds(100);
    const ProcessResult got = run_process(
        {INTERLOX_PROGRAM, "-e", threads + (waits ? "never.receive();" : "while (true) {}")}, options);
    CHECK(got.ending == Ending::kExited);
    CHECK(got.code == 130);
    CHECK(got.errors.empty());
  }
  const ProcessResult got = interlox_with({"-e", threads + "print \"end\";"});
  CHECK(got.code == 0);
  CHECK(got.output.find("end\n") != std::string::npos);
  CHECK(got.errors.empty());
  CHECK(interlox_with({"-e", threads + "import \"os\"; spawn(fun () { os.exit(3); }).join();"}).code == 3);
  CHECK(interlox_with({"-e", threads + "nil();"}).code == 70);
}

TEST_CASE("a thread that runs out of memory can catch that, and the others go on") {
  const std::string source = R"(
    class Node { init(next) { this.next = next; } }
    fun fill() { var list; try { while (true) list = Node(list); } catch (e) { list = nil; return e.message; } }
    fun fail() { var list; while (true) list = Node(list); }
    fun work() { var sum = 0; for (var i in 0..200000) sum += [i][0]; return sum; }
    var threads = [spawn(fill), spawn(work), spawn(fill)];
    for (var t in threads) print t.join();
    try { spawn(fail).join(); } catch (e) { print e.message; }
    print work();
    spawn(fail).join();
  )";
  const ProcessResult got = interlox_with({"--max-heap=48m", "--initial-heap=8m", "-e", source});
  CHECK(got.code == 70);
  CHECK(got.output == "Out of memory.\n19999900000\nOut of memory.\nOut of memory.\n19999900000\n");
  CHECK(got.errors == "Out of memory.\n[line 4] in fail()\n[line 10] in script\n");
}

TEST_CASE("how deep the calls of each thread may go can be told") {
  const std::string source =
      "fun depth(n) { try { return depth(n + 1); } catch (e) { return n; } }"
      "print spawn(depth, 0).join() > DEPTH; print depth(0) > DEPTH;";
  const auto with = [&](const std::string& depth) {
    std::string text = source;
    for (std::size_t at = 0; (at = text.find("DEPTH")) != std::string::npos;) text.replace(at, 5, depth);
    return text;
  };
  check(interlox_with({"-e", with("10000")}), 0, "true\ntrue\n", "");
  check(interlox_with({"--stack-size=256k", "-e", with("150")}), 0, "true\ntrue\n", "");
  check(interlox_with({"--stack-size=256k", "-e", with("200")}), 0, "false\nfalse\n", "");
  check(interlox_with({"--stack-size=100m", "-e", with("50000")}), 0, "true\ntrue\n", "");
}

TEST_CASE("output that can't be written is reported") {
  const ProcessResult got =
      run_process({"/bin/sh", "-c", std::string(INTERLOX_PROGRAM) + " -e 'print 1;' > /dev/full"});
  CHECK(got.code == 74);
  CHECK(got.errors == "interlox: cannot write to standard output: No space left on device\n");
}

TEST_CASE("--heap-snapshot shows what a program has at its end, however it ends") {
  const TemporaryFile file("end.heapsnapshot", "");
  const std::string option = "--heap-snapshot=" + file.path();
  const auto kept = [&file] {
    const interlox::test::Snapshot snapshot = interlox::test::read_snapshot(file.path());
    CHECK(snapshot.faults == std::vector<std::string>{});
    return snapshot.what({"kept", "0"});
  };
  check(interlox_with({option, "-e", "var kept = [`a${1}`];"}), 0, "", "");
  CHECK(kept() == "string a1");
  check(interlox_with({option, "-e", "var kept = [`b${1}`]; nil.x;"}), 70, "",
        "Only instances have properties.\n[line 1] in script\n");
  CHECK(kept() == "string b1");
  check(interlox_with({option, "-e", "import \"os\"; var kept = [`c${1}`]; fun f() { os.exit(3); } f();"}), 3,
        "", "");
  CHECK(kept() == "string c1");
  const TemporaryFile script("kept.lua", "require('interlox.vm').run('var kept = [`d${1}`];')");
  check(interlox_with({option, "lua", script.path()}), 0, "", "");
  CHECK(kept() == "string d1");
  const TemporaryFile exits("exits.lua", "require('interlox.vm').run('var kept = [`e${1}`];') os.exit(4)");
  check(interlox_with({option, "lua", exits.path()}), 4, "", "");
  CHECK(kept() == "string e1");
}

TEST_CASE("a heap snapshot that can't be written is exit code 74, unless the program has failed") {
  const std::string error =
      "interlox: cannot write heap snapshot '/nonexistent/x': No such file or directory\n";
  check(interlox_with({"--heap-snapshot=/nonexistent/x", "-e", "print 1;"}), 74, "1\n", error);
  check(interlox_with({"--heap-snapshot=/nonexistent/x", "-e", "import \"os\"; os.exit(3);"}), 3, "", error);
  check(interlox_with({"--heap-snapshot=/dev/full", "-e", "print 1;"}), 74, "1\n",
        "interlox: cannot write heap snapshot '/dev/full': No space left on device\n");
}
