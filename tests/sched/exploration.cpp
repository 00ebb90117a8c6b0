// SPDX-License-Identifier: BSD-3-Clause
// The loops over casts.
#include "tests/sched/exploration.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "tests/trie/map_kit.hpp"

namespace interlox::trie::test::interleave {

namespace sched = interlox::test::sched;

namespace {

constexpr std::uint64_t kManyRandom = 1'000'000;
constexpr std::uint64_t kRandomAtOnce = 200;  // of one cast
constexpr std::uint64_t kMostOfOne = 20'000;  // executions of one cast, where others are to be drawn, too

unsigned long long count(std::uint64_t number) { return number; }

}  // namespace

Cast current;

std::string replay_option() { return "--replay=" + to_text(current) + sched::to_text(world.decisions()); }

World::Bounds bounds_of(const Family& family, const Options& options) {
  World::Bounds bounds;
  bounds.refusals = family.refusals;
  if (options.preemptions || options.old_values) {
    bounds.preemptions = static_cast<unsigned>(options.preemptions.value_or(0));
    bounds.old_values = static_cast<unsigned>(options.old_values.value_or(0));
  } else {
    bounds.deviations = static_cast<unsigned>(options.deviations.value_or(family.deviations));
  }
  return bounds;
}

bool Exploration::run() {
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(options_.seconds);
  const bool well = family_.form == Family::Form::kThrees ? run_threes(end) : run_pairs(end);
  std::printf("%s: %llu casts", family_.name.data(), count(casts_));
  if (all_ != 0) std::printf(" of %llu (%llu of them cut)", count(all_), count(counts_.cut));
  std::printf(", %llu schedules, %llu given up as redundant, %llu restarts, up to %llu accesses, %.1f s\n",
              count(counts_.schedules), count(counts_.redundant), count(counts_.restarts),
              count(counts_.most_steps), std::chrono::duration<double>(Clock::now() - begin).count());
  std::fflush(stdout);
  return well;
}

void Exploration::find_parts() {
  parts_.clear();
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < scene_->size(); ++i) {
    if (!scene_->is_in(family_.choice, i)) continue;
    if (family_.form == Family::Form::kPairs) {
      parts_.push_back({i});
    } else {
      chosen.push_back(i);
    }
  }
  for (const std::size_t one : chosen) {
    for (const std::size_t other : chosen) parts_.push_back({one, other});
  }
}

void Exploration::set_scene(std::size_t number) {
  const SceneName name{family_.kinds[number % family_.kinds.size()], number / family_.kinds.size()};
  if (scene_ != nullptr && current.scene == name) return;
  current = {name, {}};
  scene_ = make_scene(name);
  find_parts();
}

bool Exploration::only_reads(const Scene::Parts& parts) const {
  return std::all_of(parts.begin(), parts.end(), [&](const std::vector<std::size_t>& part) {
    return std::all_of(part.begin(), part.end(), [&](std::size_t i) { return scene_->only_reads(i); });
  });
}

// Each pair of parts on each scene once, in an order that the seed begins, until the time is up.
bool Exploration::run_pairs(Clock::time_point end) {
  set_scene(0);
  const std::size_t pairs = parts_.size() * (parts_.size() + 1) / 2;  // as many for each scene
  all_ = pairs * scenes();
  std::size_t stride = all_ * 618 / 1000;
  while (std::gcd(stride, all_) != 1) ++stride;
  for (std::size_t i = 0; i < all_ && (options_.exhaustive || Clock::now() < end); ++i) {
    if (i % options_.parts != options_.part - 1) continue;
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

bool Exploration::run_threes(Clock::time_point end) {
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

bool Exploration::explore(const Scene::Parts& parts, std::uint64_t most) {
  if (only_reads(parts) || scene_->is_elsewhere(parts)) return true;
  cast(parts);
  World::Bounds bounds = bounds_of(family_, options_);
  bounds.symmetric = parts[0] == parts[1];
  return tell(sched::explore_all(scene_->programs(), bounds, judge(), counts_, most));
}

bool Exploration::explore_some(const Scene::Parts& parts, std::uint64_t seed) {
  if (only_reads(parts)) return true;
  cast(parts);
  return tell(sched::explore_some(scene_->programs(), judge(), {}, seed, kRandomAtOnce, counts_));
}

void Exploration::cast(const Scene::Parts& parts) {
  current.parts = parts;
  scene_->cast(parts);
}

sched::Judge Exploration::judge() {
  return [this] { return scene_->judge(); };
}

bool Exploration::tell(const std::optional<sched::Failure>& failure) {
  if (!failure) return true;
  std::printf("FAULT: %s\n%srepeat it with %s\n", failure->what.c_str(), scene_->describe().c_str(),
              replay_option().c_str());
  return false;
}

}  // namespace interlox::trie::test::interleave
