// SPDX-License-Identifier: BSD-3-Clause
// Where print goes: the process's standard output, or text that a caller captures.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace interlox::vm {

/// A sink for printed text. Thread-safe: each write() arrives whole, in some order.
class Output {
 public:
  virtual ~Output() = default;
  /// Appends `text`, perhaps to a buffer. Never fails: see StandardOutput::error().
  virtual void write(std::string_view text) = 0;
  /// Passes on what is buffered.
  virtual void flush() = 0;
  /// Tells of an error that reaches nobody else, such as a cleanup's: the text and a newline on standard
  /// error, after a flush. Where that is standard error, no memory is needed.
  virtual void report(std::string_view text);
};

/// File descriptor 1, buffered (by the line if it is a terminal); shared by the language's print and
/// Lua's. Use instance(): a second object would have a buffer of its own, which is lost if nobody flushes it.
class StandardOutput final : public Output {
 public:
  /// The one instance; asks for no memory. What its buffer holds is written when the process exits.
  static const std::shared_ptr<StandardOutput>& instance() noexcept;

  StandardOutput();
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

  void write(std::string_view text) override;
  void flush() override;
  /// 0, or the errno of the first write(2) that failed; what was printed after it is dropped.
  int error() const;

 private:
  void flush_locked();
  mutable std::mutex mutex_;
  const bool line_buffered_;  // a person watches
  std::string buffer_;
  int error_ = 0;
};

/// Text that is kept.
class CapturedOutput final : public Output {
 public:
  void write(std::string_view text) override;
  void flush() override {}
  /// Among the rest: nothing goes to standard error.
  void report(std::string_view text) override;
  /// What was written so far.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace interlox::vm
