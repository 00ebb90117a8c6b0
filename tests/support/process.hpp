// SPDX-License-Identifier: BSD-3-Clause
// Runs one program to its end, or to a limit, and keeps what it wrote.
#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace interlox::test {

/// How a process ended.
enum class Ending {
  kExited,         ///< by itself: `code` is its exit code
  kSignalled,      ///< by a signal: `code` is the signal's number
  kTimedOut,       ///< killed at the time limit
  kTooMuchOutput,  ///< killed at the limit of kMostOutput bytes
  kNotStarted,     ///< it could not be started: `error` says why
};

struct ProcessResult {
  Ending ending = Ending::kNotStarted;
  int code = 0;
  std::string output;  ///< all of stdout
  std::string errors;  ///< all of stderr
  std::string error;
};

/// What a child is given and how long it may take.
struct ProcessOptions {
  std::string input{};       ///< its stdin; empty: /dev/null
  bool input_stays = false;  ///< the input, even an empty one, has no end while the child lives
  std::chrono::milliseconds time_limit = std::chrono::seconds(60);
  std::string interrupt_on{};  ///< not empty: a signal is sent once stdout contains this ...
  std::chrono::milliseconds interrupt_delay{0};  ///< ... and so much later:
  int interrupt_signal = SIGINT;
};

/// Runs arguments[0] (looked up in PATH if it has no slash) with those arguments.
///
/// Both pipes are read as they fill, so the child can write any amount to either. At the time limit the
/// child's whole process group is killed. Safe to call from several threads at once. The first call that
/// gives input makes this process ignore SIGPIPE: a child may end without reading.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& arguments,
                                        const ProcessOptions& options = {});

}  // namespace interlox::test
