// SPDX-License-Identifier: BSD-3-Clause
// What was decided, and what is left to decide.
#include "tests/support/sched/depth_first.hpp"

#include <cstdio>
#include <cstdlib>

namespace interlox::test::sched {

unsigned DepthFirst::pick_thread(const Candidates& candidates, std::uint32_t /*step*/) {
  const std::size_t number = at_;
  const unsigned alternative = pick(candidates.count);
  if (candidates.access.place == 0) return alternative;
  Taken& taken = taken_[number];
  if (!taken.is_turn) {
    taken.is_turn = true;
    taken.turn = {candidates.threads[0], accesses_, candidates.access, {}};
  }
  if (alternative != 0) preempted_ = number;
  return alternative;
}

unsigned DepthFirst::pick_record(unsigned visible, std::uint32_t /*step*/) { return pick(visible); }

bool DepthFirst::pick_refusal(std::uint32_t /*step*/, unsigned /*allocation*/) { return pick(2) != 0; }

void DepthFirst::accessed(unsigned thread, const Shared& access) {
  ++accesses_;
  if (preempted_ == kNone) return;
  Turn& turn = taken_[preempted_].turn;
  if (thread == turn.thread) {
    preempted_ = kNone;
  } else {
    turn.others.add(access);
  }
}

void DepthFirst::restart() noexcept {
  taken_.clear();
  at_ = accesses_ = 0;
  preempted_ = kNone;
}

bool DepthFirst::advance() noexcept {
  at_ = accesses_ = 0;
  preempted_ = kNone;
  for (; !taken_.empty(); drop_last()) {
    Taken& last = taken_.back();
    if (last.alternative + 1 == last.alternatives) continue;
    if (!is_redundant(last)) {
      ++last.alternative;
      return true;
    }
    last.turn.others = last.next.others;
  }
  return false;
}

unsigned DepthFirst::pick(unsigned alternatives) {
  if (at_ == taken_.size()) {
    taken_.emplace_back();
    taken_.back().alternatives = alternatives;
  }
  const Taken& taken = taken_[at_++];
  if (taken.alternatives == alternatives) return taken.alternative;
  std::fputs("an execution is not a function of its decisions\n", stderr);
  std::abort();
}

// Whether to preempt the thread here, too, leads to nothing new.
bool DepthFirst::is_redundant(const Taken& taken) const noexcept {
  const Turn& turn = taken.turn;
  const Turn& next = taken.next;
  return taken.is_turn && !turn.access.first && taken.has_next && next.thread == turn.thread &&
         next.accesses == turn.accesses + 1 && !next.others.conflicts(turn.access);
}

// All executions that begin with it are done. What is known from them, the decision before it has to know.
void DepthFirst::drop_last() noexcept {
  const Taken& last = taken_.back();
  if (taken_.size() > 1) {
    Taken& before = taken_[taken_.size() - 2];
    if (before.alternative == 0) {
      before.has_next = last.is_turn || last.has_next;
      before.next = last.is_turn ? last.turn : last.next;
    }
  }
  taken_.pop_back();
}

}  // namespace interlox::test::sched
