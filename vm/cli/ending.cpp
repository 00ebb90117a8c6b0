// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/ending.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "gc/recording.hpp"
#include "gc/trace.hpp"
#include "vm/cli/sources.hpp"
#include "vm/cli/statistics.hpp"
#include "vm/explore.hpp"
#include "vm/file.hpp"

namespace interlox::cli {
namespace {

/// The file that a trace goes to.
class TraceFile {
 public:
  /// False if it can't be written.
  bool open(const std::string& path) {
    path_ = path;
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0) complain_about(errno);
    return file_ >= 0;
  }

  /// Whether there is none, or it has been written.
  bool finish() noexcept try {
    if (file_ < 0) return true;
    gc::trace::stop();
    int error = 0;
    gc::trace::write_json([this, &error](std::string_view text) {
      if (error == 0) error = write_all(text);
    });
    if (::close(file_) != 0 && error == 0) error = errno;
    if (error != 0) {
      complain_about(error);
    } else if (const auto dropped = gc::trace::dropped(); dropped != 0) {
      complain("interlox: the trace lacks " + std::to_string(dropped) +
               " events, for which its memory had no room");
    }
    return error == 0;
  } catch (const std::bad_alloc&) {
    complain("interlox: out of memory for the trace");
    return false;
  }

 private:
  int write_all(std::string_view text) const noexcept {
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno != EINTR) return errno;
      text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return 0;
  }

  void complain_about(int error) const {
    complain("interlox: cannot write '" + path_ + "': " + std::strerror(error));
  }

  std::string path_;
  int file_ = -1;
};

/// The page that a recording goes to.
class ExplorePage {
 public:
  ExplorePage(std::string path, std::string program) : path_(std::move(path)), program_(std::move(program)) {}

  /// False if it can't be written.
  bool open() { return is_good(vm::OutputFile(path_.c_str()).close()); }

  bool finish() noexcept try {
    gc::recording::stop();
    return is_good(vm::write_explore_page(path_.c_str(), program_));
  } catch (const std::bad_alloc&) {
    complain("interlox: out of memory for the page");
    return false;
  }

 private:
  bool is_good(int error) const {
    if (error != 0) complain("interlox: cannot write '" + path_ + "': " + std::strerror(error));
    return error == 0;
  }

  std::string path_;
  std::string program_;
};

// Written by prepare_ending(), read by who holds `once`. Never destroyed: threads run until the process ends.
constinit bool shows_statistics = false;
constinit TraceFile* trace_file = nullptr;
constinit ExplorePage* explore_page = nullptr;
constinit std::mutex once;  // never given back

}  // namespace

bool prepare_ending(const Options& options) {
  shows_statistics = options.stats;
  if (options.stats) gc::trace::count_structure();
  if (!options.trace.empty()) {
    trace_file = new TraceFile();
    if (!trace_file->open(options.trace)) return false;
    gc::trace::start();
  }
  if (!options.explore_page.empty()) {
    auto* const page =
        new ExplorePage(options.explore_page, options.file.empty() ? "a session" : options.file);
    if (!page->open()) return false;
    explore_page = page;
    gc::recording::start();
  }
  return true;
}

int conclude(int code) noexcept {
  once.lock();
  bool is_written = trace_file == nullptr || trace_file->finish();
  if (explore_page != nullptr) is_written = explore_page->finish() && is_written;
  if (shows_statistics) show_statistics();
  return is_written || code != kOk ? code : kInputOutput;
}

}  // namespace interlox::cli
