// SPDX-License-Identifier: BSD-3-Clause
// The program on a terminal of its own, with somebody who types.
#pragma once

#include <chrono>
#include <cstdlib>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace interlox::test {

/// Starts the program on a pseudo-terminal; ends it, if it is still there, with the object.
class Terminal {
 public:
  /// `environment`: what is set beside what this process has. TERM is "xterm", NO_COLOR "1".
  explicit Terminal(std::vector<std::string> words,
                    const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    winsize size = {};
    size.ws_row = 50;
    size.ws_col = 100;
    child_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Terminal() {
    if (terminal_ >= 0) close(terminal_);
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) {
    [[maybe_unused]] const ssize_t written = write(terminal_, keys.data(), keys.size());
  }

  /// Waits until `text` was shown after what was waited for before. False after two minutes.
  bool shows(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    for (;;) {
      const std::size_t found = shown_.find(text, seen_);
      if (found != std::string::npos) {
        seen_ = found + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > deadline || !read_more(std::chrono::milliseconds(100)))
        return false;
    }
  }

  /// Reads until the program ends. Its exit code, or -1.
  int ends() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (std::chrono::steady_clock::now() < deadline && read_more(std::chrono::milliseconds(100))) {
    }
    int status = 0;
    if (waitpid(child_, &status, 0) != child_) return -1;
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// All that was shown, escape sequences included.
  const std::string& shown() const { return shown_; }

 private:
  /// False once the program has closed the terminal.
  bool read_more(std::chrono::milliseconds patience) {
    pollfd poll_for{terminal_, POLLIN, 0};
    if (poll(&poll_for, 1, static_cast<int>(patience.count())) <= 0) return true;
    char buffer[4096];
    const ssize_t got = read(terminal_, buffer, sizeof buffer);
    if (got <= 0) return false;
    shown_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int terminal_ = -1;
  pid_t child_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;
};

}  // namespace interlox::test
