// SPDX-License-Identifier: BSD-3-Clause
#include "vm/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "vm/object.hpp"

namespace interlox::vm {
namespace {

constexpr mode_t kMode = 0666;  // of a new file, less what the process's mask takes away

/// The descriptor, or -1 with errno set.
int open_file(const char* path, int flags) noexcept {
  int file = -1;
  do {
    file = ::open(path, flags | O_CLOEXEC, kMode);
  } while (file < 0 && errno == EINTR);  // the collector's signals interrupt, and are no error
  return file;
}

/// 0 or the errno, as all here. Closing is when some file systems tell of errors.
int close_file(int file) noexcept { return ::close(file) < 0 && errno != EINTR ? errno : 0; }

int write_all(int file, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

/// An open file, closed at the end of the scope.
class Descriptor {
 public:
  Descriptor(const char* path, int flags) noexcept : file_(open_file(path, flags)) {}
  ~Descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return file_; }
  int close() noexcept { return close_file(std::exchange(file_, -1)); }

 private:
  int file_;
};

}  // namespace

int read_file(const char* path, std::string& text) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) return errno;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got == 0) return 0;
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
      if (text.size() > String::kMaxLength) return EFBIG;
    } else if (errno != EINTR) {
      return errno;
    }
  }
}

int write_file(const char* path, std::string_view text, bool append) {
  Descriptor file(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));
  if (file.get() < 0) return errno;
  const int error = write_all(file.get(), text);
  return error != 0 ? error : file.close();
}

OutputFile::OutputFile(const char* path) noexcept : file_(open_file(path, O_WRONLY | O_CREAT | O_TRUNC)) {
  if (file_ < 0) error_ = errno;
}

OutputFile::~OutputFile() {
  if (file_ >= 0) ::close(file_);
}

void OutputFile::write(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t fits = std::min(text.size(), sizeof buffer_ - used_);
    std::memcpy(buffer_ + used_, text.data(), fits);
    used_ += fits;
    text.remove_prefix(fits);
    if (used_ == sizeof buffer_) flush();
  }
}

void OutputFile::flush() noexcept {
  if (error_ == 0) error_ = write_all(file_, {buffer_, used_});
  used_ = 0;
}

int OutputFile::close() noexcept {
  flush();
  const int closed = close_file(std::exchange(file_, -1));
  if (error_ == 0) error_ = closed;
  return error_;
}

}  // namespace interlox::vm
