// SPDX-License-Identifier: BSD-3-Clause
// What a Lox program says about its own run, in comments, and the comparison with a real run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process.hpp"

namespace interlox::lox_runner {

/// One line that a program expects, and the line of the program that says so (0: the runner's own rule).
struct ExpectedLine {
  std::string text;
  std::size_t source_line = 0;
};

/// All that one program expects. The comments that are read, each to the end of its line:
///
///     // expect: TEXT                   the next line of stdout
///     // expect no output               stdout stays empty
///     // expect runtime error: MESSAGE  the first line of stderr; exit code 70; unless trace lines are
///     given,
///                                       the innermost frame is on the line of this comment
///     // expect trace: LINE             the next line of the stack trace; together they are the whole trace
///     // expect compile error: LINE     the next line of stderr; exit code 65; stdout stays empty
///     // expect stderr: LINE            the next line of stderr, whatever it is: for what threads report
///                                       `[line *]` is a frame of a module, on any line
///     // expect exit code: NUMBER       instead of the one that goes with the errors (0 with `stderr` lines)
///
/// Any other comment that begins with "// expect" is a mistake, so that a misspelt one is not passed over.
struct Expectations {
  std::vector<ExpectedLine> output;
  std::vector<ExpectedLine> compile_errors;
  std::vector<ExpectedLine> runtime_errors;
  std::vector<ExpectedLine> trace;
  std::vector<ExpectedLine> error_lines;
  std::optional<int> given_exit_code;
  bool no_output = false;
  std::vector<std::string> mistakes;  ///< why the program can't be judged; empty if it can

  /// The exit code that is given, or goes with what is expected: 65, 70 or 0.
  [[nodiscard]] int exit_code() const;
};

/// Reads the expectations out of a program's text. Never fails: what is wrong with them is in `mistakes`.
[[nodiscard]] Expectations parse_expectations(std::string_view source);

/// Compares a run with what was expected.
/// Returns one text a difference, at most `kMostDifferences` of them; empty means that the run is right. Each
/// begins with the line of the program that expects something else, and shows what was expected and what
/// came.
[[nodiscard]] std::vector<std::string> compare(const Expectations& expected,
                                               const test::ProcessResult& result);

inline constexpr std::size_t kMostDifferences = 8;

}  // namespace interlox::lox_runner
