// SPDX-License-Identifier: BSD-3-Clause
// The Test Anything Protocol, as `interlox test` speaks it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "vm/output.hpp"

namespace interlox::lua {

/// Numbers and writes the results of tests. It is an Output as well: what the tests print comes
/// out between the results, as comments. Thread-safe.
class Tap final : public vm::Output {
 public:
  explicit Tap(std::shared_ptr<vm::Output> to) : to_(std::move(to)) {}

  void write(std::string_view text) override;
  void flush() override { to_->flush(); }

  /// "ok N - NAME".
  void passed(std::string_view name);
  /// "not ok N - NAME", and the lines of `why` as comments.
  void failed(std::string_view name, std::string_view why);
  /// "ok N - NAME # SKIP".
  void skipped(std::string_view name, std::string_view why);
  /// How many there were so far.
  std::size_t results() const;
  /// The plan, and a summary in words.
  void finish();

  /// Whether at least one test ran and none failed.
  bool good() const;

 private:
  // The functions below are called with mutex_ held.
  void comment(std::string_view text);
  void result(std::string_view verdict, std::string_view name, std::string_view rest);

  const std::shared_ptr<vm::Output> to_;
  mutable std::mutex mutex_;
  bool in_comment_ = false;  // the last line written is a comment that has not ended
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
};

}  // namespace interlox::lua
