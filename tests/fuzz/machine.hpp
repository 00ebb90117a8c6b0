// SPDX-License-Identifier: BSD-3-Clause
// The VM as fuzz targets use it: on a thread that lives as long as the process, where no program runs long,
// takes much memory, touches a file or starts what goes on behind the target's back.
#pragma once

#include <chrono>
#include <memory>

#include "vm/vm.hpp"

namespace interlox::fuzz {

/// Starts the collector with a small heap, and the thread that ends what takes too long. For
/// LLVMFuzzerInitialize. What is printed goes nowhere from now on.
void start_machine();

/// A VM with the builtins and the modules but for io and os; spawn() only with `threads`.
std::unique_ptr<vm::VM> make_machine(bool threads = false);

/// While this lives, what the thread runs is interrupted after a moment, and again if that does not help:
/// loops, waits, sleeps. No native function is.
class TimeLimit {
 public:
  TimeLimit();
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
};

}  // namespace interlox::fuzz
