// SPDX-License-Identifier: BSD-3-Clause
// Records histories of the map, of the canonical set and of the language's ConcurrentMap, and checks that
// they are linearizable (checker.hpp).
//   interlox_lin [OPTION]... [INTERLOX [ARG]...]
// INTERLOX is the program that runs the language, the ARGs, such as --gc-stress=N, come before each program's
// name; without it that part is left out.
//   --seconds=N     for so long, at least (default 10, or 0 with --scenarios)
//   --scenarios=N   so many of each subject, at least
//   --runs=N        of each scenario (default 200)
//   --seed=N        of the first scenario; the next have the numbers after it (default: a random one). A seed
//   makes a
//                   scenario, not the order of its threads: --scenarios=1 --runs=1000000 --seed=N has it
//                   again and again
//   --subject=NAME  only this one: std (the map), gc (the map on the collected heap), set (the canonical
//   set), lox
// Ends with 0, with 1 after a history that is not linearizable, or with 64.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lin/stage.hpp"
#include "tests/lin/subject.hpp"
#include "tests/lin/watch.hpp"
#include "tests/support/options.hpp"
#include "trie/hash.hpp"

namespace interlox::lin {
namespace {

constexpr int kUsage = 64;
#ifdef INTERLOX_LIN_COLLECTOR
constexpr bool kCollector = true;
#else
constexpr bool kCollector = false;
#endif

struct Options {
  std::optional<std::uint64_t> seconds;
  std::uint64_t scenarios = 0;
  std::uint64_t runs = 200;
  std::uint64_t seed = trie::random_seed() % 1'000'000'000;
  std::string subject;
  std::vector<std::string> command;
};

bool read_option(std::string_view word, Options& options) {
  using test::read_number;
  using test::value_of;
  if (const auto value = value_of(word, "--seconds=")) return read_number(*value, options.seconds.emplace());
  if (const auto value = value_of(word, "--scenarios=")) return read_number(*value, options.scenarios);
  if (const auto value = value_of(word, "--runs="))
    return read_number(*value, 1, ~std::uint64_t{0}, options.runs);
  if (const auto value = value_of(word, "--seed=")) return read_number(*value, options.seed);
  if (const auto value = value_of(word, "--subject=")) {
    options.subject = *value;
    return *value == "std" || *value == "set" || *value == "lox" || (kCollector && *value == "gc");
  }
  return false;
}

std::vector<std::unique_ptr<Stage>> stages_of(const Options& options) {
  std::vector<std::unique_ptr<Stage>> all;
  const auto wanted = [&](std::string_view name) {
    return options.subject.empty() || options.subject == name;
  };
  if (wanted("std")) all.push_back(make_stage(map_on_std()));
#ifdef INTERLOX_LIN_COLLECTOR
  if (wanted("gc")) all.push_back(make_stage(map_on_collected_heap()));
#endif
  if (wanted("set")) all.push_back(make_stage(set_on_std()));
  if (wanted("lox") && !options.command.empty()) all.push_back(make_lox_stage(options.command));
  return all;
}

int run(const Options& options) {
  using Clock = std::chrono::steady_clock;
  std::cout << "seed " << options.seed << std::endl;
  const Watch watch;
  const std::vector<std::unique_ptr<Stage>> stages = stages_of(options);
  if (stages.empty()) {
    std::cerr << "interlox_lin: --subject=lox needs INTERLOX\n";
    return kUsage;
  }
  const auto end =
      Clock::now() + std::chrono::seconds(options.seconds.value_or(options.scenarios == 0 ? 10 : 0));
  bool well = true;
  for (std::uint64_t i = 0; well && (i < options.scenarios || Clock::now() < end); ++i) {
    for (const auto& stage : stages) well = well && stage->play(options.seed + i, options.runs);
  }
  const char* separator = "";
  for (const auto& stage : stages) {
    const Tally& tally = stage->tally();
    std::cout << separator << stage->name() << ": " << tally.scenarios << " scenarios, " << tally.runs
              << " runs (" << tally.overlapping << " with overlaps), " << tally.operations << " operations";
    separator = "; ";
  }
  std::cout << (well ? ": all linearizable" : ": NOT LINEARIZABLE") << std::endl;
  return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace interlox::lin

int main(int argc, char* argv[]) {
  namespace lin = interlox::lin;
  lin::Options options;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] != '-') {
      options.command.assign(argv + i, argv + argc);
      break;
    }
    if (lin::read_option(argv[i], options)) continue;
    std::cerr << "usage: interlox_lin [--seconds=N] [--scenarios=N] [--runs=N] [--seed=N] [--subject="
              << (lin::kCollector ? "std|gc|set|lox" : "std|set|lox")
              << "] [INTERLOX [ARG]...]\nnot understood: " << argv[i] << '\n';
    return lin::kUsage;
  }
  try {
    return lin::run(options);
  } catch (const std::exception& error) {
    std::cerr << "interlox_lin: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
