// SPDX-License-Identifier: BSD-3-Clause
// A thread's iterator, held over its other operations, and what iteration promises.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/stress/duel_ledger.hpp"
#include "tests/stress/duel_ops.hpp"
#include "tests/stress/duel_plan.hpp"
#include "tests/stress/duel_report.hpp"

namespace interlox::trie::duel {

/// Walks over the map again and again. In a walk no key comes twice; keys that are there all the time come
/// exactly once; a key of this thread comes only if it is there, with its value.
template <class Duel>
class Walker {
  using Name = KeyName<typename Duel::Key>;

 public:
  Walker(Duel& duel, unsigned id)
      : duel_(duel),
        plan_(duel.plan),
        id_(id),
        met_(id < plan_.walkers ? plan_.keys() : 0, 0),
        touched_(met_.size(), 0) {}

  /// This thread is about to change its key.
  void touch(std::size_t key) {
    if (!touched_.empty()) touched_[key] = walk_;
  }

  /// Goes on by some entries, or begins anew: by few at a time, or by many.
  void step(test::Random& random) {
    if (!cursor_) {
      constexpr std::array<std::size_t, 4> kPaces{1, 4, 50, std::numeric_limits<std::size_t>::max()};
      pace_ = kPaces[random.below(kPaces.size())];
      // Walks that take everything at once would take all the time of a round with a large map.
      if (pace_ > plan_.keys() && random.below(1 + plan_.keys() / 16) != 0) pace_ = 1;
      ++walk_;
      began_ = duel_.ledger.now();
      cursor_.emplace(duel_.map.iterate());
    }
    advance(pace_);
  }

  /// The shared key that the last step has met, if it met one: whoever looks for it now must find it.
  std::optional<std::size_t> take_shared() { return std::exchange(shared_, std::nullopt); }

  /// Walks to the end.
  void finish() {
    if (cursor_) advance(std::numeric_limits<std::size_t>::max());
  }

 private:
  void advance(std::size_t entries) {
    for (; entries > 0 && !duel_.report.failed(); --entries) {
      traces[id_].begin(Op::kNext, 0);
      const auto item = cursor_->next();
      if (!item) {
        cursor_.reset();
        judge_end();
        return;
      }
      judge(Name::id_of(item->key), to_int(item->value));
    }
  }

  void judge(std::size_t key, int value) {
    if (key >= plan_.first_stranger()) return fail(key, value, "never stored");
    if (met_[key] == walk_) return fail(key, value, "met twice");
    met_[key] = walk_;
    if (key < plan_.first_shared()) {
      if (value != duel_.own_value(key, Duel::kResident)) fail(key, value, "a resident with another value");
    } else if (key < plan_.first_own()) {
      const std::size_t shared = key - plan_.first_shared();
      if (role_of(shared) == Role::kCounter) return;
      if (const auto wrong = duel_.ledger.found(value, shared, began_); !wrong.empty()) {
        fail(key, value, wrong);
      } else if (role_of(shared) != Role::kLoose) {
        duel_.ledger.was_seen(value, shared, duel_.ledger.look(shared));
        shared_ = shared;
      }
    } else if (!duel_.is_own_value(key, value)) {
      fail(key, value, "a value of another key");
    } else if (is_mine(key) && !plan_.clears) {
      const auto want = duel_.reference.load(Name(key).query());
      if (!want) fail(key, value, "its owner, who is the one that walks, has deleted it before");
      if (want && to_int(*want) != value)
        fail(key, value, "the reference has " + std::to_string(to_int(*want)));
    }
  }

  void judge_end() {
    if (plan_.clears) return;
    for (std::size_t key = 0; key < plan_.first_own(); ++key) {
      const bool stays = key < plan_.first_shared() || role_of(key - plan_.first_shared()) == Role::kSticky;
      if (stays && met_[key] != walk_) fail(key, -1, "not met though it was there all the time");
    }
    for (std::size_t key = plan_.first_own() + id_; key < plan_.first_stranger(); key += plan_.threads) {
      if (touched_[key] == walk_) continue;
      const bool there = duel_.reference.load(Name(key).query()).has_value();
      if (there != (met_[key] == walk_))
        fail(key, -1, there ? "not met though it was there all the time" : "met though it was never there");
    }
  }

  [[nodiscard]] bool is_mine(std::size_t key) const {
    return (key - plan_.first_own()) % plan_.threads == id_;
  }

  void fail(std::size_t key, int value, const std::string& what) {
    duel_.fail("thread " + std::to_string(id_) + ", iteration, key " + std::to_string(key) + ", value " +
               std::to_string(value) + ": " + what);
  }

  Duel& duel_;
  const Plan& plan_;
  const unsigned id_;
  std::optional<typename Duel::Map::Iterator> cursor_;
  std::uint32_t walk_ = 0;
  std::size_t pace_ = 0;
  Ledger::Moment began_ = 0;
  std::optional<std::size_t> shared_;
  std::vector<std::uint32_t> met_;      // in which walk each key was met last
  std::vector<std::uint32_t> touched_;  // in which walk this thread changed each of its keys last
};

}  // namespace interlox::trie::duel
