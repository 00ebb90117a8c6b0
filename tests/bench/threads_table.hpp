// SPDX-License-Identifier: BSD-3-Clause
// What is run on threads, and how much faster two of them are to be than one.
#pragma once

#include <span>

namespace interlox::bench {

/// Work that any number of threads do side by side, each as much.
struct Load {
  const char* id;  // the program's file, without .lox; of a load in C++ no file's
  const char* title;
  double target;  // of two threads together, against one; 0: it is no part of the targets
  unsigned n;     // how much work; a fifth of a second, about
  unsigned quick_n;
  double (*native)(unsigned n);  // the load in C++; null: it is a program
};

/// In the order of the report.
[[nodiscard]] std::span<const Load> loads();

}  // namespace interlox::bench
