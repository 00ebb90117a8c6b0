// SPDX-License-Identifier: BSD-3-Clause
// The loops over executions.
#include "tests/support/sched/explore.hpp"

#include <algorithm>
#include <charconv>

#include "tests/support/sched/depth_first.hpp"
#include "tests/support/sched/strategy.hpp"

namespace interlox::test::sched {

namespace {

constexpr std::uint32_t kUsualSteps = 150;
constexpr unsigned kFewDeviations = 2;

// What is wrong with the execution that has just ended.
std::string verdict(Outcome outcome, const Judge& judge) {
  if (outcome == Outcome::kFault) return world.fault();
  if (std::string wrong = world.arena().fault(); !wrong.empty()) return wrong;
  return judge();
}

}  // namespace

void Counts::add(const Counts& other) noexcept {
  schedules += other.schedules;
  redundant += other.redundant;
  restarts += other.restarts;
  cut += other.cut;
  most_steps = std::max(most_steps, other.most_steps);
}

namespace {

// All executions within the bounds, on what is known of shared places; anew as often as one more is found.
std::optional<Failure> explore_within(std::span<const World::Program> programs, const World::Bounds& bounds,
                                      const Judge& judge, Counts& counts, std::uint64_t most) {
  DepthFirst strategy;
  const Counts before = counts;
  do {
    if (most-- == 0) {
      ++counts.cut;
      break;
    }
    Outcome outcome;
    while ((outcome = world.run(programs, strategy, bounds)) == Outcome::kShared) {
      strategy.restart();
      counts.schedules = before.schedules;
      counts.redundant = before.redundant;
      ++counts.restarts;
    }
    counts.most_steps = std::max<std::uint64_t>(counts.most_steps, world.steps());
    if (outcome == Outcome::kRedundant) {
      ++counts.redundant;
      continue;
    }
    ++counts.schedules;
    if (std::string wrong = verdict(outcome, judge); !wrong.empty()) return Failure{wrong, world.decisions()};
  } while (strategy.advance());
  return std::nullopt;
}

}  // namespace

std::optional<Failure> explore_all(std::span<const World::Program> programs, World::Bounds bounds,
                                   const Judge& judge, Counts& counts, std::uint64_t most) {
  bounds.reduce = true;
  world.forget_shared();
  // Few deviations find most of what is shared, before there are many executions to begin anew.
  const unsigned deviations = bounds.deviations;
  for (bounds.deviations = 0; bounds.deviations < std::min(deviations, kFewDeviations); ++bounds.deviations) {
    Counts fewer;
    if (auto failure = explore_within(programs, bounds, judge, fewer, most)) {
      counts.add(fewer);
      return failure;
    }
    counts.restarts += fewer.restarts;
  }
  bounds.deviations = deviations;
  return explore_within(programs, bounds, judge, counts, most);
}

std::optional<Failure> explore_some(std::span<const World::Program> programs, const Judge& judge,
                                    const World::Bounds& bounds, std::uint64_t seed, std::uint64_t executions,
                                    Counts& counts) {
  for (std::uint64_t i = 0; i < executions; ++i) {
    RandomWalk strategy(seed + i, kUsualSteps);
    const Outcome outcome = world.run(programs, strategy, bounds);
    ++counts.schedules;
    counts.most_steps = std::max<std::uint64_t>(counts.most_steps, world.steps());
    if (std::string wrong = verdict(outcome, judge); !wrong.empty()) return Failure{wrong, world.decisions()};
  }
  return std::nullopt;
}

std::string replay(std::span<const World::Program> programs, const Judge& judge,
                   const std::vector<Decision>& decisions,
                   const std::function<void(const std::string&)>& tell) {
  Replay strategy(decisions);
  world.tell = tell;
  World::Bounds bounds;
  bounds.refusals = ~0U;
  const Outcome outcome = world.run(programs, strategy, bounds);
  world.tell = nullptr;
  return verdict(outcome, judge);
}

std::string to_text(const std::vector<Decision>& decisions) {
  std::string text;
  for (const Decision& decision : decisions) {
    if (!text.empty()) text += '.';
    text +=
        std::to_string(decision.step) + static_cast<char>(decision.kind) + std::to_string(decision.number);
  }
  return text;
}

std::optional<std::vector<Decision>> to_decisions(std::string_view text) {
  std::vector<Decision> decisions;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    Decision decision{};
    const auto step = std::from_chars(at, end, decision.step);
    if (step.ec != std::errc{} || step.ptr == end) return std::nullopt;
    decision.kind = static_cast<Decision::Kind>(*step.ptr);
    if (std::string_view("pnra").find(*step.ptr) == std::string_view::npos) return std::nullopt;
    const auto number = std::from_chars(step.ptr + 1, end, decision.number);
    if (number.ec != std::errc{} || (number.ptr != end && *number.ptr != '.')) return std::nullopt;
    decisions.push_back(decision);
    at = number.ptr == end ? end : number.ptr + 1;
  }
  return decisions;
}

}  // namespace interlox::test::sched
