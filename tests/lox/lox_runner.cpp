// SPDX-License-Identifier: BSD-3-Clause
// Runs Lox programs and compares stdout, stderr and the exit code with what their comments expect.
//
//     lox_runner --interlox PATH [--jobs N] [--arg ARG]... [--filter TEXT] [--time-limit SECONDS]
//                [--generate FOLDER] PATH...
//
// Exit code: 0 if every program passed, 1 if one failed or there was none, 2 for wrong options.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/lox/runner/expectations.hpp"
#include "tests/lox/runner/generators.hpp"
#include "tests/support/options.hpp"
#include "tests/support/process.hpp"

namespace interlox::lox_runner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: lox_runner --interlox PATH [options] PATH...\n"
    "  --interlox PATH       the interpreter to run\n"
    "  --jobs N              programs run at once (default: the number of processors)\n"
    "  --arg ARG             passed to the interpreter before the file; may be repeated\n"
    "  --filter TEXT         only programs with TEXT in their path\n"
    "  --time-limit SECONDS  for each program (default: 60)\n"
    "  --generate FOLDER     write the generated programs there, and run them too\n"
    "  PATH...               programs, or folders that are searched for *.lox\n";

struct Options {
  std::string interlox;
  std::vector<std::string> arguments;
  std::string filter;
  std::string generate;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::chrono::milliseconds time_limit{60'000};
  std::vector<fs::path> paths;
};

/// Thrown for wrong options and paths; the message is shown to the user.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename Number>
Number parse_number(const std::string& text, Number least, Number most) {
  Number value{};
  if (!test::read_number(text, least, most, value)) throw UsageError("not a fitting number: " + text);
  return value;
}

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 >= words.size()) throw UsageError(word + " needs a value");
      return words[++i];
    };
    if (word == "--interlox") {
      options.interlox = value();
    } else if (word == "--arg") {
      options.arguments.push_back(value());
    } else if (word == "--filter") {
      options.filter = value();
    } else if (word == "--generate") {
      options.generate = value();
    } else if (word == "--jobs") {
      options.jobs = parse_number<unsigned>(value(), 1, 10'000);
    } else if (word == "--time-limit") {
      const double seconds = parse_number(value(), 0.001, 1e6);
      options.time_limit = std::chrono::milliseconds(static_cast<long>(1000 * seconds));
    } else if (word.size() > 1 && word.front() == '-') {
      throw UsageError("unknown option " + word);
    } else {
      options.paths.emplace_back(word);
    }
  }
  if (options.interlox.empty()) throw UsageError("--interlox is missing");
  if (options.paths.empty() && options.generate.empty()) throw UsageError("no program given");
  return options;
}

/// Writes the generated programs, so that one that fails can be looked at and run by hand.
void write_generated(const fs::path& folder) {
  fs::create_directories(folder);
  for (const GeneratedProgram& program : generated_programs()) {
    std::ofstream file(folder / (program.name + ".lox"), std::ios::binary);
    file << program.source;
    if (!file.flush()) throw UsageError("can't write " + program.name + ".lox to " + folder.string());
  }
}

/// All programs that the paths name, in the order of their names.
std::vector<fs::path> find_programs(const Options& options) {
  std::vector<fs::path> found;
  for (const fs::path& path : options.paths) {
    if (fs::is_directory(path)) {
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file() && entry.path().extension() == ".lox") found.push_back(entry.path());
      }
    } else if (fs::exists(path)) {
      found.push_back(path);
    } else {
      throw UsageError("no such file or folder: " + path.string());
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::erase_if(
      found, [&](const fs::path& path) { return path.string().find(options.filter) == std::string::npos; });
  return found;
}

/// Runs one program. Returns what is wrong with it; nothing if it passed.
std::vector<std::string> run_program(const Options& options, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {" can't be read"};
  const std::string source((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Expectations expected = parse_expectations(source);
  if (!expected.mistakes.empty()) return expected.mistakes;

  std::vector<std::string> command{options.interlox};
  command.insert(command.end(), options.arguments.begin(), options.arguments.end());
  command.push_back(path.string());
  return compare(expected, test::run_process(command, {.time_limit = options.time_limit}));
}

/// Runs all programs on several threads; the reports stay in the order of the names.
std::vector<std::vector<std::string>> run_all(const Options& options, const std::vector<fs::path>& programs) {
  std::vector<std::vector<std::string>> reports(programs.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    // relaxed: the counter only hands out indexes; join() publishes the reports
    for (std::size_t i = next.fetch_add(1, std::memory_order_relaxed); i < programs.size();
         i = next.fetch_add(1, std::memory_order_relaxed)) {
      try {
        reports[i] = run_program(options, programs[i]);
      } catch (const std::exception& error) {
        reports[i] = {std::string(" the runner failed: ") + error.what()};
      }
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < options.jobs; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  return reports;
}

int run(const Options& options) {
  Options all = options;
  if (!all.generate.empty()) {
    write_generated(all.generate);
    all.paths.emplace_back(all.generate);
  }
  const std::vector<fs::path> programs = find_programs(all);
  const std::vector<std::vector<std::string>> reports = run_all(all, programs);

  std::size_t failed = 0;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    if (reports[i].empty()) continue;
    ++failed;
    std::printf("FAIL %s\n", programs[i].c_str());
    for (const std::string& text : reports[i])
      std::printf("  %s:%s\n", programs[i].filename().c_str(), text.c_str());
  }
  std::printf("%zu passed, %zu failed\n", programs.size() - failed, failed);
  return failed > 0 || programs.empty() ? 1 : 0;
}

}  // namespace
}  // namespace interlox::lox_runner

int main(int argc, char** argv) {
  using namespace interlox::lox_runner;
  try {
    return run(parse_options({argv + 1, argv + argc}));
  } catch (const UsageError& error) {
    std::fprintf(stderr, "lox_runner: %s\n%s", error.what(), kUsage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lox_runner: %s\n", error.what());
  }
  return 2;
}
