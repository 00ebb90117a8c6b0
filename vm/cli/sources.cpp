// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/sources.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/output.hpp"

namespace interlox::cli {
namespace {

/// Appends the file's text. False, with errno set, if it can't be read.
bool read_file(const std::string& path, std::string& text) {
  const int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char buffer[65536];
  ssize_t got = file < 0 ? -1 : 0;
  while (file >= 0) {
    got = read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  const int error = errno;
  if (file > STDIN_FILENO) close(file);
  errno = error;
  return got == 0;
}

/// Whether reading it ends: a report must not wait at a pipe.
bool is_regular(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

void complain(std::string_view message) { vm::StandardOutput::instance()->report(message); }

bool read_source(const std::string& path, std::string& source) {
  if (read_file(path, source)) return true;
  const int error = errno;
  complain("interlox: cannot read '" + path + "': " + std::strerror(error));
  return false;
}

std::string source_name(const std::string& path) { return path == "-" ? "stdin" : path; }

vm::ReportStyle report_style(Diagnostics diagnostics) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  vm::ReportStyle style;
  style.rich = diagnostics == Diagnostics::rich || (diagnostics == Diagnostics::automatic && terminal);
  style.color = style.rich && terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return style;
}

std::optional<std::string> Sources::find(const std::string& name) {
  const auto known = texts_.find(name);
  if (known != texts_.end()) return known->second;
  std::optional<std::string>& text = texts_[name];
  std::string read;
  if (!name.empty() && is_regular(name) && read_file(name, read)) text = std::move(read);
  return text;
}

}  // namespace interlox::cli
