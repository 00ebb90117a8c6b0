// SPDX-License-Identifier: BSD-3-Clause
// The way to take the decisions of executions that comes to all of them, one after another.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/support/sched/world.hpp"

namespace interlox::test::sched {

/// Depth first: each execution repeats the decisions of the last one up to the last that has an alternative.
///
/// A preemption is left out where the World would find each execution with it to be redundant. Two threads go
/// on from before an access `a` of one as they do from behind it, as long as the other one's accesses don't
/// conflict with `a`. Those are known: what the other one does from behind `a` was explored before, since the
/// deepest decisions change first, and was noted. If none of it conflicts with `a`, it does the same from
/// before `a`, and at the end of it the first one would have to go on undisturbed. It may be that behind `a`
/// the other one was preempted in its turn, for which there is no reason before `a`; but to let it go on is
/// the first alternative each time, so what it does then was noted, too. What the threads know of each other
/// does not differ: of `a`, and of what the first one makes behind it, nobody knows without a conflicting
/// access.
class DepthFirst final : public Strategy {
 public:
  unsigned pick_thread(const Candidates& candidates, std::uint32_t step) override;
  unsigned pick_record(unsigned visible, std::uint32_t step) override;
  bool pick_refusal(std::uint32_t step, unsigned allocation) override;
  void accessed(unsigned thread, const Shared& access) override;

  /// Begins with the first execution.
  void restart() noexcept;
  /// Goes on to the next execution; false after the last one.
  bool advance() noexcept;

 private:
  /// Accesses to shared places. Places may share a bit: then one is taken for the other, and a preemption
  /// tried in vain.
  class Footprint {
   public:
    void add(const Shared& access) noexcept {
      (access.writes ? written_ : read_).set(bit(access));
      stops_ = stops_ || access.stops;
    }
    [[nodiscard]] bool conflicts(const Shared& access) const noexcept {
      return stops_ || access.stops || written_[bit(access)] || (access.writes && read_[bit(access)]);
    }

   private:
    static constexpr std::size_t kBits = 256;
    static std::size_t bit(const Shared& access) noexcept { return access.place % kBits; }

    std::bitset<kBits> read_;
    std::bitset<kBits> written_;
    bool stops_ = false;  // all threads
  };

  /// A place in an execution where a thread could be preempted, and what the other one does then.
  struct Turn {
    unsigned thread = 0;
    std::size_t accesses = 0;  // before it, of all threads
    Shared access{};           // that it is about to make
    Footprint others;          // until it goes on, in all executions in which it is preempted here
  };

  struct Taken {
    unsigned alternative = 0;
    unsigned alternatives = 0;
    bool is_turn = false;
    bool has_next = false;
    Turn turn;
    Turn next;  // the first one after it, if the usual decisions are taken until then
  };

  unsigned pick(unsigned alternatives);
  [[nodiscard]] bool is_redundant(const Taken& taken) const noexcept;
  void drop_last() noexcept;

  std::vector<Taken> taken_;
  std::size_t at_ = 0;
  std::size_t accesses_ = 0;
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t preempted_ = kNone;  // the decision by which a thread waits now
};

}  // namespace interlox::test::sched
