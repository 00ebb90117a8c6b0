// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/format_command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/cli/options.hpp"
#include "vm/cli/sources.hpp"
#include "vm/formatter.hpp"
#include "vm/output.hpp"

namespace interlox::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kWouldChange = 1;

void say(const std::string& text) { vm::StandardOutput::instance()->write(text); }

/// A file that takes another one's place once it is complete.
class Replacement {
 public:
  explicit Replacement(const std::string& target) : target_(target), name_(target + ".XXXXXX") {
    file_ = mkstemp(name_.data());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (file_ >= 0) close(file_);
    if (file_ >= 0 && !done_) unlink(name_.c_str());
  }

  /// False, with the reason in errno, if the target is as before.
  bool commit(std::string_view text) {
    struct stat status {};
    if (file_ < 0 || stat(target_.c_str(), &status) != 0) return false;
    if (!write_all(text) || fchmod(file_, status.st_mode & 07777) != 0 || fsync(file_) != 0) return false;
    done_ = rename(name_.c_str(), target_.c_str()) == 0;
    return done_;
  }

 private:
  bool write_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  const std::string target_;
  std::string name_;
  int file_ = -1;
  bool done_ = false;
};

/// One run of the command.
class Formatting {
 public:
  explicit Formatting(bool check) : check_(check) {}

  void path(const std::string& path) {
    std::error_code error;
    if (path != "-" && fs::is_directory(path, error)) return folder(path);
    file(path);
  }

  int code() const noexcept { return code_; }

 private:
  void worsen(int code) noexcept { code_ = std::max(code_, code); }

  // In the order of the names, so that two runs say the same.
  void folder(const std::string& path) {
    std::vector<std::string> found;
    std::error_code error;
    fs::recursive_directory_iterator entry(path, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (entry->path().extension() == ".lox" && entry->is_regular_file(error))
        found.push_back(entry->path());
    }
    if (error) {
      complain("interlox: cannot read '" + path + "': " + error.message());
      worsen(kInputOutput);
    }
    std::sort(found.begin(), found.end());
    for (const std::string& name : found) file(name);
  }

  void file(const std::string& path) {
    const std::string name = path == "-" ? "stdin" : path;
    std::string source;
    if (!read_source(path, source)) return worsen(kInputOutput);
    try {
      result(path, name, source, vm::format(source));
    } catch (const vm::FormatError& error) {
      complain(name + ':' + std::to_string(error.at().line) + ':' + std::to_string(error.at().column) + ": " +
               error.what());
      worsen(error.cause() == vm::FormatError::Cause::source ? kCompileError : kRuntimeError);
    }
  }

  void result(const std::string& path, const std::string& name, const std::string& source,
              const std::string& formatted) {
    if (check_) {
      if (formatted == source) return;
      say(name + '\n');
      return worsen(kWouldChange);
    }
    if (path == "-") return say(formatted);
    if (formatted == source) return;
    std::error_code error;
    const fs::path target = fs::canonical(path, error);  // a link stays one
    if (error || !Replacement(target).commit(formatted)) {
      complain("interlox: cannot write '" + path + "': " + (error ? error.message() : std::strerror(errno)));
      return worsen(kInputOutput);
    }
    say(name + '\n');
  }

  const bool check_;
  int code_ = kOk;
};

}  // namespace

int format_command(const std::vector<std::string>& arguments) {
  bool check = false;
  bool options = true;
  std::vector<std::string> paths;
  for (const std::string& word : arguments) {
    if (!options || word.empty() || word[0] != '-' || word == "-") {
      paths.push_back(word);
    } else if (word == "--") {
      options = false;
    } else if (word == "--check") {
      check = true;
    } else {
      complain("interlox: unknown option '" + word + "' of fmt\nTry 'interlox --help'.");
      return kUsage;
    }
  }
  if (paths.empty()) paths.emplace_back("-");
  Formatting formatting(check);
  for (const std::string& path : paths) formatting.path(path);
  return formatting.code();
}

}  // namespace interlox::cli
