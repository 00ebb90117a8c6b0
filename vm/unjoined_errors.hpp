// SPDX-License-Identifier: BSD-3-Clause
// Errors that ended threads, until somebody joins them: none gets lost.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vm/output.hpp"

namespace interlox::vm {

/// The texts, each with the output that is to report it. In malloc's memory; any thread, blocks for a moment.
class UnjoinedErrors {
 public:
  static UnjoinedErrors& instance();

  /// Keeps a text (without a newline at the end), and gives a number for it, not 0. Throws std::bad_alloc.
  std::uint64_t add(std::string text, std::shared_ptr<Output> output);
  /// Somebody knows of the error now. No effect on numbers that are not kept any more, or 0.
  void forget(std::uint64_t number) noexcept;
  /// Nobody will join the thread: says what its error was.
  void report(std::uint64_t number) noexcept;
  /// Reports all, in the order in which the threads ended. At the end of the process.
  void report_all() noexcept;

 private:
  struct State;
  explicit UnjoinedErrors(State& state) noexcept : state_(state) {}
  State& state_;
};

}  // namespace interlox::vm
