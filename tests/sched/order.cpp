// SPDX-License-Identifier: BSD-3-Clause
// The search for an order: operations are few.
#include "tests/sched/order.hpp"

#include <algorithm>

namespace interlox::trie::test::interleave {

namespace {

// Leaves the contents of a map alone, and says nothing of them.
bool is_maintenance(Act act) { return act > Act::kClear; }

}  // namespace

Order::Order(const std::vector<Played<Operation>>& played, const Model& first, const Model& last, bool wide,
             bool by_time)
    : played_(played), first_(first), last_(last), wide_(wide), by_time_(by_time), before_(played.size()) {
  for (std::size_t i = 0; i < played.size(); ++i) {
    for (std::size_t j = 0; j < played.size(); ++j) {
      if (i != j && precedes(played[j], played[i], by_time)) before_[i] |= Set{1} << j;
    }
  }
}

bool Order::exists() {
  if (by_time_) return exists_for(kAllKeys);
  for (unsigned key = 0; key < kMostKeys; ++key) {
    if (!exists_for(key)) return false;
  }
  return true;
}

bool Order::exists_for(unsigned key) {
  key_ = key;
  changes_ = observers_ = 0;
  for (std::size_t i = 0; i < played_.size(); ++i) {
    const Operation& op = played_[i].op;
    if (played_[i].refused) continue;
    if (observes(op.act)) {
      observers_ |= Set{1} << i;
    } else if (!is_maintenance(op.act) && (op.act == Act::kClear || is_about_key(op.key))) {
      changes_ |= Set{1} << i;
    }
  }
  order_.clear();
  states_.clear();
  return goes_on(first_, 0);
}

// Whether the operations that are not done yet can follow in some order on this state.
bool Order::goes_on(const Model& state, Set done) {
  states_.push_back(state.table);
  bool found = false;
  if (done == changes_) {
    found = key_ != kAllKeys || state.retired == last_.retired;
    for (std::size_t key = 0; key < kMostKeys; ++key) {
      found = found && (!is_about_key(key) || state.table[key] == last_.table[key]);
    }
    for (std::size_t i = 0; i < played_.size(); ++i) {
      found = found && ((observers_ >> i & 1) == 0 || observation_holds(i));
    }
  }
  for (std::size_t i = 0; i < played_.size() && !found; ++i) {
    const Set one = Set{1} << i;
    if ((changes_ & ~done & one) == 0 || (before_[i] & changes_ & ~done) != 0) continue;
    Model next = state;
    if (next.apply(played_[i].op, wide_) != played_[i].op.answer) continue;
    order_.push_back(i);
    found = goes_on(next, done | one);
    order_.pop_back();
  }
  states_.pop_back();
  return found;
}

// What was seen of each key was so at a moment when nothing had been done that comes after, and all that
// comes before.
bool Order::observation_holds(std::size_t observer) const {
  std::size_t begin = 0;
  std::size_t end = order_.size();
  for (std::size_t i = order_.size(); i-- > 0;) {
    if ((before_[order_[i]] >> observer & 1) != 0) end = i;
    if ((before_[observer] >> order_[i] & 1) != 0) begin = std::max(begin, i + 1);
  }
  const Table& seen = played_[observer].op.seen;
  for (std::size_t key = 0; key < kMostKeys; ++key) {
    const auto fits = [&](const Table& state) { return state[key] == seen[key]; };
    const auto at = states_.begin();
    if (is_about_key(key) && (begin > end || std::none_of(at + static_cast<std::ptrdiff_t>(begin),
                                                          at + static_cast<std::ptrdiff_t>(end) + 1, fits))) {
      return false;
    }
  }
  return !played_[observer].op.seen_twice;
}

}  // namespace interlox::trie::test::interleave
