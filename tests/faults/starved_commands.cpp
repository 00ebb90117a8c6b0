// SPDX-License-Identifier: BSD-3-Clause
// Runs the program interlox again and again while one request for memory is refused, or all from one on: each
// run must end by itself, with an exit code that is documented, say what was missing, and keep what it has
// printed.
//   interlox_starved_commands [--every=N] LIBRARY INTERLOX
// LIBRARY is refuse_memory.cpp's. Each request of the start, which all commands share, is refused, and each
// Nth of the others (default: each), from one on that is drawn. Ends with 0, with 1 after a fault, or
// with 64.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "tests/faults/refusals.hpp"
#include "tests/support/options.hpp"
#include "tests/support/process.hpp"
#include "trie/hash.hpp"

namespace interlox::test {
namespace {

constexpr int kUsage = 64;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kStart = 70;  // requests before a command does what is its own
constexpr std::size_t kMostFaults = 10;

using Words = std::vector<std::string>;

/// The file that a starved process shares with this one.
class SharedRefusals {
 public:
  SharedRefusals() : file_(memfd_create("refusals", 0)) {
    if (file_ < 0 || ftruncate(file_, sizeof(Refusals)) != 0) throw std::bad_alloc();
    void* const memory = mmap(nullptr, sizeof(Refusals), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    refusals_ = static_cast<Refusals*>(memory);
  }
  ~SharedRefusals() {
    munmap(refusals_, sizeof(Refusals));
    close(file_);
  }
  SharedRefusals(const SharedRefusals&) = delete;
  SharedRefusals& operator=(const SharedRefusals&) = delete;

  std::string variable() const {
    return std::string(kRefusalsVariable) + "=/proc/" + std::to_string(getpid()) + "/fd/" +
           std::to_string(file_);
  }
  void refuse(std::uint64_t first, std::uint64_t last) noexcept {
    refusals_->first = first;
    refusals_->last = last;
    refusals_->made = 0;
  }
  std::uint64_t made() const noexcept { return refusals_->made; }

 private:
  int file_;
  Refusals* refusals_ = nullptr;
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Libraries that can't do without memory end the process by themselves: bdwgc before it has any heap.
bool is_last_word_of_library(const ProcessResult& r) {
  constexpr std::array<std::string_view, 3> kWords{"Insufficient memory for ", "No space for mark stack\n",
                                                   "Can't start up: not enough memory\n"};
  const bool ended =
      (r.ending == Ending::kExited && r.code == 1) || (r.ending == Ending::kSignalled && r.code == 6);
  return ended && r.output.empty() && std::any_of(kWords.begin(), kWords.end(), [&](std::string_view w) {
           return r.errors.starts_with(w);
         });
}

/// The line of the program's top level that a trace names.
std::optional<std::uint64_t> failed_line(std::string_view errors, std::string_view before,
                                         std::string_view after) {
  const std::size_t end = errors.rfind(after);
  if (end == std::string_view::npos) return std::nullopt;
  const std::size_t begin = errors.rfind(before, end);
  if (begin == std::string_view::npos) return std::nullopt;
  std::uint64_t line = 0;
  std::from_chars(errors.data() + begin + before.size(), errors.data() + end, line);
  return line;
}

/// What is wrong with a starved run; null if nothing is.
const char* fault(const ProcessResult& good, const ProcessResult& r) {
  if (is_last_word_of_library(r)) return nullptr;
  if (r.ending == Ending::kTimedOut) return "it hung";
  if (r.ending != Ending::kExited) return "it crashed";
  if (r.code == good.code && r.errors.empty()) {  // it could do without
    return r.output == good.output ? nullptr : "its output is not whole";
  }
  // A failed test says so among the results.
  if (r.code == 1 && has(r.output, "not ok") && has(r.output, "emory")) return nullptr;
  if (r.code != 70 && r.code != 1 && r.code != 74) return "there is no such exit code";
  if (!has(r.errors, "emory") && !has(r.errors, "annot start a thread")) return "it does not say why";
  if (has(r.errors, "terminate called")) return "an exception has escaped";
  if (!good.output.starts_with(r.output)) return "its output is another one";
  auto line = failed_line(r.errors, "[line ", "] in script");
  if (!line) line = failed_line(r.errors, "script.lua:", ": in main chunk");
  const auto printed = static_cast<std::uint64_t>(std::count(r.output.begin(), r.output.end(), '\n'));
  if (line && printed + 1 < *line) return "what it has printed is lost";  // each line of the programs prints
  return nullptr;
}

class Starvation {
 public:
  Starvation(std::uint64_t every, const std::string& library, std::string interlox)
      : every_(every), preload_("LD_PRELOAD=" + library), interlox_(std::move(interlox)) {}

  /// Starves one command: at each of the first `whole` requests, and at some of the others.
  void run(const Words& command, std::uint64_t whole) {
    const ProcessResult good = starve(command, 0, 0);
    const std::uint64_t requests = shared_.made();
    if (good.ending != Ending::kExited || requests == 0) return complain(command, 0, "it does not run", good);
    const std::uint64_t drawn = whole + 1 + trie::random_seed() % every_;
    for (std::uint64_t n = whole == 0 ? drawn : 1; n <= requests; n = n < whole    ? n + 1
                                                                      : n == whole ? drawn
                                                                                   : n + every_) {
      for (const std::uint64_t last : {n, kAll}) {
        const ProcessResult r = starve(command, n, last);
        ++runs_;
        if (const char* const what = fault(good, r)) complain(command, n, what, r);
        if (faults_ == kMostFaults) return;
      }
    }
  }

  /// Starves all commands; false if something went wrong.
  bool run_all() {
    const std::string folder = INTERLOX_STARVED;
    const std::vector<Words> commands{{folder + "/program.lox"},
                                      {"--trace=/dev/null", folder + "/program.lox"},
                                      {"--heap-snapshot=/dev/null", "-e", "print 1;"},
                                      {"lua", folder + "/script.lua"},
                                      {"check", folder + "/program.lox"},
                                      {"dis", folder + "/program.lox"},
                                      {"fmt", "--check", folder + "/unformatted.lox"},
                                      {"test", folder + "/map_spec.lua"}};
    for (const Words& command : commands) run(command, &command == commands.data() ? kStart : 0);
    std::cout << runs_ << " runs, " << faults_ << " faults\n";
    return faults_ == 0;
  }

 private:
  ProcessResult starve(const Words& command, std::uint64_t first, std::uint64_t last) {
    Words words{"env", preload_, shared_.variable(), interlox_};
    words.insert(words.end(), command.begin(), command.end());
    shared_.refuse(first, last);
    return run_process(words);
  }

  void complain(const Words& command, std::uint64_t n, const char* what, const ProcessResult& r) {
    ++faults_;
    std::cout << "interlox";
    for (const std::string& word : command) std::cout << ' ' << word;
    std::cout << ", request " << n << ": " << what << " (" << r.code << ")\n" << r.errors << r.error << '\n';
  }

  const std::uint64_t every_;
  const std::string preload_;
  const std::string interlox_;
  SharedRefusals shared_;
  std::uint64_t runs_ = 0;
  std::size_t faults_ = 0;
};

int run_main(const std::vector<std::string_view>& words) {
  std::uint64_t every = 1;
  std::size_t next = 0;
  if (const auto value = words.empty() ? std::nullopt : value_of(words[0], "--every=")) {
    if (!read_number(*value, 1, ~std::uint64_t{0}, every)) return kUsage;
    ++next;
  }
  if (words.size() != next + 2) return kUsage;
  return Starvation(every, std::string(words[next]), std::string(words[next + 1])).run_all() ? 0 : 1;
}

}  // namespace
}  // namespace interlox::test

int main(int argc, char* argv[]) {
  const int code = interlox::test::run_main({argv + 1, argv + argc});
  if (code == 64) std::cerr << "usage: interlox_starved_commands [--every=N] LIBRARY INTERLOX\n";
  return code;
}
