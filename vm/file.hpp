// SPDX-License-Identifier: BSD-3-Clause
// Reading and writing files. The collector may stop the thread meanwhile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace interlox::vm {

/// Appends what is in the file to `text`. 0, or the errno of what went wrong: EFBIG for a file that no string
/// could hold. Throws std::bad_alloc.
int read_file(const char* path, std::string& text);

/// Writes `text` in place of what is in the file, or behind it; the file is made if need be. 0 or the errno:
/// part of the text may have been written then.
int write_file(const char* path, std::string_view text, bool append);

/// A file that is written from its start, piece by piece, through a buffer. One thread.
class OutputFile {
 public:
  /// Opens the file, which is made if need be, and empties it.
  explicit OutputFile(const char* path) noexcept;
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// 0, or the errno of the first thing that went wrong; what is written after that is dropped.
  int error() const noexcept { return error_; }
  void write(std::string_view text) noexcept;
  /// Writes what is in the buffer, and closes the file; then as error().
  int close() noexcept;

 private:
  void flush() noexcept;

  int file_;
  int error_ = 0;
  std::size_t used_ = 0;
  char buffer_[65536];
};

}  // namespace interlox::vm
