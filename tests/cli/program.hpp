// SPDX-License-Identifier: BSD-3-Clause
// The program under test, and files for it to run.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tests/support/process.hpp"

namespace interlox::test {

/// Runs interlox with these arguments and this standard input.
inline ProcessResult interlox_with(std::vector<std::string> words, const std::string& input = "") {
  words.insert(words.begin(), INTERLOX_PROGRAM);
  ProcessOptions options;
  options.input = input;
  options.time_limit = std::chrono::minutes(5);  // an instrumented build on a busy machine is slow
  return run_process(words, options);
}

/// A file that lives as long as the object.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("interlox-" + std::to_string(getpid()) + "-" + name)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace interlox::test
