// SPDX-License-Identifier: BSD-3-Clause
// Runs random programs whose threads race (race_program.hpp), each in a process of its own: none may crash,
// hang, or meet a value where nobody has put it.
//   interlox_race_programs [OPTION]... INTERLOX [ARG]...
// INTERLOX is the program that runs them; the ARGs, such as --gc-stress=N, come before each program's name.
//   --seconds=N    until so much time has passed (default 10)
//   --programs=N   or so many programs have run
//   --seed=N       of the first; the next have the numbers after it (default: a random one)
//   --repeat       the first one again and again: a seed makes the program, not the order of its threads
//   --rounds=N     that many rounds of its steps in each program, at most
//   --limit=N      the seconds that one program may take (default 120)
//   --scenes=DIR   where the scenes are (default: tests/stress/race)
//   --keep=DIR     where programs that fail are left, and what they wrote (default: the folder for temporary
//   files)
//   --print        only prints the first program
// Ends with 0, with 1 after a fault, or with 64.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "tests/stress/race_program.hpp"
#include "tests/support/options.hpp"
#include "tests/support/process.hpp"
#include "trie/hash.hpp"

namespace interlox::race {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using test::Ending;
using test::ProcessResult;

constexpr int kUsage = 64;
constexpr std::uint64_t kMostFaults = 10;  // with so many there is no need for more

struct Options {
  std::uint64_t seconds = 10;
  std::optional<std::uint64_t> programs;
  std::uint64_t seed = trie::random_seed() % 1'000'000'000;
  std::uint64_t rounds = ~std::uint64_t{0};
  std::uint64_t limit = 120;
  bool repeats = false;
  bool only_prints = false;
  fs::path scenes = INTERLOX_RACE_SCENES;
  fs::path keep = fs::temp_directory_path();
  std::vector<std::string> command;
};

bool read_option(std::string_view word, Options& options) {
  using test::read_number;
  using test::value_of;
  if (const auto value = value_of(word, "--seconds=")) return read_number(*value, options.seconds);
  if (const auto value = value_of(word, "--programs="))
    return read_number(*value, options.programs.emplace());
  if (const auto value = value_of(word, "--seed=")) return read_number(*value, options.seed);
  if (const auto value = value_of(word, "--rounds=")) return read_number(*value, options.rounds);
  if (const auto value = value_of(word, "--limit=")) return read_number(*value, options.limit);
  if (const auto value = value_of(word, "--scenes=")) return !(options.scenes = *value).empty();
  if (const auto value = value_of(word, "--keep=")) return !(options.keep = *value).empty();
  if (word == "--repeat") return options.repeats = true;
  if (word == "--print") return options.only_prints = true;
  return false;
}

/// Whether the words have been understood; `not_understood` is the first that has not.
bool read_options(const std::vector<std::string>& words, Options& options, std::string& not_understood) {
  auto word = words.begin();
  for (; word != words.end() && word->starts_with("-"); ++word) {
    if (!read_option(*word, options)) {
      not_understood = *word;
      return false;
    }
  }
  options.command.assign(word, words.end());
  return options.only_prints || !options.command.empty();
}

/// A folder of this process, which goes with it.
class Folder {
 public:
  explicit Folder(const fs::path& parent) : path_(parent / ("interlox-race-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

/// Whether this is what programs write (race_program.hpp).
bool is_well_written(std::string_view output) {
  while (output != "done\n") {
    const std::size_t end = output.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view line = output.substr(0, end);
    const std::size_t half = line.size() / 2;
    if (line.size() % 2 == 0 || line[half] != '=' || line.substr(0, half) != line.substr(half + 1))
      return false;
    output.remove_prefix(end + 1);
  }
  return true;
}

/// What is wrong with how a program ended; empty if nothing is.
std::string fault_of(const ProcessResult& result) {
  switch (result.ending) {
    case Ending::kExited:
      if (result.code != 0) return "it ended with " + std::to_string(result.code);
      if (!is_well_written(result.output)) return "it wrote something else to stdout";
      return result.errors.empty() ? "" : "it wrote something to stderr";
    case Ending::kSignalled:
      return "it was ended by signal " + std::to_string(result.code);
    case Ending::kTimedOut:
      return "it did not end in time";
    case Ending::kTooMuchOutput:
      return "it wrote too much";
    case Ending::kNotStarted:
      return "it could not be started: " + result.error;
  }
  return "it ended in an unknown way";
}

/// The last lines of a text, but not too much of it.
std::string_view end_of(std::string_view text) {
  constexpr std::size_t kMost = 4000;
  return text.size() > kMost ? text.substr(text.size() - kMost) : text;
}

class Runs {
 public:
  Runs(const Options& options, const Scenes& scenes)
      : options_(options), scenes_(scenes), folder_(fs::temp_directory_path()) {}

  /// Whether all went well.
  bool run() {
    const Clock::time_point end = Clock::now() + std::chrono::seconds(options_.seconds);
    const auto goes_on = [&] {
      return faults_ < kMostFaults && (options_.programs ? count_ < *options_.programs : Clock::now() < end);
    };
    while (goes_on()) {
      run_one(make_program(scenes_, options_.seed + (options_.repeats ? 0 : count_), options_.rounds));
      ++count_;
    }
    std::cout << count_ << " programs, " << faults_ << " faults\n";
    return faults_ == 0;
  }

 private:
  void run_one(const Program& program) {
    for (const auto& [name, text] : program.files) write_file(folder_.path() / name, text);
    std::vector<std::string> arguments = options_.command;
    arguments.push_back((folder_.path() / program.files.front().first).string());
    test::ProcessOptions how;
    how.time_limit = std::chrono::seconds(options_.limit);
    const ProcessResult result = test::run_process(arguments, how);
    if (const std::string fault = fault_of(result); !fault.empty()) tell(program, result, fault);
    for (const auto& [name, text] : program.files) fs::remove(folder_.path() / name);
  }

  void tell(const Program& program, const ProcessResult& result, const std::string& fault) {
    ++faults_;
    const fs::path kept =
        options_.keep / ("race-" + std::to_string(getpid()) + "-" + std::to_string(faults_));
    fs::create_directories(kept);
    for (const auto& [name, text] : program.files) write_file(kept / name, text);
    write_file(kept / "stdout", result.output);
    write_file(kept / "stderr", result.errors);
    std::cout << "FAILED: " << program.about << "\n  " << fault << "\n  kept in " << kept.string()
              << "\n  run by";
    for (const std::string& word : options_.command) std::cout << ' ' << word;
    std::cout << '\n' << end_of(result.output) << end_of(result.errors) << std::endl;
  }

  const Options& options_;
  const Scenes& scenes_;
  Folder folder_;
  std::uint64_t count_ = 0;
  std::uint64_t faults_ = 0;
};

void print(const Program& program) {
  for (const auto& [name, text] : program.files) std::cout << "// " << name << "\n" << text << "\n";
}

int run(const Options& options) {
  try {
    const Scenes scenes = read_scenes(options.scenes);
    if (options.only_prints) {
      print(make_program(scenes, options.seed, options.rounds));
      return EXIT_SUCCESS;
    }
    std::cout << "seed " << options.seed << std::endl;
    return Runs(options, scenes).run() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "interlox_race_programs: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace interlox::race

int main(int argc, char* argv[]) {
  namespace race = interlox::race;
  race::Options options;
  std::string not_understood = "no program to run them with";
  if (!race::read_options({argv + 1, argv + argc}, options, not_understood)) {
    std::cerr << "usage: interlox_race_programs [--seconds=N] [--programs=N] [--seed=N] [--repeat] "
                 "[--rounds=N] [--limit=N] "
                 "[--scenes=DIR] [--keep=DIR] [--print] INTERLOX [ARG]...\nnot understood: "
              << not_understood << '\n';
    return race::kUsage;
  }
  return race::run(options);
}
