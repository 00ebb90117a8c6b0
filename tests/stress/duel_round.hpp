// SPDX-License-Identifier: BSD-3-Clause
// One round of the duel: the two maps, the threads, and what must hold when all is at rest.
#pragma once

#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/stress/duel_ledger.hpp"
#include "tests/stress/duel_ops.hpp"
#include "tests/stress/duel_plan.hpp"
#include "tests/stress/duel_policy.hpp"
#include "tests/stress/duel_report.hpp"
#include "tests/stress/duel_worker.hpp"
#include "tests/support/reference/reference_map.hpp"

namespace interlox::trie::duel {

/// World: its policies, and what its threads need. P: the policy of the map under test.
template <class World, class K, class V, class P>
class Duel {
 public:
  using Key = K;
  using Value = V;
  using Map = HashTrieMap<Key, Value, DuelKeys<Key>, P>;
  using Reference = reference::ReferenceMap<Key, Value, DuelKeys<Key>, typename World::Policy>;
  using Name = KeyName<Key>;

  static_assert(Batched<Map>);
  static constexpr std::size_t kResident = 7;  // marks the value of a resident

  explicit Duel(const Plan& drawn)
      : plan(drawn),
        map(DuelKeys<Key>(drawn.hash), drawn.seed),
        reference(DuelKeys<Key>(drawn.hash), drawn.seed),
        ledger(drawn.threads, drawn.shared, tokens(drawn)),
        rendezvous(drawn.threads) {}

  /// Plays the round. Returns what failed, or an empty string.
  std::string play() {
    const typename World::Trouble trouble;
    fill();
    std::vector<std::optional<FickleKeys>> fickle(plan.threads);
    iterators_open_ = plan.walkers != 0;
    run_threads([&](unsigned id) {
      Worker<Duel> worker(*this, id);
      worker.run();
      fickle[id].emplace(worker.take_fickle());
    });
    iterators_open_ = false;
    if (!report.failed()) {
      if (plan.clears) {
        check_cleared(fickle);
      } else {
        check_at_rest("in the end");
      }
    }
    if (!report.failed() && plan.drains) drain();
    if (!report.failed()) start_again();
    return report.text();
  }

  static int own_value(std::size_t key, std::size_t low) { return static_cast<int>(key * 8 + low); }
  static bool is_own_value(std::size_t key, int value) {
    return value >= 0 && static_cast<std::size_t>(value) / 8 == key;
  }

  void fail(const std::string& what) {
    std::ostringstream text;
    text << what << "; the map counts " << map.count() << ", the reference " << reference.count();
    report.fail(text.str());
  }

  /// When no other thread uses the map: it holds what the reference holds, and the shared keys' tokens.
  void check_at_rest(const char* when) {
    const auto got = contents(map);
    const auto want = contents(reference);
    std::vector<int> shared;
    std::size_t entries = reference.count();
    for (std::size_t key = 0; key < got.size(); ++key) {
      const bool is_shared = key >= plan.first_shared() && key < plan.first_own();
      const int there = is_shared ? to_value(map.load(Name(key).query())) : want[key];
      if (is_shared) shared.push_back(there);
      if (is_shared && there >= 0) ++entries;
      if (got[key] == there) continue;
      fail(std::string(when) + ": iteration gives key " + std::to_string(key) + " the value " +
           std::to_string(got[key]) + " instead of " + std::to_string(there));
      return;
    }
    if (const auto wrong = ledger.audit(shared); !wrong.empty()) fail(std::string(when) + ": " + wrong);
    check_shape(when, entries);
    if (const auto wrong = reference.check()) fail("the reference: " + *wrong);
  }

  const Plan plan;
  Map map;
  Reference reference;
  Ledger ledger;
  Report report;
  test::Rendezvous rendezvous;

 private:
  // More than a thread can be expected to use: twice the average.
  static std::size_t tokens(const Plan& plan) {
    if (plan.shared == 0) return 1;
    return 1000 + plan.shared +
           2 * plan.cycles * plan.phases.size() * plan.own_per_thread() * plan.shared_percent /
               (100 - plan.shared_percent);
  }

  static int to_value(const std::optional<Value>& value) { return value ? to_int(*value) : -1; }

  template <class Body>
  void run_threads(const Body& body) {
    std::vector<std::jthread> threads;
    for (unsigned id = 0; id < plan.threads; ++id) {
      threads.emplace_back([&, id] {
        const typename World::ThreadScope scope;
        body(id);
      });
    }
  }

  // The keys that are always there.
  void fill() {
    for (std::size_t key = 0; key < plan.residents; ++key) {
      const Value value(own_value(key, kResident));
      map.store(Name(key).query(), value);
      reference.store(Name(key).query(), value);
    }
    for (std::size_t key = 0; key < plan.shared; ++key) {
      if (role_of(key) != Role::kSticky) continue;
      const auto view = ledger.look(key);
      map.store(Name(plan.first_shared() + key).query(), Value(ledger.make(0, key)));
      ledger.was_there(key, view);
    }
  }

  // Every key's value as iteration gives it, or -1.
  template <class AnyMap>
  std::vector<int> contents(const AnyMap& any) {
    std::vector<int> values(plan.keys(), -1);
    any.for_each([&](const auto& view, const Value& value) {
      const std::size_t key = Name::id_of(view);
      if (key >= values.size()) {
        fail("iteration gives a key that was never stored");
      } else if (values[key] != -1) {
        fail("iteration gives key " + std::to_string(key) + " twice");
      } else {
        values[key] = to_int(value);
      }
    });
    return values;
  }

  void check_shape(const std::string& when, std::size_t entries) {
    if constexpr (requires { map.policy().poison(); }) {
      if (const char* const wrong = iterators_open_ ? nullptr : map.policy().poison())
        fail(when + ": " + wrong);
    }
    if (const auto wrong = map.check()) fail(when + ": " + *wrong);
    if (map.count() != entries) fail(when + ": the count is not " + std::to_string(entries));
    if (const std::size_t walked = map.stats().entries; walked != entries) {
      fail(when + ": stats() gives " + std::to_string(walked) + " entries, not " + std::to_string(entries));
    }
  }

  // After clears the reference knows nothing: what is there must be what an owner left there.
  void check_cleared(const std::vector<std::optional<FickleKeys>>& fickle) {
    const auto got = contents(map);
    std::size_t entries = 0;
    for (std::size_t key = 0; key < got.size(); ++key) {
      const std::size_t own = key - plan.first_own();
      const int loaded = to_value(map.load(Name(key).query()));
      const bool possible = key >= plan.first_own() && key < plan.first_stranger()
                                ? fickle[own % plan.threads]->may_be(own / plan.threads, loaded)
                                : loaded == -1;
      if (loaded != got[key] || !possible) {
        fail("after clears: key " + std::to_string(key) + " has the value " + std::to_string(loaded) +
             ", in iteration " + std::to_string(got[key]));
      }
      if (loaded != -1) ++entries;
    }
    check_shape("after clears", entries);
  }

  // All threads delete what is there, each key by one of them.
  void drain() {
    const auto before = contents(map);
    run_threads([&](unsigned id) {
      jitter.start(plan.jitter, plan.round + id);
      for (std::size_t key = id; key < before.size() && !report.failed(); key += plan.threads) {
        const std::size_t way = (key / plan.threads + plan.round) % 3;
        const Request request{way == 0   ? Op::kErase
                              : way == 1 ? Op::kLoadAndDelete
                                         : Op::kDeleteIf,
                              before[key], 0};
        traces[id].begin(request.op, key);
        const Answer got = ask(map, request, Name(key).query(), [] {});
        const Answer want = effect(request, before[key]).answer;
        if (got == want) continue;
        std::ostringstream text;
        text << "thread " << id << ", in the end, " << request.op << " of key " << key << " answered " << got
             << " instead of " << want;
        fail(text.str());
      }
      jitter.start(0, 0);
    });
    check_shape("drained", 0);
    if (map.iterate().next()) fail("drained: iteration gives a key");
  }

  // A map that has grown and shrunk, or was left full, can be cleared and used.
  void start_again() {
    map.clear();
    check_shape("cleared", 0);
    for (std::size_t key = 0; key < 20; ++key) map.store(Name(key).query(), Value(own_value(key, 1)));
    for (std::size_t key = 0; key < 20; ++key) {
      if (to_value(map.load(Name(key).query())) != own_value(key, 1)) fail("cleared: a new key is not found");
    }
    check_shape("filled again", 20);
  }

  bool iterators_open_ = false;
};

/// Plays one round in a world: with the policy itself or, to lose turns and fail allocations, with another
/// one under a JumpyPolicy.
template <class World>
[[nodiscard]] std::string play_in(const Plan& plan) {
  using Calm = typename World::Policy;
  using Jumpy = JumpyPolicy<typename World::HarshPolicy>;
  const bool calm = plan.jitter == 0 && plan.failures == 0;
  // Of each kind of key and of value the map under test has one of each policy.
  if (plan.strings) {
    if (plan.wide) return Duel<World, String, Wide, Jumpy>(plan).play();
    return calm ? Duel<World, String, int, Calm>(plan).play() : Duel<World, String, int, Jumpy>(plan).play();
  }
  if (!plan.wide) return Duel<World, std::uint64_t, int, Jumpy>(plan).play();
  return calm ? Duel<World, std::uint64_t, Wide, Calm>(plan).play()
              : Duel<World, std::uint64_t, Wide, Jumpy>(plan).play();
}

}  // namespace interlox::trie::duel
