// SPDX-License-Identifier: BSD-3-Clause
#include "tests/lin/stage.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

#include "tests/lin/checker.hpp"
#include "tests/lin/recorder.hpp"
#include "tests/lin/subject.hpp"
#include "tests/lin/watch.hpp"
#include "tests/stress/duel_policy.hpp"

namespace interlox::lin {
namespace {

constexpr std::uint64_t kBatch = 50;  // runs that are recorded before they are checked

class ThreadStage final : public Stage {
 public:
  explicit ThreadStage(Species species) : species_(std::move(species)), team_(species_.start) {}

  [[nodiscard]] std::string name() const override { return species_.name; }

  bool play(std::uint64_t seed, std::uint64_t runs) override {
    const Scenario scenario = species_.draw(seed);
    begin_scenario();
    for (std::uint64_t first = 0; first < runs; first += kBatch) {
      Watch::begin(name() + ", " + text(scenario));
      if (!play_batch(scenario, first, std::min(kBatch, runs - first))) return false;
    }
    return true;
  }

 private:
  bool play_batch(const Scenario& scenario, std::uint64_t first, std::uint64_t count) {
    std::vector<SubjectPointer> subjects;
    for (std::uint64_t i = 0; i < count; ++i) subjects.push_back(species_.make(scenario));
    team_.run([&](unsigned thread) {
      auto& jitter = trie::duel::jitter;
      for (std::uint64_t i = 0; i < count; ++i) {
        // Half of the threads are slow, so that others do much between two of their steps.
        const std::uint64_t luck = trie::hash_integer((first + i) * kThreads + thread, scenario.seed);
        jitter.start(luck % 2 == 0 ? scenario.period : 0, luck, true);
        barrier_.wait();
        subjects[i]->play(thread);
        jitter.start(0, 0);
      }
    });
    const std::string about = text(scenario);
    for (std::uint64_t i = 0; i < count; ++i) {
      subjects[i]->look_over();
      if (!judge(about, first + i, subjects[i]->fault(), subjects[i]->history())) return false;
    }
    return true;
  }

  const Species species_;
  Barrier barrier_;
  Team team_;
};

bool overlap(const Operation& a, const Operation& b) {
  return a.thread != b.thread && (a.key == b.key || a.is_of_all_keys() || b.is_of_all_keys()) &&
         (a.may_change() || b.may_change()) && !a.is_before(b) && !b.is_before(a);
}

bool any_overlap(const std::vector<Operation>& operations) {
  for (const Operation& one : operations) {
    if (std::any_of(operations.begin(), operations.end(),
                    [&](const Operation& other) { return overlap(one, other); })) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool Stage::judge(const std::string& about, std::uint64_t run, const std::string& fault,
                  const History& history) {
  ++tally_.runs;
  tally_.operations += history.operations.size();
  if (any_overlap(history.operations)) ++tally_.overlapping;
  const Verdict verdict = fault.empty() ? check(history) : Verdict{};
  if (fault.empty() && verdict) return true;
  std::cout << "FAILED: " << name() << ", " << about << ", run " << run << "\n";
  if (!fault.empty()) {
    std::cout << fault << "\n";
  } else {
    std::cout << text(verdict) << "all of it:\n";
  }
  std::cout << text(history) << std::flush;
  return false;
}

std::unique_ptr<Stage> make_stage(Species species) {
  return std::make_unique<ThreadStage>(std::move(species));
}

}  // namespace interlox::lin
