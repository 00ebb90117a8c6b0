// SPDX-License-Identifier: BSD-3-Clause
#include "vm/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "vm/object.hpp"

namespace interlox::vm {
namespace {

constexpr mode_t kMode = 0666;  // of a new file, less what the process's mask takes away

/// An open file, closed at the end of the scope.
class Descriptor {
 public:
  Descriptor(const char* path, int flags) noexcept {
    do {
      file_ = ::open(path, flags | O_CLOEXEC, kMode);
    } while (file_ < 0 && errno == EINTR);  // the collector's signals interrupt, and are no error
  }
  ~Descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return file_; }
  /// close(), which is when some file systems tell of errors.
  int close() noexcept {
    const int result = ::close(file_);
    file_ = -1;
    return result < 0 && errno != EINTR ? errno : 0;
  }

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
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return file.close();
}

}  // namespace interlox::vm
