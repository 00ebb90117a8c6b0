// SPDX-License-Identifier: BSD-3-Clause
// The checker itself: histories that are known to be good or bad, each with why, and small ones at random
// against a search through all orders. And whether scenarios cover what they should.
#include "tests/lin/checker.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/lin/scenario.hpp"
#include "tests/support/catch.hpp"

namespace interlox::lin {
namespace {

/// Operations in the words of the tests; the key is the first one.
Operation load(Value answer) { return {.kind = Kind::kLoad, .answer = answer}; }
Operation store(Value value) { return {.kind = Kind::kStore, .value = value}; }
Operation swap(Value value, Value before) { return {.kind = Kind::kSwap, .value = value, .answer = before}; }
Operation load_or_store(Value value, Value answer, bool loaded) {
  return {.kind = Kind::kLoadOrStore, .value = value, .answer = answer, .yes = loaded};
}
Operation compare_and_swap(Value old, Value value, bool done) {
  return {.kind = Kind::kCompareAndSwap, .value = value, .old = old, .yes = done};
}
Operation compare_and_delete(Value old, bool done) {
  return {.kind = Kind::kCompareAndDelete, .old = old, .yes = done};
}
Operation load_and_delete(Value before) { return {.kind = Kind::kLoadAndDelete, .answer = before}; }
Operation erase(bool was_there) { return {.kind = Kind::kErase, .yes = was_there}; }
Operation swap_if(Value like, Value value, Value before) {
  return {.kind = Kind::kSwapIf, .value = value, .old = like, .answer = before};
}
Operation clear() { return {.kind = Kind::kClear}; }
Operation count(Value answer, Value rest = 0) {
  return {.kind = Kind::kCount, .value = rest, .answer = answer};
}
Operation make(Value element, Value answer, bool was_there) {
  return {.kind = Kind::kMake, .value = element, .answer = answer, .yes = was_there};
}
Operation find(Value element) { return {.kind = Kind::kFind, .answer = element}; }
Operation die(Value element) { return {.kind = Kind::kDie, .old = element, .yes = true}; }

Operation at(Tick from, Tick to, Operation operation) {
  operation.invoked = from;
  operation.returned = to;
  return operation;
}
Operation of(std::uint8_t key, Operation operation) {
  operation.key = key;
  return operation;
}

struct Known {
  const char* why;
  State initial;
  std::vector<Operation> operations;
};

const std::vector<Known> kGood{
    {"nothing was done", {}, {}},
    {"one thread, one thing after another",
     {},
     {at(1, 2, store(5)), at(3, 4, load(5)), at(5, 6, load_and_delete(5))}},
    {"a load beside a store sees it", {}, {at(1, 4, store(5)), at(2, 3, load(5))}},
    {"a load beside a store does not see it", {}, {at(1, 4, store(5)), at(2, 3, load(0))}},
    {"what was invoked last came first",
     {},
     {at(1, 6, load(5)), at(2, 5, load_and_delete(5)), at(3, 4, store(5))}},
    {"a store that loads see one after the other, while it lasts",
     {1},
     {at(1, 8, store(5)), at(2, 3, load(1)), at(4, 5, load(5)), at(6, 7, load(5))}},
    {"operations that touch at one tick overlap", {}, {at(1, 2, store(5)), at(2, 3, load(0))}},
    {"of two load_or_store one stores",
     {},
     {at(1, 4, load_or_store(5, 5, false)), at(2, 3, load_or_store(6, 5, true))}},
    {"two compare_and_swap win in turn",
     {1},
     {at(1, 4, compare_and_swap(1, 2, true)), at(2, 3, compare_and_swap(2, 1, true))}},
    {"compare_and_swap sees neither of two values because the key was gone between them",
     {1},
     {at(1, 8, compare_and_swap(2, 3, false)), at(2, 3, load_and_delete(1)), at(4, 5, store(2)),
      at(6, 7, load(2))}},
    {"two swaps give each other's values",
     {1},
     {at(1, 4, swap(2, 1)), at(2, 3, swap(3, 2)), at(5, 6, load(3))}},
    {"swap_if refuses an odd value, and takes it when it is even",
     {1},
     {at(1, 2, swap_if(2, 8, 0)), at(3, 4, store(2)), at(5, 6, swap_if(4, 8, 2)), at(7, 8, load(8))}},
    {"keys of their own: no order of one says anything about the other",
     {},
     {at(1, 2, of(0, store(5))), at(3, 4, of(1, load(0))), at(5, 6, of(1, store(6))),
      at(7, 8, of(0, load(5)))}},
    {"a clear beside two stores, of which one came before it and one after",
     {},
     {at(1, 4, of(0, store(5))), at(2, 5, of(1, store(6))), at(3, 6, clear()), at(7, 8, of(0, load(0))),
      at(9, 10, of(1, load(6)))}},
    {"a count that nobody disturbs",
     {1, 0, 0, 1},
     {at(1, 2, of(1, store(5))), at(3, 4, count(9, 7)), at(3, 4, load(1))}},
    {"a count beside a change may be anything", {}, {at(1, 4, store(5)), at(2, 3, count(77))}},
    {"what has not returned has taken effect",
     {},
     {at(1, kNever, store(5)), at(2, 3, load(0)), at(4, 5, load(5))}},
    {"what has not returned has not taken effect",
     {},
     {at(1, kNever, store(5)), at(2, 3, load(0)), at(4, 5, load(0))}},
    {"its answer is not known", {3}, {at(1, kNever, swap(5, 77)), at(2, 3, load(3)), at(4, 5, load(5))}},
    {"an element dies, and another one is made",
     {},
     {at(1, 2, make(5, 5, false)), at(3, 6, die(5)), at(4, 5, make(6, 6, false))}},
    {"an element that was made for nothing", {}, {at(1, 4, make(5, 5, false)), at(2, 3, make(6, 5, true))}},
    {"an element that is not found while it dies",
     {5},
     {at(1, 4, die(5)), at(2, 3, find(0)), at(5, 6, find(0))}},
};

const std::vector<Known> kBad{
    {"a lost update", {}, {at(1, 2, store(5)), at(3, 4, load(0))}},
    {"a lost update among two stores", {}, {at(1, 4, store(5)), at(2, 3, store(6)), at(5, 6, load(0))}},
    {"a stale read", {1}, {at(1, 2, store(5)), at(3, 4, store(6)), at(5, 6, load(5))}},
    {"a read of the old after a read of the new",
     {1},
     {at(1, 6, store(5)), at(2, 3, load(5)), at(4, 5, load(1))}},
    {"a load sees what was deleted", {1}, {at(1, 2, load_and_delete(1)), at(3, 4, load(1))}},
    {"a value that nobody stored", {}, {at(1, 4, store(5)), at(2, 3, load(6))}},
    {"a value before it was stored", {}, {at(1, 2, load(5)), at(3, 4, store(5))}},
    {"two load_or_store both store",
     {},
     {at(1, 4, load_or_store(5, 5, false)), at(2, 3, load_or_store(6, 6, false))}},
    {"load_or_store stores beside a value that stays",
     {1},
     {at(1, 2, load_or_store(5, 5, false)), at(3, 4, load(1))}},
    {"load_or_store is given what it has just stored", {}, {at(1, 2, load_or_store(5, 5, true))}},
    {"two compare_and_swap both win on one value",
     {1},
     {at(1, 4, compare_and_swap(1, 2, true)), at(2, 3, compare_and_swap(1, 3, true))}},
    {"compare_and_swap and compare_and_delete both win on one value",
     {1},
     {at(1, 4, compare_and_swap(1, 2, true)), at(2, 3, compare_and_delete(1, true))}},
    {"compare_and_swap fails on the only value there was",
     {1},
     {at(1, 2, compare_and_swap(1, 2, false)), at(3, 4, load(1))}},
    {"two deletes of one value", {1}, {at(1, 4, load_and_delete(1)), at(2, 3, load_and_delete(1))}},
    {"two erases of one key", {1}, {at(1, 4, erase(true)), at(2, 3, erase(true))}},
    {"an erase misses a key that is only replaced",
     {1},
     {at(1, 4, swap(2, 1)), at(2, 3, erase(false)), at(5, 6, load(2))}},
    {"two swaps give the same value", {1}, {at(1, 4, swap(2, 1)), at(2, 3, swap(3, 1))}},
    {"swap_if takes an odd value for an even one", {1}, {at(1, 2, swap_if(2, 8, 1))}},
    {"loads of two threads disagree on the order of two stores",
     {},
     {at(1, 10, store(5)), at(2, 9, store(6)), at(3, 4, load(5)), at(5, 6, load(6)), at(7, 8, load(5))}},
    {"a delete that came after the store it did not see",
     {},
     {at(1, 2, store(5)), at(3, 4, load_and_delete(0)), at(5, 6, load(5))}},
    {"a key that a clear has left", {1, 2}, {at(1, 2, clear()), at(3, 4, of(1, load(2)))}},
    {"a clear that takes keys at two moments: each key alone would be in order",
     {1, 2},
     {at(1, 10, clear()), at(2, 3, of(0, load(0))), at(4, 5, of(1, load(2)))}},
    {"a clear that takes what was stored after it was seen to be over",
     {1},
     {at(1, 8, clear()), at(2, 3, load(0)), at(4, 5, store(6)), at(6, 7, load(0))}},
    {"a count that is off", {1}, {at(1, 2, of(1, store(5))), at(3, 4, count(1))}},
    {"a count that is off by what it stands for", {1, 0, 0, 1}, {at(1, 2, count(2, 7))}},
    {"a count that a change before it has disturbed no more",
     {},
     {at(1, 4, store(5)), at(5, 6, count(0)), at(7, 8, load(5))}},
    {"what has not returned can't take effect before it was invoked",
     {},
     {at(1, 2, load(5)), at(3, kNever, store(5))}},
    {"what has not returned can't take effect twice",
     {},
     {at(1, kNever, store(5)), at(2, 3, load_and_delete(5)), at(4, 5, load_and_delete(5))}},
    {"two elements of one key at once", {}, {at(1, 4, make(5, 5, false)), at(2, 3, make(6, 6, false))}},
    {"another element while the first one lives",
     {},
     {at(1, 2, make(5, 5, false)), at(3, 4, make(6, 6, false)), at(5, 6, die(5))}},
    {"an element is found after its death", {5}, {at(1, 2, die(5)), at(3, 4, find(5))}},
    {"an element is not found while it lives", {5}, {at(1, 2, find(0)), at(3, 4, find(5))}},
    {"an element dies that was replaced before",
     {5},
     {at(1, 2, die(5)), at(3, 4, make(6, 6, false)), at(5, 6, die(5))}},
};

/// Whether some order explains a history: the plainest way to say what linearizable means, without any of
/// what makes the checker fast. Tries all orders, and which of the operations that have not returned have
/// taken effect.
bool has_order(const History& history) {
  const auto& all = history.operations;
  for (std::uint64_t left_out = 0; left_out < std::uint64_t{1} << all.size(); ++left_out) {
    std::vector<std::size_t> order;
    bool allowed = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool is_left_out = (left_out >> i & 1) != 0;
      if (is_left_out && !all[i].is_pending()) allowed = false;
      if (!is_left_out) order.push_back(i);
    }
    if (!allowed) continue;
    do {
      State state = history.initial;
      bool good = true;
      for (std::size_t i = 0; good && i < order.size(); ++i) {
        for (std::size_t j = i + 1; good && j < order.size(); ++j)
          good = !all[order[j]].is_before(all[order[i]]);
        good = good && replay(all[order[i]], state);
      }
      if (good) return true;
    } while (std::next_permutation(order.begin(), order.end()));
  }
  return false;
}

/// A history that some order explains: it is made in that order, each operation around its moment.
History random_history(Random& random, std::size_t most) {
  constexpr Tick kBetween = 4;
  History history;
  const std::size_t keys = 1 + random.below(2);
  for (std::size_t key = 0; key < keys; ++key) history.initial[key] = static_cast<Value>(random.below(3));
  State state = history.initial;
  const std::size_t size = 1 + random.below(most);
  for (std::size_t i = 0; i < size; ++i) {
    Operation done;
    do {
      done.kind = static_cast<Kind>(random.below(kKinds));
    } while (done.kind == Kind::kCount);  // the checker leaves some of these out
    done.key = done.kind == Kind::kClear ? 0 : static_cast<std::uint8_t>(random.below(keys));
    done.value = static_cast<Value>(1 + random.below(2));
    done.old = static_cast<Value>(1 + random.below(2));
    const Tick moment = static_cast<Tick>(kBetween * (i + 4));
    done.invoked = moment - static_cast<Tick>(random.below(3 * kBetween));
    done.returned = moment + static_cast<Tick>(random.below(3 * kBetween));
    // The answers that there are, until one is right.
    for (unsigned guess = 0;; ++guess) {
      State after = state;
      done.answer = static_cast<Value>(guess / 2);
      done.yes = guess % 2 != 0;
      if (!replay(done, after)) continue;
      state = after;
      break;
    }
    if (random.one_in(8)) done.returned = kNever;
    history.operations.push_back(done);
  }
  return history;
}

}  // namespace

TEST_CASE("Good histories are linearizable") {
  for (const Known& known : kGood) {
    const Verdict verdict = check({known.initial, known.operations});
    INFO(known.why << "\n" << text(verdict));
    CHECK(verdict);
  }
}

TEST_CASE("Bad histories are not, and the verdict says how far an order went") {
  for (const Known& known : kBad) {
    const History history{known.initial, known.operations};
    INFO(known.why << "\n" << text(history));
    const Verdict verdict = check(history);
    CHECK_FALSE(verdict);
    CHECK(verdict.order.size() < verdict.part.operations.size());
  }
}

TEST_CASE("The checker and a search through all orders agree") {
  constexpr int kHistories = 4000;
  Random random(8);
  int bad = 0;
  for (int i = 0; i < kHistories; ++i) {
    History history = random_history(random, 6);
    if (random.one_in(3)) CHECK(check(history));  // by how it was made
    Operation& changed = history.operations[random.below(history.operations.size())];
    changed.answer = static_cast<Value>(random.below(3));
    changed.yes = random.one_in(2);
    const bool good = has_order(history);
    bad += good ? 0 : 1;
    INFO("history " << i << "\n" << text(history));
    REQUIRE(check(history).linearizable == good);
  }
  CHECK(bad > kHistories / 4);
  CHECK(bad < kHistories * 3 / 4);
}

TEST_CASE("A history that is too long is refused") {
  History history;
  history.operations.resize(kMostOperations + 1, at(1, 2, load(0)));
  CHECK_THROWS_AS(check(history), std::length_error);
  history.operations.pop_back();
  CHECK(check(history));
}

TEST_CASE("A failing history is told in words") {
  const Verdict verdict =
      check({{1}, {at(1, 4, compare_and_swap(1, 2, true)), at(2, 3, compare_and_delete(1, true))}});
  CHECK(text(verdict) ==
        "at first  a: 1, b: nothing, c: nothing, rest: nothing\n"
        "  from    to  thread\n"
        "     1     4  0       compare_and_swap(a, 1 to 2) -> yes\n"
        "     2     3  0       compare_and_delete(a, 1) -> yes\n"
        "no order explains this; the longest that explains a part:\n"
        "  compare_and_swap(a, 1 to 2) -> yes\n"
        "which leaves  a: 2, b: nothing, c: nothing, rest: nothing\n");
}

TEST_CASE("2,000 scenarios have every two operations on one key in two threads, under every hash") {
  std::set<std::pair<std::uint8_t, std::uint8_t>> pairs[3];
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Scenario scenario = draw_map(seed);
    auto& met = pairs[static_cast<std::size_t>(scenario.hash.kind)];
    for (const Step& one : scenario.steps[0]) {
      for (const Step& other : scenario.steps[1]) {
        if (one.key == other.key) met.insert(std::minmax(one.call, other.call));
      }
    }
  }
  for (const auto& met : pairs) CHECK(met.size() == kCalls * (kCalls + 1) / 2);
}

}  // namespace interlox::lin
