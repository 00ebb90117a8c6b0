// SPDX-License-Identifier: BSD-3-Clause
// The read-eval-print loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vm/completion.hpp"
#include "vm/report.hpp"
#include "vm/vm.hpp"

namespace interlox::vm {

/// Where the loop's lines come from.
class LineSource {
 public:
  enum class Outcome : std::uint8_t {
    line,
    cancelled,  // the user takes back what was typed, lines before included
    end
  };

  virtual ~LineSource() = default;
  /// Reads the next line, without its end; `prompt` is for a person to see.
  virtual Outcome read(std::string_view prompt, std::string& line) = 0;
  /// Says that an input begins, or has ended, to run: what Ctrl-C is to stop.
  virtual void running(bool /*now*/) {}
};

/// What the loop leaves to its host.
struct ReplOptions {
  ReportStyle style = {};
  /// The texts of files, for excerpts; asked about frames that have a file only.
  SourceLookup source_of = [](const TraceFrame&) { return std::nullopt; };
};

/// Reads declarations, statements and expressions to the end of `lines` and runs each in `machine`. The
/// value of an expression (without a semicolon) is printed unless it is nil; an error is shown on standard
/// error, and the loop goes on. Input that ends in the middle of something is continued on the next line;
/// there an empty line ends it as it is, except inside of a string or comment. A line that starts with `:`
/// is a command to the loop (repl_commands.hpp).
void repl(VM& machine, LineSource& lines, const ReplOptions& options);

/// What the word before the cursor may become; of a command, too.
Completion complete_input(const VM& machine, std::string_view typed);

}  // namespace interlox::vm
