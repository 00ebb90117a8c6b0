// SPDX-License-Identifier: BSD-3-Clause
// The map under the deterministic scheduler (tests/support/sched): every way in which operations of two
// threads can interleave, within bounds, and random ways for three; with every old value that the C++ memory
// model lets a load return. Each execution must end, leave a sound map, report each node once, and be
// explained by some order.
//   interlox_sched [--seconds=N] [--exhaustive] [--family=pairs|programs|threes] [--seed=N]
//                  [--preemptions=N] [--old-values=N]
//   interlox_sched --cast=TEXT | --replay=TEXT
// Families: pairs of operations (up to 3 deviations: preemptions, and loads that return an old value), pairs
// of programs of two operations (up to 2), three threads of one or two operations at random. With
// --exhaustive all of the first two and a million schedules of the third; otherwise what can be drawn from
// the seed in so long (default: 10 s), the same for each family; with --cast, as --replay begins, all of one.
// --preemptions and --old-values bound each kind for itself instead. Ends with 0, with 1 after a fault, which
// is told with the --replay that repeats it access by access, or with 64.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sched/map_scene.hpp"
#include "tests/support/sched/explore.hpp"
#include "trie/hash.hpp"

namespace interlox::trie::test::interleave {
namespace {

namespace sched = interlox::test::sched;
using Clock = std::chrono::steady_clock;

constexpr int kUsage = 64;
constexpr std::uint64_t kManyRandom = 1'000'000;
constexpr std::uint64_t kRandomAtOnce = 200;  // of one cast
constexpr std::uint64_t kMostOfOne = 20'000;  // executions of one cast, where others are to be drawn, too

enum class Family { kPairs, kPrograms, kThrees };
constexpr std::array kFamilies{Family::kPairs, Family::kPrograms, Family::kThrees};
constexpr std::array<std::string_view, 3> kNames{"pairs", "programs", "threes"};
constexpr std::string_view name_of(Family family) { return kNames[static_cast<std::size_t>(family)]; }

struct Options {
  std::uint64_t seconds = 10;
  std::uint64_t seed = random_seed() % 1'000'000'000;
  bool exhaustive = false;
  std::optional<Family> family;
  std::optional<std::uint64_t> preemptions;
  std::optional<std::uint64_t> old_values;
  std::optional<std::string_view> cast;
  std::optional<std::string_view> replay;
};

// One map, and what the threads do to it.
struct Cast {
  bool wide = false;
  std::size_t shape = 0;
  Scene::Parts parts;
};

// "w5-3,4+7-": wide values, shape 5, operations 3 and 4 of the first thread, 7 of the second.
std::string to_text(const Cast& cast) {
  std::string text = (cast.wide ? 'w' : 'i') + std::to_string(cast.shape) + '-';
  for (const auto& part : cast.parts) {
    if (&part != &cast.parts.front()) text += '+';
    for (const std::size_t& op : part) text += (&op != &part.front() ? "," : "") + std::to_string(op);
  }
  return text + '-';
}

// Takes a number from the front of the text.
bool take(std::string_view& text, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

bool take(std::string_view& text, char mark) {
  if (text.empty() || text[0] != mark) return false;
  text.remove_prefix(1);
  return true;
}

bool take(std::string_view& text, Cast& cast) {
  cast = {};
  cast.wide = take(text, 'w');
  if (!cast.wide && !take(text, 'i')) return false;
  if (!take(text, cast.shape) || cast.shape >= shapes().size() || !take(text, '-')) return false;
  do {
    cast.parts.emplace_back();
    do {
      if (!take(text, cast.parts.back().emplace_back())) return false;
    } while (take(text, ','));
  } while (take(text, '+'));
  return take(text, '-') && cast.parts.size() <= sched::kMostThreads;
}

// What is being explored, for whoever finds the process dying in it.
Cast current;

std::string replay_option() { return "--replay=" + to_text(current) + sched::to_text(world.decisions()); }

// An assertion of the map, or a stray pointer. Not what a signal handler may do, but all is lost anyway.
extern "C" void tell_crash(int signal) {
  std::printf("a crash; repeat it with %s\n", replay_option().c_str());
  std::fflush(stdout);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

sched::World::Bounds bounds_of(Family family, const Options& options) {
  sched::World::Bounds bounds;
  if (options.preemptions || options.old_values) {
    bounds.preemptions = static_cast<unsigned>(options.preemptions.value_or(0));
    bounds.old_values = static_cast<unsigned>(options.old_values.value_or(0));
  } else {
    bounds.deviations = family == Family::kPairs ? 3 : 2;
  }
  return bounds;
}

// Explores the casts of one family.
class Exploration {
 public:
  Exploration(Family family, const Options& options) : family_(family), options_(options) {}

  // Returns whether all was well.
  bool run() {
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::seconds(options_.seconds);
    const bool well = family_ == Family::kThrees ? run_threes(end) : run_pairs(end);
    std::printf("%s: %llu casts", name_of(family_).data(), count(casts_));
    if (all_ != 0) std::printf(" of %llu (%llu of them cut)", count(all_), count(counts_.cut));
    std::printf(", %llu schedules, %llu given up as redundant, %llu restarts, up to %llu accesses, %.1f s\n",
                count(counts_.schedules), count(counts_.redundant), count(counts_.restarts),
                count(counts_.most_steps), std::chrono::duration<double>(Clock::now() - begin).count());
    std::fflush(stdout);
    return well;
  }

 private:
  static unsigned long long count(std::uint64_t number) { return number; }
  static std::size_t scenes() { return 2 * shapes().size(); }

  // What the threads of a cast do, each: one operation, or two of some on two of the keys. Of operations that
  // take the same way through the map those are left out then that answer less.
  void find_parts() {
    const auto& all = scene_->operations(0);
    parts_.clear();
    std::vector<std::size_t> chosen;
    std::vector<std::size_t> keys;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (std::find(keys.begin(), keys.end(), all[i].key) == keys.end()) keys.push_back(all[i].key);
      const bool third_key = keys.size() > 2 && all[i].key == keys[2];
      const bool alike =
          all[i].act == Act::kLoadMany || all[i].act == Act::kSwapIf || all[i].act == Act::kDeleteIf;
      if (family_ == Family::kPairs) {
        parts_.push_back({i});
      } else if (family_ == Family::kThrees || !(third_key || alike)) {
        chosen.push_back(i);
      }
    }
    for (const std::size_t one : chosen) {
      for (const std::size_t other : chosen) parts_.push_back({one, other});
    }
  }

  void set_scene(std::size_t number) {
    const std::size_t shape = number / 2;
    const bool wide = number % 2 != 0;
    if (scene_ != nullptr && current.shape == shape && current.wide == wide) return;
    current = {wide, shape, {}};
    scene_ = make_scene(shape, wide);
    find_parts();
  }

  bool only_reads(const std::vector<std::size_t>& part) const {
    return std::all_of(part.begin(), part.end(),
                       [&](std::size_t i) { return interleave::only_reads(scene_->operations(0)[i].act); });
  }

  // Each pair of parts on each map once, in an order that the seed begins, until the time is up.
  bool run_pairs(Clock::time_point end) {
    set_scene(0);
    const std::size_t pairs = parts_.size() * (parts_.size() + 1) / 2;  // as many for each scene
    all_ = pairs * scenes();
    std::size_t stride = all_ * 618 / 1000;
    while (std::gcd(stride, all_) != 1) ++stride;
    for (std::size_t i = 0; i < all_ && (options_.exhaustive || Clock::now() < end); ++i) {
      const std::size_t at = options_.exhaustive ? i : (options_.seed % all_ + i * stride) % all_;
      set_scene(at / pairs);
      std::size_t one = 0;
      std::size_t other = at % pairs;
      for (; other >= parts_.size() - one; ++one) other -= parts_.size() - one;
      ++casts_;
      if (!explore({parts_[one], parts_[one + other]}, options_.exhaustive ? ~std::uint64_t{0} : kMostOfOne))
        return false;
    }
    return true;
  }

  bool run_threes(Clock::time_point end) {
    Random random(options_.seed);
    while (options_.exhaustive ? counts_.schedules < kManyRandom : Clock::now() < end) {
      set_scene(random.below(scenes()));
      for (int i = 0; i < 20; ++i) {
        Scene::Parts three;
        for (unsigned thread = 0; thread < 3; ++thread) {
          three.push_back(parts_[random.below(parts_.size())]);
          three.back().resize(1 + random.below(2));
        }
        ++casts_;
        if (!explore_some(three, random())) return false;
      }
    }
    return true;
  }

  // A wide value is an entry's for good, and a value in place is one more thing that a load finds in an
  // entry. So where no thread gives a key another value, the wide ones have no execution that the others
  // don't have.
  bool changes_values(const std::vector<std::size_t>& part) const {
    return std::any_of(part.begin(), part.end(), [&](std::size_t i) {
      const Act act = scene_->operations(0)[i].act;
      return act == Act::kStore || act == Act::kSwap || act == Act::kSwapIf;
    });
  }

  bool explore(const Scene::Parts& parts, std::uint64_t most) {
    if (only_reads(parts[0]) && only_reads(parts[1])) return true;
    if (current.wide && !changes_values(parts[0]) && !changes_values(parts[1])) return true;
    cast(parts);
    sched::World::Bounds bounds = bounds_of(family_, options_);
    bounds.symmetric = parts[0] == parts[1];
    return tell(sched::explore_all(scene_->programs(), bounds, judge(), counts_, most));
  }

  bool explore_some(const Scene::Parts& parts, std::uint64_t seed) {
    if (only_reads(parts[0]) && only_reads(parts[1]) && only_reads(parts[2])) return true;
    cast(parts);
    return tell(sched::explore_some(scene_->programs(), judge(), seed, kRandomAtOnce, counts_));
  }

  void cast(const Scene::Parts& parts) {
    current.parts = parts;
    scene_->cast(parts);
  }

  sched::Judge judge() {
    return [this] { return scene_->judge(); };
  }

  bool tell(const std::optional<sched::Failure>& failure) {
    if (!failure) return true;
    std::printf("FAULT: %s\n%srepeat it with --replay=%s%s\n", failure->what.c_str(),
                scene_->describe().c_str(), to_text(current).c_str(),
                sched::to_text(failure->decisions).c_str());
    return false;
  }

  const Family family_;
  const Options& options_;
  std::unique_ptr<Scene> scene_;
  std::vector<std::vector<std::size_t>> parts_;
  sched::Counts counts_;
  std::uint64_t casts_ = 0;
  std::uint64_t all_ = 0;
};

// The scene of a cast that is taken from the front of the text; null if there is none.
std::unique_ptr<Scene> take_scene(std::string_view& text) {
  if (!take(text, current)) return nullptr;
  auto scene = make_scene(current.shape, current.wide);
  for (const auto& part : current.parts) {
    for (const std::size_t op : part) {
      if (op >= scene->operations(0).size()) return nullptr;
    }
  }
  scene->cast(current.parts);
  return scene;
}

// All executions of one cast. Returns the program's status.
int explore_cast(std::string_view text, const Options& options) {
  const auto scene = take_scene(text);
  if (scene == nullptr || !text.empty()) return kUsage;
  sched::Counts counts;
  const auto failure = sched::explore_all(
      scene->programs(), bounds_of(Family::kPrograms, options), [&] { return scene->judge(); }, counts);
  if (failure) {
    std::printf("FAULT: %s\nrepeat it with --replay=%s%s\n", failure->what.c_str(), to_text(current).c_str(),
                sched::to_text(failure->decisions).c_str());
  }
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

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_option(std::string_view word, Options& options) {
  const auto value_of = [&](std::string_view name) -> std::optional<std::string_view> {
    if (word.substr(0, name.size()) != name) return std::nullopt;
    return word.substr(name.size());
  };
  if (word == "--exhaustive") return options.exhaustive = true;
  if (const auto value = value_of("--seconds=")) return read_number(*value, options.seconds);
  if (const auto value = value_of("--seed=")) return read_number(*value, options.seed);
  if (const auto value = value_of("--preemptions="))
    return read_number(*value, options.preemptions.emplace());
  if (const auto value = value_of("--old-values=")) return read_number(*value, options.old_values.emplace());
  if (const auto value = value_of("--cast=")) return options.cast.emplace(*value).data() != nullptr;
  if (const auto value = value_of("--replay=")) return options.replay.emplace(*value).data() != nullptr;
  if (const auto value = value_of("--family=")) {
    const auto* const at = std::find(kNames.begin(), kNames.end(), *value);
    if (at == kNames.end()) return false;
    options.family = kFamilies[static_cast<std::size_t>(at - kNames.begin())];
    return true;
  }
  return false;
}

int run(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    if (read_option(words[i], options)) continue;
    std::fprintf(stderr, "interlox_sched: '%s' is no option (see the head of tests/sched/sched_map.cpp)\n",
                 words[i]);
    return kUsage;
  }
  std::signal(SIGABRT, tell_crash);
  std::signal(SIGSEGV, tell_crash);
  if (options.replay) return replay(*options.replay);
  if (options.cast) return explore_cast(*options.cast, options);
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  if (!options.family) options.seconds = (options.seconds + kFamilies.size() - 1) / kFamilies.size();
  for (const Family family : kFamilies) {
    if (options.family.value_or(family) == family && !Exploration(family, options).run()) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace interlox::trie::test::interleave

int main(int count, char** words) { return interlox::trie::test::interleave::run(count, words); }
