// SPDX-License-Identifier: BSD-3-Clause
#include "vm/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "vm/object.hpp"

namespace interlox::vm {
namespace {

/// An open file, closed at the end of the scope.
class Descriptor {
 public:
  explicit Descriptor(const char* path) noexcept {
    do {
      file_ = ::open(path, O_RDONLY | O_CLOEXEC);
    } while (file_ < 0 && errno == EINTR);  // the collector's signals interrupt, and are no error
  }
  ~Descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return file_; }

 private:
  int file_;
};

}  // namespace

int read_file(const char* path, std::string& text) {
  const Descriptor file(path);
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

}  // namespace interlox::vm
