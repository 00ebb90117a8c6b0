// SPDX-License-Identifier: BSD-3-Clause
// Ways to take the decisions of one execution: at random, or as they once were.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/sched/world.hpp"

namespace interlox::test::sched {

/// At random: half of the executions change threads at any access with some probability; the others go by
/// priorities that change at a few random steps, which finds what takes few preemptions at certain places
/// (PCT: S. Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding bugs", 2010).
class RandomWalk final : public Strategy {
 public:
  /// `steps`: about how many accesses an execution makes.
  RandomWalk(std::uint64_t seed, std::uint32_t steps) : random_(seed) {
    by_priority_ = below(2) == 0;
    period_ = 1U << (1 + below(5));
    for (unsigned i = 0; i < kMostThreads; ++i) priorities_[i] = kMostThreads - i;
    std::shuffle(priorities_.begin(), priorities_.end(), random_);
    for (std::uint32_t& change : changes_) change = below(steps + 1);
    old_one_in_ = 2U << below(4);
  }

  unsigned pick_thread(const Candidates& candidates, std::uint32_t step) override {
    if (!by_priority_) return candidates.forced || below(period_) == 0 ? below(candidates.count) : 0;
    if (!candidates.forced && std::find(changes_.begin(), changes_.end(), step) != changes_.end()) {
      priorities_[candidates.threads[0]] = --lowest_;
    }
    const auto* const begin = candidates.threads.begin();
    return static_cast<unsigned>(
        std::max_element(begin, begin + candidates.count,
                         [&](unsigned a, unsigned b) { return priorities_[a] < priorities_[b]; }) -
        begin);
  }
  unsigned pick_record(unsigned visible, std::uint32_t /*step*/) override {
    return below(old_one_in_) == 0 ? below(visible) : 0;
  }
  bool pick_refusal(std::uint32_t /*step*/, unsigned /*allocation*/) override {
    return below(kRefusedOneIn) == 0;
  }

 private:
  static constexpr std::uint32_t kRefusedOneIn = 8;

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  std::minstd_rand random_;
  bool by_priority_;
  std::uint32_t period_;
  std::uint32_t old_one_in_;
  std::array<int, kMostThreads> priorities_{};
  std::array<std::uint32_t, 4> changes_{};
  int lowest_ = 0;
};

/// As an execution went whose decisions were kept.
class Replay final : public Strategy {
 public:
  explicit Replay(std::vector<Decision> decisions) : decisions_(std::move(decisions)) {}

  unsigned pick_thread(const Candidates& candidates, std::uint32_t step) override {
    const auto kind = candidates.forced ? Decision::Kind::kNext : Decision::Kind::kPreemption;
    if (!is_next(kind, step)) return 0;
    const unsigned thread = decisions_[at_++].number;
    for (unsigned i = 0; i < candidates.count; ++i) {
      if (candidates.threads[i] == thread) return i;
    }
    return 0;
  }
  unsigned pick_record(unsigned visible, std::uint32_t step) override {
    if (!is_next(Decision::Kind::kOldValue, step)) return 0;
    return std::min(decisions_[at_++].number, visible - 1);
  }
  bool pick_refusal(std::uint32_t step, unsigned allocation) override {
    if (!is_next(Decision::Kind::kRefusal, step) || decisions_[at_].number != allocation) return false;
    ++at_;
    return true;
  }

 private:
  [[nodiscard]] bool is_next(Decision::Kind kind, std::uint32_t step) const {
    return at_ < decisions_.size() && decisions_[at_].kind == kind && decisions_[at_].step == step;
  }

  std::vector<Decision> decisions_;
  std::size_t at_ = 0;
};

}  // namespace interlox::test::sched
