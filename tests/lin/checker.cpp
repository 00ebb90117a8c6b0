// SPDX-License-Identifier: BSD-3-Clause
#include "tests/lin/checker.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <unordered_set>

#include "trie/hash.hpp"

namespace interlox::lin {
namespace {

using Set = std::uint64_t;  // of operations, by number
static_assert(kMostOperations == 64);

/// The search for one order of a history.
///
/// Its invocations and returns stand in a list by their time, without those of the operations that have been
/// put in order. So what may come next is what is invoked before the first return on the list.
class Search {
 public:
  explicit Search(const History& history) : operations_(history.operations), state_(history.initial) {
    link();
  }

  bool run() {
    for (std::size_t at = next_[kHead];;) {
      if (returns_ == 0) return true;  // what has not returned may have done nothing
      if (is_invocation(at)) {
        at = try_next(operation_of(at)) ? next_[kHead] : next_[at];
      } else {
        // This operation has returned, and can't be the next one in order: the last choice was wrong.
        if (order_.empty()) return false;
        at = next_[take_back()];
      }
    }
  }

  /// The longest order that was found.
  [[nodiscard]] std::vector<Operation> longest() const {
    std::vector<Operation> all;
    for (const std::size_t operation : longest_) all.push_back(operations_[operation]);
    return all;
  }

 private:
  static constexpr std::size_t kHead = 2 * kMostOperations;

  struct Choice {
    std::size_t operation;
    State before;
  };
  struct Seen {
    Set done;
    State state;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  struct SeenHash {
    std::size_t operator()(const Seen& seen) const noexcept {
      return trie::hash_integer(seen.done, std::bit_cast<std::uint32_t>(seen.state));
    }
  };

  // Entry 2n of the list is the invocation of operation n, 2n + 1 its return.
  static bool is_invocation(std::size_t entry) noexcept { return entry % 2 == 0; }
  static std::size_t operation_of(std::size_t entry) noexcept { return entry / 2; }

  void link() {
    const auto time_of = [&](std::size_t entry) {
      const Operation& operation = operations_[operation_of(entry)];
      return is_invocation(entry) ? operation.invoked : operation.returned;
    };
    std::vector<std::size_t> entries;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      entries.push_back(2 * i);
      if (operations_[i].is_pending()) continue;
      entries.push_back(2 * i + 1);
      ++returns_;
    }
    // At one tick invocations come first: operations that touch overlap.
    std::sort(entries.begin(), entries.end(), [&](std::size_t a, std::size_t b) {
      return time_of(a) != time_of(b) ? time_of(a) < time_of(b) : is_invocation(a) && !is_invocation(b);
    });
    std::size_t last = kHead;
    for (const std::size_t entry : entries) {
      next_[last] = entry;
      before_[entry] = last;
      last = entry;
    }
    next_[last] = kHead;
    before_[kHead] = last;
  }

  void unlink(std::size_t entry) noexcept {
    next_[before_[entry]] = next_[entry];
    before_[next_[entry]] = before_[entry];
  }
  void relink(std::size_t entry) noexcept {
    next_[before_[entry]] = entry;
    before_[next_[entry]] = entry;
  }

  bool try_next(std::size_t operation) {
    State after = state_;
    if (!replay(operations_[operation], after)) return false;
    const Set done = done_ | Set{1} << operation;
    if (!seen_.insert({done, after}).second) return false;
    order_.push_back({operation, state_});
    done_ = done;
    state_ = after;
    unlink(2 * operation);
    if (!operations_[operation].is_pending()) {
      unlink(2 * operation + 1);
      --returns_;
    }
    if (order_.size() > longest_.size()) {
      longest_.clear();
      for (const Choice& choice : order_) longest_.push_back(choice.operation);
    }
    return true;
  }

  /// Returns the invocation of what was last in order.
  std::size_t take_back() noexcept {
    const auto [operation, before] = order_.back();
    order_.pop_back();
    if (!operations_[operation].is_pending()) {
      relink(2 * operation + 1);
      ++returns_;
    }
    relink(2 * operation);
    done_ &= ~(Set{1} << operation);
    state_ = before;
    return 2 * operation;
  }

  const std::vector<Operation>& operations_;
  std::array<std::size_t, kHead + 1> next_{};
  std::array<std::size_t, kHead + 1> before_{};
  std::size_t returns_ = 0;  // on the list
  std::vector<Choice> order_;
  std::vector<std::size_t> longest_;
  Set done_ = 0;  // the operations in order_
  State state_;   // after them
  std::unordered_set<Seen, SeenHash> seen_;
};

/// Whether another thread may have been changing the map during this count: its answer may then be any.
bool is_disturbed(const Operation& count, const std::vector<Operation>& operations) {
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& other) {
    return other.may_change() && !other.is_before(count) && !count.is_before(other);
  });
}

Verdict check_part(const History& part) {
  Search search(part);
  if (search.run()) return {};
  return {false, part, search.longest()};
}

}  // namespace

Verdict check(const History& history) {
  if (history.operations.size() > kMostOperations)
    throw std::length_error("a history is too long to be checked");
  History whole{history.initial, {}};
  std::array<History, kKeys> of_key;
  of_key.fill(whole);
  bool by_key = true;
  for (const Operation& operation : history.operations) {
    if (operation.kind == Kind::kCount && is_disturbed(operation, history.operations)) continue;
    whole.operations.push_back(operation);
    if (operation.is_of_all_keys()) {
      by_key = false;
    } else {
      of_key[operation.key].operations.push_back(operation);
    }
  }
  if (!by_key) return check_part(whole);
  for (const History& part : of_key) {
    if (Verdict verdict = check_part(part); !verdict) return verdict;
  }
  return {};
}

std::string text(const Verdict& verdict) {
  if (verdict) return "linearizable\n";
  std::string all = text(verdict.part) + "no order explains this; the longest that explains a part:\n";
  State state = verdict.part.initial;
  for (const Operation& operation : verdict.order) {
    static_cast<void>(replay(operation, state));
    all += "  " + text(operation) + "\n";
  }
  return all + "which leaves  " + text(state) + "\n";
}

}  // namespace interlox::lin
