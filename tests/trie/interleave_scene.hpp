// SPDX-License-Identifier: BSD-3-Clause
// What is explored by interleave_test.cpp: the maps and operations of small_maps.hpp, and the judgement
// whether what some threads did to one is what some order of their operations would have done.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/trie/moment_map.hpp"
#include "tests/trie/small_maps.hpp"

namespace interlox::trie::test::interleave {

// One map in its shape, the threads that are in it, and the judgement of what they did.
template <class Value>
class Scene {
 public:
  using Map = MomentMap<Value>;
  static constexpr bool kWide = !MomentTree<Value>::kInPlace;

  explicit Scene(const Shape& shape) : shape_(shape), setting_(shape) {}

  [[nodiscard]] const Setting& setting() const { return setting_; }

  // A fresh map for a new schedule of these programs.
  void set_up(std::vector<Program> programs) {
    programs_ = std::move(programs);
    clock_ = 0;
    last_ = {};
    map_.reset();
    map_.emplace(HashIsKey{}, kSeed, MomentPolicy{});
    take_shape(*map_, shape_);
    look();
  }

  void look() { map_->policy().ledger().look(*map_); }
  [[nodiscard]] std::size_t nodes() const { return map_->stats().indirects; }

  void perform(std::size_t thread) {
    for (Operation& op : programs_[thread]) {
      op.begin = ++clock_;
      interleave::perform(*map_, op, setting_.keys());
      op.end = ++clock_;
    }
  }

  // Empty if all is as it should be. No thread may be in the map.
  [[nodiscard]] std::string fault() {
    if (const auto broken = map_->check()) return *broken;
    if (std::string wrong = map_->policy().ledger().fault(*map_); !wrong.empty()) return wrong;
    Operation all{Act::kIterate};
    interleave::perform(*map_, all, setting_.keys());
    if (all.seen_twice) return "a key is in the map twice";
    last_ = {all.seen, map_->policy().ledger().retired_entries()};
    if (map_->count() != last_.count()) return "count() is not the number of keys";
    std::vector<std::size_t> done(programs_.size(), 0);
    if (!explained_from(setting_.first(), done))
      return "no order of the operations explains the answers and contents";
    return {};
  }

  [[nodiscard]] std::string describe() const {
    std::ostringstream text;
    text << (kWide ? "wide values, " : "values in place, ") << shape_.name << "\n";
    for (std::size_t thread = 0; thread < programs_.size(); ++thread) {
      for (const Operation& op : programs_[thread]) {
        text << "  thread " << thread << ": " << op.act << " key " << op.key << " (0x" << std::hex
             << setting_.keys()[op.key] << std::dec << ") old " << op.old << " value " << op.value << " -> ";
        if (observes(op.act)) print(text, op.seen);
        text << op.answer << " [" << op.begin << ", " << op.end << "]\n";
      }
    }
    print(text << "  before: ", setting_.first().table);
    print(text << "\n  after: ", last_.table);
    text << " with " << last_.retired - setting_.first().retired << " entries retired\n";
    return text.str();
  }

 private:
  static void print(std::ostream& out, const Table& table) {
    for (const int value : table) out << value << " ";
  }

  // Whether the operations that are not done yet can follow in some order on this state of the model.
  bool explained_from(const Model& state, std::vector<std::size_t>& done) {
    states_.push_back(state.table);
    bool all_done = true;
    bool explained = false;
    for (std::size_t thread = 0; thread < programs_.size() && !explained; ++thread) {
      if (done[thread] == programs_[thread].size()) continue;
      all_done = false;
      const Operation& op = programs_[thread][done[thread]];
      if (!may_be_next(op, done)) continue;
      Model next = state;
      if (next.apply(op, kWide) != op.answer) continue;
      ++done[thread];
      order_.push_back(&op);
      explained = explained_from(next, done);
      order_.pop_back();
      --done[thread];
    }
    if (all_done) {
      explained = state.table == last_.table && state.retired == last_.retired && observations_hold();
    }
    states_.pop_back();
    return explained;
  }

  // An operation can't come before another one that had ended when it began.
  bool may_be_next(const Operation& op, const std::vector<std::size_t>& done) const {
    for (std::size_t thread = 0; thread < programs_.size(); ++thread) {
      if (done[thread] < programs_[thread].size() && programs_[thread][done[thread]].end < op.begin)
        return false;
    }
    return true;
  }

  // What was seen of each key was so at a moment when nothing had been done that began later, and all that
  // had ended before: in one of the states between.
  bool observation_holds(const Operation& observation) const {
    std::size_t first = 0;
    std::size_t last = order_.size();
    for (std::size_t i = order_.size(); i-- > 0;) {
      if (order_[i]->begin > observation.end) last = i;
      if (order_[i]->end < observation.begin) first = std::max(first, i + 1);
    }
    for (std::size_t key = 0; key < kMostKeys; ++key) {
      const auto fits = [&](const Table& state) { return state[key] == observation.seen[key]; };
      if (std::none_of(states_.begin() + first, states_.begin() + last + 1, fits)) return false;
    }
    return !observation.seen_twice;
  }

  bool observations_hold() const {
    return std::all_of(order_.begin(), order_.end(),
                       [this](const Operation* op) { return !observes(op->act) || observation_holds(*op); });
  }

  const Shape& shape_;
  const Setting setting_;
  Model last_;
  std::vector<Program> programs_;
  std::vector<const Operation*> order_;  // that is being tried
  std::vector<Table> states_;            // that it goes through: one more
  std::optional<Map> map_;
  int clock_ = 0;
};

}  // namespace interlox::trie::test::interleave
