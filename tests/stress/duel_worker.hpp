// SPDX-License-Identifier: BSD-3-Clause
// One thread of a round: its own keys on both maps, the shared keys by their laws.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/stress/duel_ledger.hpp"
#include "tests/stress/duel_ops.hpp"
#include "tests/stress/duel_plan.hpp"
#include "tests/stress/duel_policy.hpp"
#include "tests/stress/duel_report.hpp"
#include "tests/stress/duel_walker.hpp"

namespace interlox::trie::duel {

/// Lives on the stack of its thread, where a collector sees its iterator.
template <class Duel>
class Worker {
  using Map = typename Duel::Map;
  using Value = typename Duel::Value;
  using Name = KeyName<typename Duel::Key>;

 public:
  Worker(Duel& duel, unsigned id)
      : duel_(duel),
        plan_(duel.plan),
        id_(id),
        random_(hash_integer(plan_.round * kMostThreads + id, plan_.seed)),
        fickle_(plan_.clears ? plan_.own_per_thread() : 0),
        walker_(duel, id),
        counters_(plan_.shared, -1) {}

  void run() {
    jitter.start(plan_.jitter, random_());
    for (unsigned cycle = 0; cycle < plan_.cycles; ++cycle) {
      for (std::size_t i = 0; i < plan_.phases.size(); ++i) {
        run_phase(plan_.phases[i], plan_.window(cycle));
        if (plan_.in_step) meet(plan_.checked_after(cycle, i));
      }
    }
    if (walking()) walker_.finish();
    jitter.start(0, 0);
  }

  /// What the thread knows of its keys at the end of a round with clears.
  FickleKeys take_fickle() { return std::move(fickle_); }

 private:
  [[nodiscard]] bool walking() const { return id_ < plan_.walkers; }

  void meet(bool check) {
    duel_.rendezvous.wait();
    if (!check) return;
    if (id_ == 0 && !plan_.clears && !duel_.report.failed()) {
      jitter.start(0, 0);
      traces[id_].begin(Op::kCheck, 0);
      duel_.check_at_rest("at rest in the middle");
      jitter.start(plan_.jitter, random_());
    }
    duel_.rendezvous.wait();
  }

  void run_phase(Phase phase, std::size_t window) {
    const std::size_t start = random_.below(window);
    for (std::size_t i = 0; i < window && !duel_.report.failed(); ++i) {
      while (random_.below(100) < plan_.shared_percent && !duel_.report.failed()) shared_step();
      own_step(phase, phase == Phase::kChurn ? random_.below(window) : (start + i) % window);
      const std::size_t aside = random_.below(32);
      if (aside == 0) load_some(window);
      if (aside == 1) unchanging_step();
      if (aside == 2 && plan_.clears && id_ == 0 && random_.below(1 + window / 32) == 0) clear();
      if (walking()) {
        walker_.step(random_);
        if (const auto met = walker_.take_shared()) shared_load(*met);
      }
    }
  }

  void fail(const Request& request, std::size_t key, const std::string& what) {
    std::ostringstream text;
    text << "thread " << id_ << ", " << request.op << " of key " << key << " (old " << request.old << ", new "
         << request.value << "): " << what;
    duel_.fail(text.str());
  }

  /// Asks the map under test; nothing if an allocation failed.
  std::optional<Answer> ask_map(const Request& request, std::size_t key) {
    traces[id_].begin(request.op, key);
    const Name name(key);
    computed_ = false;
    const auto visit = [&] { compute(request, key); };
    if (plan_.failures != 0 && random_.below(plan_.failures) == 0) {
      jitter.fail_allocation(1 + static_cast<std::uint32_t>(random_.below(8)));
    }
    std::optional<Answer> answer;
    try {
      answer = random_.below(2) == 0 ? ask(duel_.map, request, duel_.map.hashed(name.query()), visit)
                                     : ask(duel_.map, request, name.query(), visit);
    } catch (const std::bad_alloc&) {
      if (!may_throw(request.op)) {
        fail(request, key, "threw for want of memory, which it does not need");
        answer.emplace();
      }
    }
    jitter.fail_allocation(0);
    return answer;
  }

  // The function of load_or_compute, which may use the map, and may throw.
  void compute(const Request& request, std::size_t key) {
    computed_ = true;
    const std::size_t shared = key - plan_.first_shared();
    const bool is_shared = shared < plan_.shared;
    if (is_shared && !duel_.ledger.begin_computation(shared)) {
      fail(request, key, "is computed by two threads at once");
    }
    static_cast<void>(duel_.map.load(Name(key).query()));
    jitter.step(kComputing);
    if (is_shared) duel_.ledger.end_computation(shared);
    if (plan_.failures != 0 && random_.below(8) == 0) throw std::bad_alloc();
  }

  static bool may_throw(Op op) {
    return op != Op::kLoad && op != Op::kDeleteIf && op != Op::kLoadAndDelete && op != Op::kErase;
  }

  // Own keys. Nobody else changes them, so each answer is known, but for a clear by the first thread.

  [[nodiscard]] std::size_t own_key(std::size_t index) const {
    return plan_.first_own() + index * plan_.threads + id_;
  }

  Request draw_own(Phase phase, std::size_t index) {
    constexpr std::array kAll{Op::kLoad,   Op::kLoadOrStore, Op::kLoadOrCompute, Op::kStore, Op::kSwap,
                              Op::kSwapIf, Op::kDeleteIf,    Op::kLoadAndDelete, Op::kErase};
    constexpr std::array kAdding{Op::kLoadOrStore, Op::kLoadOrCompute, Op::kStore, Op::kSwap, Op::kLoad};
    constexpr std::array kRemoving{Op::kDeleteIf, Op::kLoadAndDelete, Op::kErase};
    const std::size_t key = own_key(index);
    Request request;
    request.op = phase == Phase::kFill    ? kAdding[random_.below(kAdding.size())]
                 : phase == Phase::kChurn ? kAll[random_.below(kAll.size())]
                                          : kRemoving[random_.below(kRemoving.size())];
    if (phase == Phase::kDrain && random_.below(64) == 0) request.op = Op::kLoad;
    request.value = duel_.own_value(key, random_.below(4));
    request.old = duel_.own_value(key, random_.below(4));
    if (phase == Phase::kDrain || random_.below(2) == 0) {  // the value that is there
      if (plan_.clears) {
        request.old = fickle_.left(index);
      } else if (const auto there = duel_.reference.load(Name(key).query())) {
        request.old = to_int(*there);
      }
    }
    return request;
  }

  void own_step(Phase phase, std::size_t index) {
    const std::size_t key = own_key(index);
    Request request = draw_own(phase, index);
    walker_.touch(key);
    std::optional<Answer> got = ask_map(request, key);
    if (!got) {  // then nothing has changed
      request.op = Op::kLoad;
      got = ask_map(request, key);
    }
    if (computed_ && got->yes) fail(request, key, "called its function for a key that is there");
    if (plan_.clears) {
      if (!fickle_.allows(index, request, *got)) fail_own(request, index, *got);
      fickle_.settle();
      return;
    }
    const Answer want = ask(duel_.reference, request, Name(key).query(), [] {});
    if (*got == want) return;
    std::ostringstream text;
    text << "answered " << *got << "; the reference " << want;
    fail(request, key, text.str());
  }

  void fail_own(const Request& request, std::size_t index, const Answer& got) {
    std::ostringstream text;
    text << "answered " << got << "; its owner left it with " << fickle_.left(index);
    fail(request, own_key(index), text.str());
  }

  // Neighbours among the own keys, and of the others a resident and a stranger, in one load_many or one by
  // one.
  void load_some(std::size_t window) {
    constexpr std::size_t kMost = 40;
    const std::size_t count = 1 + random_.below(std::min(kMost, window));
    const std::size_t start = random_.below(window);
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < count; ++i) indexes.push_back((start + i) % window);
    const Request request{Op::kLoadMany, 0, 0};
    const auto answers = load_many(indexes);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t key = own_key(indexes[i]);
      if (plan_.clears) {
        if (!fickle_.allows(indexes[i], request, answers[i])) fail_own(request, indexes[i], answers[i]);
        continue;
      }
      const Answer want = ask(duel_.reference, request, Name(key).query(), [] {});
      if (answers[i] == want) continue;
      std::ostringstream text;
      text << "answered " << answers[i] << "; the reference " << want << " (" << i + 1 << " of " << count
           << ")";
      fail(request, key, text.str());
    }
    fickle_.settle();
  }

  std::vector<Answer> load_many(const std::vector<std::size_t>& indexes) {
    struct Names {
      [[nodiscard]] std::size_t size() const { return names.size(); }
      const typename Name::Query& operator[](std::size_t i) const { return names[i].query(); }
      std::deque<Name> names;  // which never moves them
    };
    traces[id_].begin(Op::kLoadMany, own_key(indexes[0]));
    Names names;
    for (const std::size_t index : indexes) names.names.emplace_back(own_key(index));
    std::vector<std::optional<Value>> values(indexes.size(), Value(-1));
    std::size_t found = 0;
    if (random_.below(2) == 0) {
      found = duel_.map.load_many(names, std::span(values));
    } else {
      std::vector<Hashed<typename Name::Query>> hashed;
      for (const Name& name : names.names) hashed.push_back(duel_.map.hashed(name.query()));
      found = duel_.map.load_many(hashed, std::span(values));
    }
    std::vector<Answer> answers;
    for (const auto& value : values) {
      answers.push_back(value ? Answer{to_int(*value), true} : Answer{});
      if (value) --found;
    }
    if (found != 0) fail({Op::kLoadMany, 0, 0}, own_key(indexes[0]), "did not count what it found");
    return answers;
  }

  // Residents and strangers: always there, and never.
  void unchanging_step() {
    if (plan_.residents != 0) {
      const std::size_t key = random_.below(plan_.residents);
      const Answer want{duel_.own_value(key, Duel::kResident), true};
      const auto got = ask_map({}, key);
      if (got != want) fail({}, key, "a resident is gone or has changed");
    }
    constexpr std::array kAny{Op::kLoad, Op::kSwapIf, Op::kDeleteIf, Op::kLoadAndDelete, Op::kErase};
    const std::size_t key = plan_.first_stranger() + random_.below(Plan::kStrangers);
    const Request request{kAny[random_.below(kAny.size())], 0, 0};
    const auto got = ask_map(request, key);
    if (got && *got != Answer{}) fail(request, key, "found a key that was never stored");
  }

  void clear() {
    traces[id_].begin(Op::kClear, 0);
    if (plan_.failures != 0 && random_.below(4) == 0) jitter.fail_allocation(1);
    try {
      duel_.map.clear();
    } catch (const std::bad_alloc&) {
    }
    jitter.fail_allocation(0);
  }

  // Shared keys.

  void shared_step() {
    // The smaller of two: some keys are hot.
    const std::size_t key = std::min(random_.below(plan_.shared), random_.below(plan_.shared));
    if (role_of(key) == Role::kCounter) {
      count_up(key);
      return;
    }
    Request request{draw_shared(role_of(key)), -1, -1};
    if (!duel_.ledger.has_token(id_)) request.op = Op::kLoad;
    if (request.op == Op::kSwapIf || request.op == Op::kDeleteIf) {
      request.old = shared_load(key);
      if (request.old < 0) return;
    }
    const bool removes =
        request.op == Op::kDeleteIf || request.op == Op::kLoadAndDelete || request.op == Op::kErase;
    const bool stores = !removes && request.op != Op::kLoad;
    const bool takes = removes || request.op == Op::kSwap || request.op == Op::kSwapIf;
    if (stores) request.value = duel_.ledger.make(id_, key);
    const auto view = duel_.ledger.look(key);
    if (takes) duel_.ledger.begin_take(key);
    if (removes) duel_.ledger.begin_removal(key);
    const auto got = ask_map(request, plan_.first_shared() + key);
    if (got) {
      enter(request, key, *got, view);
    } else if (stores) {
      expect(request, key, duel_.ledger.not_stored(request.value));
    }
    if (removes) duel_.ledger.end_removal(key);
    if (takes) duel_.ledger.end_take(key);
  }

  Op draw_shared(Role role) {
    constexpr std::array kToken{Op::kLoad,   Op::kSwap,     Op::kLoadOrStore,   Op::kLoadOrCompute,
                                Op::kSwapIf, Op::kDeleteIf, Op::kLoadAndDelete, Op::kLoadAndDelete};
    constexpr std::array kSticky{Op::kLoad, Op::kSwap, Op::kLoadOrStore, Op::kLoadOrCompute, Op::kSwapIf};
    constexpr std::array kLoose{Op::kLoad, Op::kStore, Op::kErase, Op::kSwap, Op::kLoadOrStore};
    switch (role) {
      case Role::kToken:
        return kToken[random_.below(kToken.size())];
      case Role::kSticky:
        return kSticky[random_.below(kSticky.size())];
      default:
        return kLoose[random_.below(kLoose.size())];
    }
  }

  void expect(const Request& request, std::size_t key, const std::string& wrong) {
    if (!wrong.empty()) fail(request, plan_.first_shared() + key, wrong);
  }

  // Enters an answer into the ledger.
  void enter(const Request& request, std::size_t key, const Answer& got, const Ledger::View& view) {
    Ledger& ledger = duel_.ledger;
    bool there = true;
    bool absent = false;
    switch (request.op) {
      case Op::kLoadOrStore:
      case Op::kLoadOrCompute:
        absent = !got.yes;
        if (got.yes || got.value != request.value) {
          expect(request, key, ledger.found(got.value, key, view.began));
          expect(request, key, ledger.not_stored(request.value));
        }
        break;
      case Op::kSwap:
        absent = !got.yes;
        if (got.yes) expect(request, key, ledger.came_out(got.value, key));
        break;
      case Op::kLoadAndDelete:
        there = false;
        if (got.yes) expect(request, key, ledger.came_out(got.value, key));
        break;
      case Op::kErase:
        there = false;
        if (got.yes) ledger.erased(key);
        break;
      case Op::kSwapIf:
      case Op::kDeleteIf:
        there = got.yes && request.op == Op::kSwapIf;
        compared(request, key, got.yes);
        break;
      case Op::kStore:
        ledger.stored(key);
        break;
      default:
        there = got.yes;
        absent = !got.yes;
        if (got.yes) expect(request, key, ledger.found(got.value, key, view.began));
    }
    if (absent) expect(request, key, ledger.was_absent(key, view));
    if (there) ledger.was_there(key, view);
  }

  void compared(const Request& request, std::size_t key, bool won) {
    if (won) {
      expect(request, key, duel_.ledger.came_out(request.old, key));
      return;
    }
    if (request.op == Op::kSwapIf) expect(request, key, duel_.ledger.not_stored(request.value));
    // The value was there when it was loaded and no value returns: it had gone.
    if (shared_load(key) == request.old) {
      fail(request, plan_.first_shared() + key, "refused, and the old value is there");
    }
  }

  // The value of a shared key, or -1.
  int shared_load(std::size_t key) {
    const Request request{};
    const auto view = duel_.ledger.look(key);
    const auto got = ask_map(request, plan_.first_shared() + key);
    enter(request, key, *got, view);
    return got->yes ? got->value : -1;
  }

  // One step of a counter. What a thread sees of it only grows.
  void count_up(std::size_t key) {
    const std::size_t id = plan_.first_shared() + key;
    for (;;) {
      const Request first{Op::kLoadOrStore, 0, 0};
      const auto now = ask_map(first, id);
      if (!now) return;
      if (now->value < counters_[key]) fail(first, id, "a counter went back");
      counters_[key] = now->value;
      const Request step{Op::kSwapIf, now->value, now->value + 1};
      const auto got = ask_map(step, id);
      if (!got) return;
      if (got->yes) {
        duel_.ledger.counted(key);
        return;
      }
      if (duel_.report.failed()) return;
    }
  }

  static constexpr std::uint64_t kComputing = 8;  // as many steps as a computation takes

  Duel& duel_;
  const Plan& plan_;
  const unsigned id_;
  test::Random random_;
  FickleKeys fickle_;
  Walker<Duel> walker_;
  std::vector<int> counters_;  // what was last seen of each shared counter
  bool computed_ = false;      // whether the last operation called its function
};

}  // namespace interlox::trie::duel
