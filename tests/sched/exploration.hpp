// SPDX-License-Identifier: BSD-3-Clause
// Families of casts, and the exploration of one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sched/cast.hpp"
#include "tests/support/sched/explore.hpp"

namespace interlox::trie::test::interleave {

/// What the casts of a family have in common.
struct Family {
  enum class Form {
    kPairs,     ///< two threads, an operation each
    kPrograms,  ///< two threads, two operations each
    kThrees     ///< three threads, one operation or two each, at random
  };
  std::string_view name;
  std::string_view kinds;  ///< of its scenes
  Form form;
  Choice choice;
  unsigned deviations;
  unsigned refusals;
};

/// Pairs of operations go up to 3 deviations (preemptions, and loads that return an old value), pairs of
/// programs of two operations up to 2. Refusals are pairs with an allocation that fails, and one deviation
/// more.
inline constexpr std::array kFamilies{
    Family{"pairs", "iw", Family::Form::kPairs, Choice::kAll, 3, 0},
    Family{"programs", "iw", Family::Form::kPrograms, Choice::kDistinct, 2, 0},
    Family{"threes", "iw", Family::Form::kThrees, Choice::kAll, ~0U, 0},
    Family{"computations", "i", Family::Form::kPrograms, Choice::kComputations, 2, 0},
    Family{"refusals", "iw", Family::Form::kPairs, Choice::kAll, 2, 1},
    Family{"set_pairs", "s", Family::Form::kPairs, Choice::kAll, 3, 0},
    Family{"set_programs", "s", Family::Form::kPrograms, Choice::kDistinct, 2, 0},
    Family{"set_threes", "s", Family::Form::kThrees, Choice::kAll, ~0U, 0},
    Family{"set_refusals", "s", Family::Form::kPairs, Choice::kAll, 2, 1},
};

struct Options {
  std::uint64_t seconds = 10;
  std::uint64_t seed = 0;
  bool exhaustive = false;
  std::uint64_t part = 1;               ///< of an exhaustive run ...
  std::uint64_t parts = 1;              ///< ... that is divided into so many
  std::vector<const Family*> families;  ///< those that are named
  std::optional<std::uint64_t> deviations;
  std::optional<std::uint64_t> preemptions;
  std::optional<std::uint64_t> old_values;
  std::optional<std::string_view> cast;
  std::optional<std::string_view> replay;
};

/// What is being explored, for whoever finds the process dying in it.
extern Cast current;
/// The option that repeats the execution that is going on, or has just ended.
std::string replay_option();

interlox::test::sched::World::Bounds bounds_of(const Family& family, const Options& options);

/// Explores the casts of one family.
class Exploration {
 public:
  Exploration(const Family& family, const Options& options) : family_(family), options_(options) {}

  /// Returns whether all was well; prints what was done, and the first fault.
  bool run();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::size_t scenes() const { return family_.kinds.size() * count_scenes(family_.kinds[0]); }
  void set_scene(std::size_t number);
  void find_parts();
  [[nodiscard]] bool only_reads(const Scene::Parts& parts) const;
  bool run_pairs(Clock::time_point end);
  bool run_threes(Clock::time_point end);
  bool explore(const Scene::Parts& parts, std::uint64_t most);
  bool explore_some(const Scene::Parts& parts, std::uint64_t seed);
  void cast(const Scene::Parts& parts);
  interlox::test::sched::Judge judge();
  bool tell(const std::optional<interlox::test::sched::Failure>& failure);

  const Family& family_;
  const Options& options_;
  std::unique_ptr<Scene> scene_;
  Scene::Parts parts_;  // what a thread may do
  interlox::test::sched::Counts counts_;
  std::uint64_t casts_ = 0;
  std::uint64_t all_ = 0;
};

}  // namespace interlox::trie::test::interleave
