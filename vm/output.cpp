// SPDX-License-Identifier: BSD-3-Clause
#include "vm/output.hpp"

#include <cerrno>
#include <unistd.h>

namespace interlox::vm {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

/// write(2) until all is written; 0 or the errno that stopped it.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {  // the collector's signals interrupt, and are no error
      return errno;
    }
  }
  return 0;
}

}  // namespace

void Output::report(std::string_view text) {
  flush();
  write_all(STDERR_FILENO, std::string(text) + '\n');  // in one piece; where it can't go, nothing can be said
}

const std::shared_ptr<StandardOutput>& StandardOutput::instance() {
  static const std::shared_ptr<StandardOutput> output = std::make_shared<StandardOutput>();
  return output;
}

StandardOutput::StandardOutput() : line_buffered_(::isatty(STDOUT_FILENO) == 1) {}

StandardOutput::~StandardOutput() { flush_locked(); }

void StandardOutput::write(std::string_view text) {
  const std::lock_guard guard(mutex_);
  if (error_ != 0) return;
  buffer_.append(text);
  if (buffer_.size() >= kBufferBytes || (line_buffered_ && text.find('\n') != text.npos)) flush_locked();
}

void StandardOutput::flush() {
  const std::lock_guard guard(mutex_);
  flush_locked();
}

int StandardOutput::error() const {
  const std::lock_guard guard(mutex_);
  return error_;
}

void StandardOutput::flush_locked() {
  if (error_ == 0) error_ = write_all(STDOUT_FILENO, buffer_);
  buffer_.clear();
}

void CapturedOutput::write(std::string_view text) {
  const std::lock_guard guard(mutex_);
  text_.append(text);
}

void CapturedOutput::report(std::string_view text) { write(std::string(text) + '\n'); }

std::string CapturedOutput::text() const {
  const std::lock_guard guard(mutex_);
  return text_;
}

}  // namespace interlox::vm
