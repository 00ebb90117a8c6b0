// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/options.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "tests/bench/cat.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/text.hpp"

namespace interlox::bench {
namespace {

constexpr int kUsageError = 64;

class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

Options parse(int argc, char* argv[]) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--quick") {
      options.quick = true;
    } else if (argument == "--out" && has_value) {
      options.out = argv[++i];
    } else if (argument == "--commit" && has_value) {
      options.commit = argv[++i];
    } else {
      throw UsageError(
          cat("unexpected argument '", argument, "'; there are [--quick] [--out DIRECTORY] [--commit NAME]"));
    }
  }
  return options;
}

}  // namespace

int run_part(int argc, char* argv[], const std::function<Part(const Options&)>& measure) {
  int status = 1;
  try {
    const Options options = parse(argc, argv);
    const Part part = measure(options);
    if (!options.out.empty()) progress(cat("the report: ", publish(part, options.out).string()));
    write_text(std::cout, part);
    return 0;
  } catch (const UsageError& error) {
    std::cerr << argv[0] << ": " << error.what() << "\n";
    status = kUsageError;
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << "\n";
  }
  return status;
}

void progress(const std::string& what) {
  using Clock = std::chrono::steady_clock;
  static const Clock::time_point begin = Clock::now();
  const std::chrono::duration<double> spent = Clock::now() - begin;
  std::fprintf(stderr, "[%4.0f s] %s\n", spent.count(), what.c_str());
}

}  // namespace interlox::bench
