// SPDX-License-Identifier: BSD-3-Clause
#include "tests/lox/runner/expectations.hpp"

#include <algorithm>
#include <cctype>

namespace interlox::lox_runner {
namespace {

constexpr std::string_view kMark = "// expect";

/// Splits into lines without their "\n". A last line that has no newline keeps a note of that, so that the
/// comparison sees the difference.
std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      lines.push_back(std::string(text) + "<no newline>");
      break;
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// If the text begins with the label, gives what follows it, less one space.
bool take(std::string_view text, std::string_view label, std::string& rest) {
  if (text.substr(0, label.size()) != label) return false;
  text.remove_prefix(label.size());
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  rest = text;
  return true;
}

bool is_code(std::string_view text) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return !text.empty() && text.size() <= 3 && std::all_of(text.begin(), text.end(), is_digit);
}

void read_comment(std::string_view comment, std::size_t line, Expectations& result) {
  std::string text;
  if (take(comment, "// expect:", text)) {
    result.output.push_back({text, line});
  } else if (take(comment, "// expect compile error:", text)) {
    result.compile_errors.push_back({text, line});
  } else if (take(comment, "// expect runtime error:", text)) {
    result.runtime_errors.push_back({text, line});
  } else if (take(comment, "// expect trace:", text)) {
    result.trace.push_back({text, line});
  } else if (take(comment, "// expect stderr:", text)) {
    result.error_lines.push_back({text, line});
  } else if (take(comment, "// expect exit code:", text) && !result.given_exit_code && is_code(text)) {
    result.given_exit_code = std::stoi(text);
  } else if (comment == "// expect no output") {
    result.no_output = true;
  } else {
    result.mistakes.push_back(std::to_string(line) + ": unknown expectation: " + std::string(comment));
  }
}

void find_mistakes(Expectations& result) {
  const auto complain = [&](bool wrong, const char* why) {
    if (wrong) result.mistakes.push_back(std::string(" ") + why);
  };
  const bool compile = !result.compile_errors.empty();
  const bool runtime = !result.runtime_errors.empty();
  const bool lines = !result.error_lines.empty();
  complain(!compile && !runtime && !lines && !result.no_output && result.output.empty(),
           "the program has no expectation at all");
  complain(compile && (runtime || !result.output.empty()),
           "a program with compile errors has neither output nor a runtime error");
  complain(result.runtime_errors.size() > 1, "a program ends at its first runtime error");
  complain(!result.trace.empty() && !runtime, "a trace without a runtime error");
  complain(lines && (compile || runtime), "lines of stderr beside an error that says what is there");
  complain(result.no_output && !result.output.empty(), "both output and no output are expected");
}

/// Cuts the "FILE:LINE:COL: " that a compile error may begin with.
std::string without_location(const std::string& line) {
  const std::size_t mark = line.find("[line ");
  if (mark == std::string::npos || mark < 6 || line.compare(mark - 2, 2, ": ") != 0) return line;
  std::size_t at = mark - 2;
  for (int number = 0; number < 2; ++number) {
    const std::size_t end = at;
    while (at > 0 && std::isdigit(static_cast<unsigned char>(line[at - 1])) != 0) --at;
    if (at == end || at < 2 || line[at - 1] != ':') return line;
    --at;
  }
  return line.substr(mark);
}

/// Whether the line reads "[line N] in NAME()" or "[line N] in script".
bool is_frame(const std::string& line) {
  constexpr std::string_view kStart = "[line ";
  if (line.compare(0, kStart.size(), kStart) != 0) return false;
  std::size_t at = kStart.size();
  while (at < line.size() && std::isdigit(static_cast<unsigned char>(line[at])) != 0) ++at;
  if (at == kStart.size() || line.compare(at, 5, "] in ") != 0) return false;
  const std::string name = line.substr(at + 5);
  return name == "script" || (name.size() > 2 && name.compare(name.size() - 2, 2, "()") == 0);
}

/// Whether the line is what is expected, where "[line *]" stands for any line.
bool fits(const std::string& expected, const std::string& got) {
  constexpr std::string_view kAny = "[line *]";
  if (expected.compare(0, kAny.size(), kAny) != 0 || !is_frame(got)) return expected == got;
  return expected.substr(kAny.size()) == got.substr(got.find(']') + 1);
}

/// Collects differences up to the limit.
class Report {
 public:
  void add(std::size_t line, const std::string& what, const std::string& expected, const std::string& got) {
    if (texts_.size() >= kMostDifferences) return;
    texts_.push_back((line == 0 ? std::string(" ") : std::to_string(line) + ": ") + what +
                     "\n    expected: " + shown(expected) + "\n    got:      " + shown(got));
  }

  void compare_lines(const std::string& stream, const std::vector<ExpectedLine>& expected,
                     const std::vector<std::string>& got) {
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
      const bool has_expected = i < expected.size();
      const std::string want = has_expected ? expected[i].text : "(nothing more)";
      const std::string have = i < got.size() ? got[i] : "(nothing more)";
      if (has_expected && i < got.size() && fits(want, have)) continue;
      add(has_expected ? expected[i].source_line : 0, stream + " line " + std::to_string(i + 1), want, have);
      // Once a line is missing or too many, all that follow are off by one: the first is what matters.
      if (expected.size() != got.size()) return;
    }
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(texts_); }

 private:
  static std::string shown(const std::string& text) {
    constexpr std::size_t kLongest = 300;
    return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
  }

  std::vector<std::string> texts_;
};

void compare_ending(const Expectations& expected, const test::ProcessResult& result, Report& report) {
  const std::string code = "exit code " + std::to_string(expected.exit_code());
  switch (result.ending) {
    case test::Ending::kExited:
      if (result.code == expected.exit_code()) return;
      return report.add(0, "exit code", code, "exit code " + std::to_string(result.code));
    case test::Ending::kSignalled:
      return report.add(0, "exit code", code, "killed by signal " + std::to_string(result.code));
    case test::Ending::kTimedOut:
      return report.add(0, "exit code", code, "still running at the time limit");
    case test::Ending::kTooMuchOutput:
      return report.add(0, "exit code", code, "output without end");
    case test::Ending::kNotStarted:
      return report.add(0, "start", "the interpreter starts", result.error);
  }
}

/// Without "expect trace" comments only the innermost frame's line is known, but every line after it is a
/// frame, and the last of them is the script's.
void compare_trace(const Expectations& expected, const std::vector<std::string>& errors, Report& report) {
  const ExpectedLine& error = expected.runtime_errors.front();
  const std::string start = "[line " + std::to_string(error.source_line) + "] in ";
  if (errors.size() < 2 || errors[1].compare(0, start.size(), start) != 0) {
    report.add(error.source_line, "stderr line 2", start + "...",
               errors.size() < 2 ? "(nothing more)" : errors[1]);
  }
  for (std::size_t i = 1; i < errors.size(); ++i) {
    if (is_frame(errors[i])) continue;
    report.add(error.source_line, "stderr line " + std::to_string(i + 1), "[line N] in NAME", errors[i]);
  }
  const std::string script = "] in script";
  const std::string& last = errors.empty() ? script : errors.back();
  if (last.size() < script.size() || last.compare(last.size() - script.size(), script.size(), script) != 0) {
    report.add(error.source_line, "the last line of stderr", "[line N] in script", last);
  }
}

}  // namespace

int Expectations::exit_code() const {
  if (given_exit_code) return *given_exit_code;
  if (!compile_errors.empty()) return 65;
  return runtime_errors.empty() ? 0 : 70;
}

Expectations parse_expectations(std::string_view source) {
  Expectations result;
  std::size_t line = 0;
  while (!source.empty()) {
    ++line;
    const std::size_t end = std::min(source.find('\n'), source.size());
    std::string_view text = source.substr(0, end);
    source.remove_prefix(std::min(end + 1, source.size()));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    const std::size_t mark = text.find(kMark);
    if (mark != std::string_view::npos) read_comment(text.substr(mark), line, result);
  }
  find_mistakes(result);
  return result;
}

std::vector<std::string> compare(const Expectations& expected, const test::ProcessResult& result) {
  Report report;
  compare_ending(expected, result, report);
  if (result.ending == test::Ending::kNotStarted) return report.take();
  report.compare_lines("stdout", expected.output, split_lines(result.output));

  std::vector<std::string> errors = split_lines(result.errors);
  if (!expected.error_lines.empty()) {
    report.compare_lines("stderr", expected.error_lines, errors);
  } else if (expected.runtime_errors.empty()) {
    if (!expected.compile_errors.empty()) {
      std::transform(errors.begin(), errors.end(), errors.begin(), without_location);
    }
    report.compare_lines("stderr", expected.compile_errors, errors);
  } else if (expected.trace.empty()) {
    const std::vector<ExpectedLine>& first = expected.runtime_errors;
    report.compare_lines("stderr", first, {errors.begin(), errors.begin() + (errors.empty() ? 0 : 1)});
    compare_trace(expected, errors, report);
  } else {
    std::vector<ExpectedLine> all = expected.runtime_errors;
    all.insert(all.end(), expected.trace.begin(), expected.trace.end());
    report.compare_lines("stderr", all, errors);
  }
  return report.take();
}

}  // namespace interlox::lox_runner
