// SPDX-License-Identifier: BSD-3-Clause
// What the program shows of itself: --stats, INTERLOX_DEBUG=gctrace=1, and what docs/observing.md says of
// both.
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"

namespace {

using interlox::test::Ending;
using interlox::test::interlox_with;
using interlox::test::ProcessOptions;
using interlox::test::ProcessResult;
using interlox::test::run_process;

/// Sets INTERLOX_DEBUG for the programs that are run while it lives.
class Debug {
 public:
  explicit Debug(const char* settings) { setenv("INTERLOX_DEBUG", settings, 1); }
  ~Debug() { unsetenv("INTERLOX_DEBUG"); }
  Debug(const Debug&) = delete;
  Debug& operator=(const Debug&) = delete;
};

/// The text with # for each number, and one blank for several.
std::string shape(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool is_number = std::isdigit(static_cast<unsigned char>(c)) != 0 ||
                           (c == '.' && !result.empty() && result.back() == '#');
    const char is = is_number ? '#' : c;
    if ((is == '#' || is == ' ') && !result.empty() && result.back() == is) continue;
    result += is;
  }
  return result;
}

/// The example of docs/observing.md whose fence names it so, without the command.
std::string example(const std::string& name) {
  std::ifstream document(INTERLOX_SOURCE_DIR "/docs/observing.md");
  std::string line;
  while (std::getline(document, line) && line != "```text " + name) {
  }
  std::getline(document, line);
  CHECK(line.starts_with("$ "));
  std::string text;
  while (std::getline(document, line) && line != "```") text += line + "\n";
  CHECK_FALSE(text.empty());
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Says "begun", more than its output's buffer holds, and then nothing.
const std::string kEndless =
    "print \"begun\"; var s = \"0123456789abcdef\"; for (var i = 0; i < 12; i = i + 1) s = s + s; print s; "
    "print s;"
    "while (true) {}";

}  // namespace

TEST_CASE("gctrace shows each collection in a line of the documented shape") {
  const Debug debug("gctrace=1");
  const ProcessResult got = interlox_with({"-e", "GC.collect(); GC.collect(); print \"done\";"});
  CHECK(got.code == 0);
  CHECK(got.output == "done\n");
  const std::string wanted = shape(example("gctrace"));
  int number = 0;
  for (const std::string& line : lines_of(got.errors)) {
    CHECK(shape(line + "\n") == wanted);
    CHECK(line.starts_with("gc " + std::to_string(++number) + " @"));
  }
  CHECK(number >= 2);
}

TEST_CASE("gctrace=0 and an empty INTERLOX_DEBUG show nothing") {
  for (const char* settings : {"gctrace=0", "", "gctrace=1,gctrace=0"}) {
    const Debug debug(settings);
    const ProcessResult got = interlox_with({"-e", "GC.collect();"});
    CHECK(got.code == 0);
    CHECK(got.errors.empty());
  }
}

TEST_CASE("what INTERLOX_DEBUG can't mean is exit code 64") {
  const auto refused = [](const char* settings, const std::string& message) {
    const Debug debug(settings);
    const ProcessResult got = interlox_with({"-e", "print 1;"});
    CHECK(got.code == 64);
    CHECK(got.output.empty());
    CHECK(got.errors == "interlox: INTERLOX_DEBUG: " + message + "\nTry 'interlox --help'.\n");
  };
  refused("bogus=1", "unknown setting 'bogus=1'; there is gctrace=1");
  refused("gctrace=1,gctrac=1", "unknown setting 'gctrac=1'; there is gctrace=1");
  refused(",", "unknown setting ''; there is gctrace=1");
  refused("gctrace", "'gctrace' needs 0 or 1, got ''");
  refused("gctrace=2", "'gctrace' needs 0 or 1, got '2'");
}

TEST_CASE("--stats shows the documented table, after what was printed") {
  const ProcessResult got = interlox_with({"--stats", "-e", "GC.collect(); GC.collect(); print \"done\";"});
  CHECK(got.code == 0);
  CHECK(got.output == "done\n");
  CHECK(shape(got.errors) == shape(example("stats")));
  CHECK(std::regex_search(got.errors, std::regex("collections +all +[2-9]\n")));
  for (const std::string& line : lines_of(got.errors)) CHECK(line.find_last_not_of(' ') + 1 == line.size());
}

TEST_CASE("--stats counts handles, and nodes where they are counted") {
  const ProcessResult got =
      interlox_with({"--stats", "--count-nodes", "-e",
                     "var a = Unique(\"some text\"); var b = Unique(\"some text\"); print a == b;"});
  CHECK(got.output == "true\n");
  CHECK(std::regex_search(got.errors,
                          std::regex("handles +live +1\n +dead +0\n +found +1\n +made +1\n +died +0\n")));
  CHECK(
      std::regex_search(got.errors, std::regex("nodes +allocated +[0-9]+\n +retired +[0-9]+\n +reclaimed")));
}

TEST_CASE("--stats shows its table however the program ends") {
  const auto shows = [](const ProcessResult& got, int code) {
    CHECK(got.ending == Ending::kExited);
    CHECK(got.code == code);
    CHECK(std::regex_search(got.errors, std::regex("collections +all +[0-9]+\n")));
  };
  shows(interlox_with({"--stats", "-e", "import \"os\"; os.exit(3);"}), 3);
  shows(interlox_with({"--stats", "-e", "print -nil;"}), 70);
  shows(interlox_with({"--stats", "-e", "var;"}), 65);
  ProcessOptions options;
  options.interrupt_on = "begun";
  shows(run_process({INTERLOX_PROGRAM, "--stats", "-e", kEndless}, options), 130);
}
