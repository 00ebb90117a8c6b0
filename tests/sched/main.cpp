// SPDX-License-Identifier: BSD-3-Clause
// The map and the canonical set under the deterministic scheduler (tests/support/sched): every way in which
// operations of two threads can interleave, within bounds, and random ways for three; with every old value
// that the C++ memory model lets a load return, and every allocation that may fail. Each execution must end,
// leave a sound structure, report each node once, and be explained by some order.
//   interlox_sched [--seconds=N] [--exhaustive [--part=K/N]] [--family=NAME]... [--seed=N]
//                  [--deviations=N | --preemptions=N --old-values=N]
//   interlox_sched --cast=TEXT | --replay=TEXT
// The families, and what bounds them, are in tests/sched/exploration.hpp: without --family all. With
// --exhaustive all of each, and a million schedules of one that is random; otherwise what can be drawn from
// the seed in so long (default: 10 s), the same for each family; with --part=2/8 each eighth cast, from the
// second on: what takes hours can be had in parts; with --cast, as --replay begins, all of one.
// --deviations sets the bound of the families, --preemptions and --old-values bound each kind for itself
// instead. Ends with 0, with 1 after a fault, which is told with the --replay that repeats it access by
// access, or with 64.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sched/exploration.hpp"
#include "tests/support/options.hpp"
#include "trie/hash.hpp"

namespace interlox::trie::test::interleave {
namespace {

namespace sched = interlox::test::sched;

constexpr int kUsage = 64;

// An assertion of the map, or a stray pointer. Not what a signal handler may do, but all is lost anyway.
extern "C" void tell_crash(int signal) {
  std::printf("a crash; repeat it with %s\n", replay_option().c_str());
  std::fflush(stdout);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// The scene of a cast that is taken from the front of the text; null if there is none.
std::unique_ptr<Scene> take_scene(std::string_view& text) {
  if (!take(text, current)) return nullptr;
  auto scene = make_scene(current.scene);
  for (const auto& part : current.parts) {
    for (const std::size_t op : part) {
      if (op >= scene->size()) return nullptr;
    }
  }
  scene->cast(current.parts);
  return scene;
}

// All executions of one cast. Returns the program's status.
int explore_cast(std::string_view text, const Options& options) {
  const auto scene = take_scene(text);
  if (scene == nullptr || !text.empty()) return kUsage;
  const Family& family = options.families.empty() ? kFamilies[1] : *options.families.front();
  sched::Counts counts;
  const auto failure = sched::explore_all(
      scene->programs(), bounds_of(family, options), [&] { return scene->judge(); }, counts);
  if (failure) std::printf("FAULT: %s\nrepeat it with %s\n", failure->what.c_str(), replay_option().c_str());
  std::printf("%s%llu schedules, %llu given up as redundant\n", scene->describe().c_str(),
              static_cast<unsigned long long>(counts.schedules),
              static_cast<unsigned long long>(counts.redundant));
  return failure ? 1 : 0;
}

// One execution again. Returns the program's status.
int replay(std::string_view text) {
  const auto scene = take_scene(text);
  const auto decisions = sched::to_decisions(text);
  if (scene == nullptr || !decisions) return kUsage;
  const std::string wrong = sched::replay(
      scene->programs(), [&] { return scene->judge(); }, *decisions,
      [](const std::string& line) { std::puts(line.c_str()); });
  std::printf("%s%s\n", scene->describe().c_str(), wrong.empty() ? "nothing is wrong" : wrong.c_str());
  return wrong.empty() ? 0 : 1;
}

// K/N, with K from 1 to N.
bool read_part(std::string_view text, Options& options) {
  using interlox::test::read_number;
  const std::size_t slash = std::min(text.find('/'), text.size() - 1);
  return read_number(text.substr(slash + 1), 1, 1'000'000, options.parts) &&
         read_number(text.substr(0, slash), 1, options.parts, options.part);
}

bool read_option(std::string_view word, Options& options) {
  using interlox::test::read_number;
  using interlox::test::value_of;
  if (word == "--exhaustive") return options.exhaustive = true;
  if (const auto value = value_of(word, "--seconds=")) return read_number(*value, options.seconds);
  if (const auto value = value_of(word, "--seed=")) return read_number(*value, options.seed);
  if (const auto value = value_of(word, "--part=")) return !value->empty() && read_part(*value, options);
  if (const auto value = value_of(word, "--deviations="))
    return read_number(*value, options.deviations.emplace());
  if (const auto value = value_of(word, "--preemptions="))
    return read_number(*value, options.preemptions.emplace());
  if (const auto value = value_of(word, "--old-values="))
    return read_number(*value, options.old_values.emplace());
  if (const auto value = value_of(word, "--cast=")) return options.cast.emplace(*value).data() != nullptr;
  if (const auto value = value_of(word, "--replay=")) return options.replay.emplace(*value).data() != nullptr;
  if (const auto value = value_of(word, "--family=")) {
    const auto* const at = std::find_if(kFamilies.begin(), kFamilies.end(),
                                        [&](const Family& family) { return family.name == *value; });
    if (at == kFamilies.end()) return false;
    options.families.push_back(at);
    return true;
  }
  return false;
}

int run(int count, char** words) {
  Options options;
  options.seed = random_seed() % 1'000'000'000;
  for (int i = 1; i < count; ++i) {
    if (read_option(words[i], options)) continue;
    std::fprintf(stderr, "interlox_sched: '%s' is no option (see the head of tests/sched/main.cpp)\n",
                 words[i]);
    return kUsage;
  }
  std::signal(SIGABRT, tell_crash);
  std::signal(SIGSEGV, tell_crash);
  if (options.replay) return replay(*options.replay);
  if (options.cast) return explore_cast(*options.cast, options);
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  if (options.families.empty()) {
    for (const Family& family : kFamilies) options.families.push_back(&family);
  }
  options.seconds = (options.seconds + options.families.size() - 1) / options.families.size();
  for (const Family* const family : options.families) {
    if (!Exploration(*family, options).run()) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace interlox::trie::test::interleave

int main(int count, char** words) { return interlox::trie::test::interleave::run(count, words); }
