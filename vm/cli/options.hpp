// SPDX-License-Identifier: BSD-3-Clause
// The command line: what it may say, and what it said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gc/heap.hpp"
#include "vm/thread.hpp"

namespace interlox::cli {

/// Exit codes, after sysexits.h as clox uses it. A Lua script's error is 1, and what
/// `fmt --check` finds.
enum ExitCode : int {
  kOk = 0,
  kScriptError = 1,
  kUsage = 64,
  kCompileError = 65,
  kRuntimeError = 70,
  kInputOutput = 74,
  kInterrupted = 130,
};

/// What to do.
enum class Command : std::uint8_t { run, check, dis, lua, test, format, help, version };

/// What to show of a program instead of running it.
enum class Dump : std::uint8_t { none, tokens, bytecode, symbols };

/// How errors are shown: rich means with excerpts of the source, automatic that for a terminal.
enum class Diagnostics : std::uint8_t { automatic, plain, rich };

/// A parsed command line.
struct Options {
  Command command = Command::run;
  Dump dump = Dump::none;
  Diagnostics diagnostics = Diagnostics::automatic;
  bool interactive = false;                // -i, or nothing to run
  std::vector<std::string> expressions;    // the SOURCE of each -e
  std::string file;                        // empty: none; "-": standard input
  std::vector<std::string> command_words;  // argv up to the FILE of `lua`, exclusive
  std::vector<std::string> arguments;  // what follows FILE; the PATHs of `test`; the words of `check`, `fmt`
  gc::HeapOptions heap;
  std::string trace;          // --trace: the file for it; empty: none
  bool stats = false;         // --stats
  std::string heap_snapshot;  // the file for one at the end of the program; empty: none
  std::string explore_page;   // `explore`: the page to write of the run; empty: none
  std::size_t stack_bytes = vm::StackSizes().bytes;  // of each thread
  std::string error;                                 // not empty: the line was wrong, and how
};

/// Reads argv[1] onwards. Never fails: a wrong line leaves its message in `error`.
Options parse_options(int argc, const char* const argv[]);

/// Reads what INTERLOX_DEBUG holds: settings KEY=VALUE with commas between them. A wrong one leaves its
/// message in `error`, unless there is one already.
void parse_debug(std::string_view settings, Options& options);

/// "32m" as 33554432. Returns false unless `text` is a decimal number with at most one of
/// the suffixes k, m, g (either case) that fits in a size_t and is not 0.
bool parse_size(std::string_view text, std::size_t& bytes);

/// What --help prints.
std::string_view help_text();

}  // namespace interlox::cli
