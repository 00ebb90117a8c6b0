// SPDX-License-Identifier: BSD-3-Clause
#include "vm/output.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <new>
#include <sys/uio.h>
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
  // In one piece where that goes, and without asking for memory: it may be the lack of it that is reported.
  // Where nothing can be written, nothing can be said.
  char newline = '\n';
  const std::array<iovec, 2> parts{{{const_cast<char*>(text.data()), text.size()}, {&newline, 1}}};
  ssize_t written = 0;
  do {
    written = ::writev(STDERR_FILENO, parts.data(), parts.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return;
  const auto done = static_cast<std::size_t>(written);
  if (done <= text.size() && write_all(STDERR_FILENO, text.substr(done)) == 0)
    write_all(STDERR_FILENO, {&newline, 1});
}

const std::shared_ptr<StandardOutput>& StandardOutput::instance() noexcept {
  // In no memory that would have to be asked for, and never destroyed: threads may run until the process
  // ends.
  alignas(StandardOutput) static std::byte place[sizeof(StandardOutput)];
  static auto* const object = ::new (place) StandardOutput();
  static const std::shared_ptr<StandardOutput> output(std::shared_ptr<void>(), object);
  static const struct AtExit {
    ~AtExit() { object->flush(); }
  } at_exit;
  return output;
}

StandardOutput::StandardOutput() : line_buffered_(::isatty(STDOUT_FILENO) == 1) {}

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
