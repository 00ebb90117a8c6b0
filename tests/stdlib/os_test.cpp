// SPDX-License-Identifier: BSD-3-Clause
#include <cstdlib>

#include "stdlib/process.hpp"
#include "tests/stdlib/program.hpp"

using namespace interlox;
using test::Program;

namespace {

struct Ended {
  int code;
};

/// What the program's call of exit() ends the process with.
int exit_code(Program& p, std::string_view source) {
  stdlib::set_exit_function([](int code) { throw Ended{code}; });
  int result = -1;
  try {
    p.machine.run(source);
  } catch (const Ended& ended) {
    result = ended.code;
  }
  stdlib::set_exit_function(nullptr);
  return result;
}

}  // namespace

TEST_CASE("os.args are the arguments that the host has set") {
  stdlib::set_program_arguments({"one", "two words"});
  Program p{"os"};
  CHECK(p.eval("os.args") == R"(["one", "two words"])");
  CHECK(p.eval("os.args == os.args") == "true");
  stdlib::set_program_arguments({});
}

TEST_CASE("os.env reads the environment") {
  Program p{"os"};
  ::setenv("INTERLOX_OS_TEST", "a value", 1);
  CHECK(p.eval("os.env(\"INTERLOX_OS_TEST\")") == "a value");
  ::unsetenv("INTERLOX_OS_TEST");
  CHECK(p.eval("os.env(\"INTERLOX_OS_TEST\")") == "nil");
  CHECK(p.eval("os.env(1)") == "env() name must be a string, not 1.");
}

TEST_CASE("os.exit ends the process with its code") {
  Program p{"os"};
  CHECK(exit_code(p, "os.exit(3); print \"never\";") == 3);
  CHECK(exit_code(p, "fun f() { os.exit(); } f();") == 0);
  CHECK(exit_code(p, "os.exit(255);") == 255);
  CHECK(p.eval("os.exit(256)") == "exit() code must be between 0 and 255, not 256.");
  CHECK(p.eval("os.exit(-1)") == "exit() code must be between 0 and 255, not -1.");
  CHECK(p.eval("os.exit(0.5)") == "exit() code must be an integer, not 0.5.");
  CHECK(p.eval("os.exit(true)") == "exit() code must be an integer, not true.");
  CHECK(p.output->text().empty());
}
