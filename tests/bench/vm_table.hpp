// SPDX-License-Identifier: BSD-3-Clause
// The programs that the interpreter is measured with, and how fast they are to be.
#pragma once

#include <span>

namespace interlox::bench {

/// A program of tests/bench/programs/vm, which is there twice: in Lox and in Lua.
struct Program {
  const char* id;  // the files' name, without .lox and .lua
  const char* title;
  double floor;  // of lua5.4's speed; 0: it is no part of the targets
  double goal;   // likewise
};

/// In the order of the report: first those with targets.
[[nodiscard]] std::span<const Program> programs();

/// The geometric mean of the programs' floors, or of their goals.
[[nodiscard]] double mean_target(double Program::*target);

/// CPU time of an empty program at most, in milliseconds.
inline constexpr double kStartMs = 10;
/// Megabytes of source that are compiled in a second at least.
inline constexpr double kCompileSpeed = 20;

}  // namespace interlox::bench
