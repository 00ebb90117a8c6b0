// SPDX-License-Identifier: BSD-3-Clause
#include "vm/output.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/catch.hpp"

using namespace interlox::vm;

namespace {

/// Puts `file` in the place of standard output while it lives.
class Redirection {
 public:
  explicit Redirection(int file) : saved_(dup(STDOUT_FILENO)) { dup2(file, STDOUT_FILENO); }
  ~Redirection() {
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
  }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;

 private:
  int saved_;
};

std::string read_all(int file) {
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(file, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

TEST_CASE("captured output is what was written, in order") {
  CapturedOutput output;
  CHECK(output.text().empty());
  output.write("a");
  output.write("");
  output.flush();
  output.write(std::string("b\0c", 3));
  CHECK(output.text() == std::string("ab\0c", 4));
}

TEST_CASE("writes of several threads arrive whole") {
  CapturedOutput output;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&output, t] {
      for (int i = 0; i < 2000; ++i) output.write(std::string(7, static_cast<char>('a' + t)) + "\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(output.text());
  int count = 0;
  bool whole = true;
  for (std::string line; std::getline(lines, line); ++count) {
    whole = whole && line.size() == 7 && line == std::string(7, line[0]);
  }
  CHECK(whole);
  CHECK(count == 8000);
}

TEST_CASE("standard output is buffered until it is flushed or much") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::string before;
  std::string after;
  int error = -1;
  {
    const Redirection redirection(ends[1]);
    StandardOutput output;
    output.write("hello\n");
    output.flush();
    char buffer[100];
    before.assign(buffer, static_cast<std::size_t>(read(ends[0], buffer, sizeof buffer)));
    std::thread reader([&] { after = read_all(ends[0]); });
    output.write(std::string(300'000, 'x'));  // more than a pipe holds: partial writes
    output.write("end");
    output.flush();
    error = output.error();
    close(ends[1]);
    close(STDOUT_FILENO);  // the reader's end of file
    reader.join();
  }
  close(ends[0]);
  CHECK(error == 0);
  CHECK(before == "hello\n");
  CHECK(after == std::string(300'000, 'x') + "end");
}

TEST_CASE("the first failure is remembered and what follows is dropped") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const auto old = std::signal(SIGPIPE, SIG_IGN);
  std::vector<int> errors;
  {
    const Redirection redirection(ends[1]);
    StandardOutput output;
    output.write("lost");
    errors.push_back(output.error());  // none: still in the buffer
    output.flush();
    errors.push_back(output.error());
    output.write("lost too");
    output.flush();
    errors.push_back(output.error());
  }
  std::signal(SIGPIPE, old);
  close(ends[1]);
  CHECK(errors == std::vector<int>{0, EPIPE, EPIPE});
}

TEST_CASE("there is one standard output") {
  CHECK(StandardOutput::instance() == StandardOutput::instance());
  CHECK(StandardOutput::instance() != nullptr);
}
