// SPDX-License-Identifier: BSD-3-Clause
// How the tests went that a program ran by itself, not under `interlox test`.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "stdlib/testing.hpp"

namespace interlox::cli {

/// Collects results, to show them when the program has ended. Thread-safe.
class TestResults {
 public:
  /// The process's, which is never destroyed: threads may run tests until the end.
  static TestResults& instance();

  stdlib::TestSink sink();

  /// Writes what came so far: failures and the number of tests to standard output, how many of them failed to
  /// standard error. Nothing if no test ran. Whether none failed.
  bool conclude();

 private:
  std::mutex mutex_;
  std::string failures_;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
};

}  // namespace interlox::cli
