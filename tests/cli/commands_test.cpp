// SPDX-License-Identifier: BSD-3-Clause
// check, dis, test on Lox files, and how errors are shown.
#include <string>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"

namespace {

using interlox::test::interlox_with;
using interlox::test::ProcessResult;
using interlox::test::TemporaryFile;

void check(const ProcessResult& got, int code, const std::string& output, const std::string& errors) {
  INFO(got.error);
  CHECK(got.code == code);
  CHECK(got.output == output);
  CHECK(got.errors == errors);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("check shows the errors and warnings of all files and runs nothing") {
  const TemporaryFile good("good.lox", "print 1;\n");
  const TemporaryFile unused("unused.lox", "fun f() {\n  var x = 1;\n}\n");
  const TemporaryFile broken("broken.lox", "{ var y = 1; }\nprint\n");
  const std::string warning = unused.path() + ":2:7: [line 2] Warning: Unused local variable 'x'.\n";
  const std::string error = broken.path() + ":3:1: [line 3] Error at end: Expect expression.\n";
  check(interlox_with({"check", good.path()}), 0, "", "");
  check(interlox_with({"check", unused.path()}), 0, "", warning);
  check(interlox_with({"check", broken.path(), good.path(), unused.path()}), 65, "", error + warning);
  const std::string unreadable = "interlox: cannot read '/nonexistent.lox': No such file or directory\n";
  check(interlox_with({"check", "/nonexistent.lox", good.path()}), 74, "", unreadable);
  check(interlox_with({"check", "/nonexistent.lox", broken.path()}), 65, "", unreadable + error);
  check(interlox_with({"check", "-"}, "var 1;"), 65, "",
        "stdin:1:5: [line 1] Error at '1': Expect variable name.\n");
}

TEST_CASE("dis shows what --dump=bytecode shows: all functions, with the lines of the source") {
  const TemporaryFile file("dis.lox",
                           "fun outer() {\n  fun inner(n) { return n + 1; }\n  return inner;\n}\n");
  const ProcessResult got = interlox_with({"dis", file.path()});
  CHECK(got.code == 0);
  for (const char* part :
       {"== outer (", "== inner (", "; fun inner(n) { return n + 1; }\n", "; return inner;\n", "add_k"}) {
    INFO(part);
    CHECK(has(got.output, part));
  }
  CHECK(interlox_with({"--dump=bytecode", file.path()}).output == got.output);
  CHECK(has(interlox_with({"dis", "-"}, "print 1;").output, "== (script) (stdin), "));
  CHECK(interlox_with({"dis", "-"}, "print").code == 65);
  CHECK(interlox_with({"dis", "/nonexistent.lox"}).code == 74);
}

TEST_CASE("errors are plain where nobody watches, and rich on request") {
  const TemporaryFile file("rich.lox", "var total = 1;\nfun f() { return totla; }\nf();\n");
  const std::string plain = "Undefined variable 'totla'.\n[line 2] in f()\n[line 3] in script\n";
  check(interlox_with({file.path()}), 70, "", plain);
  check(interlox_with({"--diagnostics=auto", file.path()}), 70, "", plain);
  check(interlox_with({"--diagnostics=rich", file.path()}), 70, "",
        "Undefined variable 'totla'.\n[line 2] in f() (" + file.path() + ":2:18)\n[line 3] in script (" +
            file.path() +
            ":3:3)\n   2 | fun f() { return totla; }\n     |                  ^~~~~\n"
            "help: did you mean 'total'?\n");
  check(interlox_with({"--diagnostics=rich", "-e", "print 1 +;"}), 65, "",
        "[line 1] Error at ';': Expect expression.\n   1 | print 1 +;\n     |          ^\n");
  check(
      interlox_with({"--diagnostics=rich", "-"}, "nil();"), 70, "",
      "Can only call functions and classes.\n[line 1] in script (stdin:1:5)\n   1 | nil();\n     |     ^\n");
}

TEST_CASE("test runs Lox files: each is a test that passes if it ends well") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("interlox-" + std::to_string(getpid()) + "-tests");
  std::filesystem::create_directories(folder / "deep");
  std::ofstream(folder / "a_test.lox") << "var shared = 1; print \"working\";";
  std::ofstream(folder / "deep" / "b_test.lox") << "print shared;\n";
  std::ofstream(folder / "c_test.lox") << "var = 1;";
  std::ofstream(folder / "other.lox") << "nil();";
  const std::string base = folder.string();
  const ProcessResult got = interlox_with({"test", base});
  CHECK(got.code == 1);
  CHECK(got.output == "# " + base + "/a_test.lox\n# working\nok 1 - " + base + "/a_test.lox\n# " + base +
                          "/c_test.lox\nnot ok 2 - " + base + "/c_test.lox\n# " + base +
                          "/c_test.lox:1:5: [line 1] Error at '=': Expect variable name.\n# " + base +
                          "/deep/b_test.lox\nnot ok 3 - " + base +
                          "/deep/b_test.lox\n# Undefined variable 'shared'.\n# [line 1] in script\n"
                          "1..3\n# 1 passed, 2 failed\n");
  CHECK(interlox_with({"test", base + "/a_test.lox"}).code == 0);
  const ProcessResult missing = interlox_with({"test", base + "/none_test.lox"});
  CHECK(missing.code == 1);
  CHECK(has(missing.output, "not ok 1 - " + base + "/none_test.lox\n# cannot be read"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("test shows each test of the module testing") {
  const TemporaryFile good("good_test.lox",
                           "import \"testing\" for test, equal, skip;\nprint 1;\n"
                           "test(\"adds\", fun () { print 2; equal(1 + 1, 2); });\n"
                           "skip(\"later\", fun () { nil(); });\ntest(\"# 2\", fun () {});\n");
  check(interlox_with({"test", good.path()}), 0,
        "# " + good.path() +
            "\n# 1\n# 2\nok 1 - adds\nok 2 - later # SKIP\nok 3 - \\# 2\n"
            "1..3\n# 2 passed, 0 failed, 1 skipped\n",
        "");
  const TemporaryFile bad("bad_test.lox",
                          "import \"testing\" for test, equal;\nfun one() { equal(\"a\", [1]); }\n"
                          "test(\"checks\", fun () { one(); });\ntest(\"breaks\", fun () { nil(); });\n"
                          "test(\"passes\", fun () {});\ntest(\"throws\", fun () { throw 3; });\nnil();\n");
  check(interlox_with({"test", good.path(), bad.path()}), 1,
        "# " + good.path() +
            "\n# 1\n# 2\nok 1 - adds\nok 2 - later # SKIP\nok 3 - \\# 2\n"
            "# " +
            bad.path() +
            "\nnot ok 4 - checks\n# Expected [1] but got \"a\".\n# [line 2] in one()\n# [line 3] in fn()\n"
            "# [line 3] in script\nnot ok 5 - breaks\n# Can only call functions and classes.\n"
            "# [line 4] in fn()\n# [line 4] in script\nok 6 - passes\nnot ok 7 - throws\n# Thrown: 3\n"
            "not ok 8 - " +
            bad.path() +
            "\n# Can only call functions and classes.\n# [line 7] in script\n"
            "1..8\n# 3 passed, 4 failed, 1 skipped\n",
        "");
}

TEST_CASE("a program that runs tests ends with how they went") {
  const std::string head = "import \"testing\" for test, fail, skip; ";
  const std::string good = "test(\"fine\", fun () {}); ";
  const std::string bad = "test(\"not fine\", fun () { fail(\"why\"); }); ";
  const std::string failure = "Failed: not fine\n  why\n  [line 1] in fn()\n  [line 1] in script\n";
  check(interlox_with({"-e", head}), 0, "", "");
  check(interlox_with({"-e", head + good + "print \"end\";"}), 0, "end\n1 test passed.\n", "");
  check(interlox_with({"-e", head + good + good + "skip(\"x\", nil);"}), 0, "2 tests passed, 1 skipped.\n",
        "");
  check(interlox_with({"-e", head + bad + good + "print \"end\";"}), 70,
        "end\n" + failure + "1 test passed.\n", "1 of 2 tests failed.\n");
  check(interlox_with({"-e", head + bad + "nil();"}), 70, failure + "0 tests passed.\n",
        "Can only call functions and classes.\n[line 1] in script\n1 of 1 test failed.\n");
  const TemporaryFile file("tests.lox", head + bad + good);
  check(interlox_with({file.path()}), 70, failure + "1 test passed.\n", "1 of 2 tests failed.\n");
  // A session shows a failure at once, and goes on.
  const ProcessResult session = interlox_with({"-i"}, head + "\n" + bad + "\nprint 1;\n");
  CHECK(session.code == 0);
  CHECK(has(session.errors, "why\n"));
  CHECK(has(session.output, "1\n"));
  CHECK(!has(session.output, "Failed"));
}
