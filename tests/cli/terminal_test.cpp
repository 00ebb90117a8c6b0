// SPDX-License-Identifier: BSD-3-Clause
// The read-eval-print loop as a person at a terminal meets it.
#include "tests/cli/terminal.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <thread>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"

namespace {

using interlox::test::TemporaryFile;
using interlox::test::Terminal;

const std::string kLoop = "fun f() { print \"go\" + \"ing\"; while (true) {} }\n";

/// Types at the loop what needs no editor, and checks what every terminal does.
void talk(Terminal& terminal) {
  REQUIRE(terminal.shows("> "));
  terminal.type("20 + 2\n");
  CHECK(terminal.shows("22\r\n"));
  CHECK(terminal.shows("> "));
  terminal.type("print (\n");
  CHECK(terminal.shows("... "));
  terminal.type("7);\n");
  CHECK(terminal.shows("7\r\n"));
  CHECK(terminal.shows("> "));
  terminal.type(kLoop);
  CHECK(terminal.shows("> "));
  terminal.type("f();\n");
  CHECK(terminal.shows("going"));
  terminal.type("\x03");
  CHECK(terminal.shows("Interrupted."));
  CHECK(terminal.shows("> "));
  terminal.type("\"still\" + \" here\"\n");
  CHECK(terminal.shows("still here\r\n"));
  CHECK(terminal.shows("> "));
}

}  // namespace

TEST_CASE("at a terminal inputs are edited, completed, interrupted and remembered") {
  const TemporaryFile history("history", "");
  std::filesystem::remove(history.path());
  {
    Terminal terminal({INTERLOX_PROGRAM}, {{"INTERLOX_HISTORY", history.path()}});
    talk(terminal);
    terminal.type("var remarkable = 17; class Bird { sing() { return \"tweet\"; } } var bird = Bird();\n");
    CHECK(terminal.shows("\r\n"));
#if INTERLOX_LIBEDIT
    terminal.type("remar\t + 4\n");
    CHECK(terminal.shows("21\r\n"));
    terminal.type("bird.si\t()\n");
    CHECK(terminal.shows("tweet\r\n"));
    terminal.type("nothing at all\x03");
    CHECK(terminal.shows("^C"));
    terminal.type("\x1b[A\n");  // the line before, again
    CHECK(terminal.shows("tweet\r\n"));
#endif
    terminal.type(":quit\n");
    CHECK(terminal.ends() == 0);
  }
#if INTERLOX_LIBEDIT
  std::ostringstream text;
  text << std::ifstream(history.path()).rdbuf();
  CHECK(text.str().find("bird.sing()") != std::string::npos);
  CHECK(text.str().find("nothing") == std::string::npos);
#endif
}

TEST_CASE("a terminal that can't edit has prompts and interrupts, too") {
  Terminal terminal({INTERLOX_PROGRAM}, {{"TERM", "dumb"}, {"INTERLOX_HISTORY", ""}});
  talk(terminal);
  terminal.type("nonsense\x03");
  CHECK(terminal.shows("^C\r\n> "));
  terminal.type("1 + 1\n");
  CHECK(terminal.shows("\r\n2\r\n"));
  terminal.type("\x04");
  CHECK(terminal.ends() == 0);
}

TEST_CASE("Ctrl-C ends a wait, and the loop goes on; so it does after a deadlock") {
  Terminal terminal({INTERLOX_PROGRAM}, {{"INTERLOX_HISTORY", ""}});
  REQUIRE(terminal.shows("> "));
  terminal.type("{ import \"time\"; print \"go\" + \"ing\"; time.sleep(100); }\n");
  REQUIRE(terminal.shows("going"));
  terminal.type("\x03");
  CHECK(terminal.shows("Interrupted."));
  terminal.type("Channel().receive()\n");
  CHECK(terminal.shows(
      "Deadlock: all threads are blocked.\r\nMain thread, in receive():\r\n[line 1] in script"));
  terminal.type("\"still \" + \"there\"\n");
  CHECK(terminal.shows("still there"));
  terminal.type(":quit\n");
  CHECK(terminal.ends() == 0);
}

TEST_CASE("a second Ctrl-C ends what the first could not stop") {
  const TemporaryFile file("terminal.fifo", "");
  std::filesystem::remove(file.path());
  REQUIRE(mkfifo(file.path().c_str(), 0600) == 0);  // nobody will ever write to it
  Terminal terminal({INTERLOX_PROGRAM}, {{"INTERLOX_HISTORY", ""}});
  REQUIRE(terminal.shows("> "));
  terminal.type("{ import \"io\"; print \"go\" + \"ing\"; io.readFile(\"" + file.path() + "\"); }\n");
  REQUIRE(terminal.shows("going"));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(500));  // until it reads: between, it could be stopped
  terminal.type("\x03");
  CHECK(terminal.shows("^C"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  terminal.type("\x03");
  CHECK(terminal.ends() == 130);
}

TEST_CASE("a terminal gets excerpts, and colours unless it can't or mustn't") {
  const TemporaryFile file("terminal.lox", "print totla;\n");
  Terminal plain({INTERLOX_PROGRAM, file.path()});
  CHECK(plain.ends() == 70);
  CHECK(plain.shown().find("   1 | print totla;\r\n     |       ^~~~~\r\n") != std::string::npos);
  CHECK(plain.shown().find('\x1b') == std::string::npos);
  Terminal colored({INTERLOX_PROGRAM, file.path()}, {{"NO_COLOR", ""}});
  CHECK(colored.ends() == 70);
  CHECK(colored.shown().find("\x1b[1;31mUndefined variable 'totla'.\x1b[0m") != std::string::npos);
  Terminal dumb({INTERLOX_PROGRAM, file.path()}, {{"NO_COLOR", ""}, {"TERM", "dumb"}});
  CHECK(dumb.ends() == 70);
  CHECK(dumb.shown().find('\x1b') == std::string::npos);
}
