// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/test_results.hpp"

#include <string_view>

#include "vm/cli/sources.hpp"
#include "vm/output.hpp"

namespace interlox::cli {
namespace {

void append_indented(std::string& text, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    text.append("  ").append(lines.substr(0, end)).append("\n");
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
  }
}

std::string counted(std::size_t count) { return std::to_string(count) + (count == 1 ? " test" : " tests"); }

}  // namespace

TestResults& TestResults::instance() {
  static auto* const results = new TestResults();
  return *results;
}

stdlib::TestSink TestResults::sink() {
  return [this](std::string_view verdict, std::string_view name, std::string_view why) {
    const std::lock_guard guard(mutex_);
    if (verdict == "passed") {
      ++passed_;
    } else if (verdict == "skipped") {
      ++skipped_;
    } else {
      ++failed_;
      failures_.append("Failed: ").append(name).append("\n");
      append_indented(failures_, why);
    }
  };
}

bool TestResults::conclude() {
  const std::lock_guard guard(mutex_);
  if (passed_ + failed_ + skipped_ == 0) return true;
  std::string text = failures_ + counted(passed_) + " passed";
  if (skipped_ != 0) text += ", " + std::to_string(skipped_) + " skipped";
  vm::StandardOutput::instance()->write(text + ".\n");
  if (failed_ != 0) complain(std::to_string(failed_) + " of " + counted(passed_ + failed_) + " failed.");
  return failed_ == 0;
}

}  // namespace interlox::cli
