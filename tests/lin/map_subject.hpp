// SPDX-License-Identifier: BSD-3-Clause
// trie::HashTrieMap as a subject.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <span>

#include "tests/lin/subject.hpp"
#include "tests/stress/duel_policy.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::lin {

struct MapKeys : trie::PlainKeys<std::uint64_t> {
  [[nodiscard]] std::uint64_t hash(std::uint64_t key, std::uint64_t seed) const noexcept {
    return shape(key, seed);
  }
  static bool equal(std::uint64_t stored, std::uint64_t query) noexcept { return stored == query; }
  HashShape shape;
};

/// A value of more than a word, which shows when it is torn.
struct Wide {
  Wide() = default;
  explicit Wide(std::uint64_t number) noexcept : first(number), second(~number), third(number) {}
  explicit operator std::uint64_t() const noexcept {
    return second == ~first && third == first ? first : kTorn;
  }
  friend bool operator==(const Wide&, const Wide&) = default;

  static constexpr std::uint64_t kTorn = 255;
  std::uint64_t first = 0;
  std::uint64_t second = ~std::uint64_t{0};
  std::uint64_t third = 0;
};

/// V: std::uint64_t, changed in place, or Wide. P: a policy whose threads lose their turn between any two
/// accesses.
template <class V, class P>
class MapSubject final : public Subject {
  using Map = trie::HashTrieMap<std::uint64_t, V, MapKeys, P>;

 public:
  explicit MapSubject(const Scenario& scenario)
      : Subject(scenario), map_(MapKeys{{}, scenario.hash}, scenario.seed) {
    for (std::size_t i = 0; i < scenario.added; ++i) map_.store(other_key(i), V(kRestValue));
    for (std::size_t i = scenario.kept; i < scenario.added; ++i) map_.erase(other_key(i));
    for (std::uint8_t key = 0; key < kAsked; ++key) {
      if (scenario.initial[key] != kNothing) map_.store(key, V(scenario.initial[key]));
    }
  }

 private:
  static Value value_of(const V& value) noexcept {
    return static_cast<Value>(static_cast<std::uint64_t>(value));
  }
  static Value value_of(const std::optional<V>& value) noexcept {
    return value ? value_of(*value) : kNothing;
  }

  void take(const Step& step, Log& log) override {
    const std::size_t first = log.size();
    trie::duel::jitter.fail_allocation(step.failing);
    try {
      const std::uint64_t key = step.key;
      step.hashed ? ask(step, map_.hashed(key), log) : ask(step, key, log);
    } catch (const std::bad_alloc&) {
      // The map is unchanged, and nothing is added to the log.
      expect(log.size() == first, "an operation has failed after it has answered");
    }
    trie::duel::jitter.fail_allocation(0);
  }

  template <class Query>
  void ask(const Step& step, const Query& query, Log& log) {
    Operation done;
    done.key = step.key;
    done.value = step.value;
    done.old = step.old;
    const V value(step.value);
    const V old(step.old);
    const auto accept = [&](const V& seen) { return value_of(seen) % 2 == step.old % 2; };
    const auto one = [&](Kind kind, Value answer, bool yes) {
      done.kind = kind;
      done.answer = answer;
      done.yes = yes;
      log.add(done);
    };
    switch (static_cast<Call>(step.call)) {
      case Call::kLoad:
        return one(Kind::kLoad, value_of(map_.load(query)), false);
      case Call::kLoadMany:
        return load_many(log);
      case Call::kLoadOrStore: {
        const auto got = map_.load_or_store(query, value);
        return one(Kind::kLoadOrStore, value_of(got.value), got.loaded);
      }
      case Call::kLoadOrCompute: {
        unsigned calls = 0;
        const auto got = map_.load_or_compute(query, [&] { return ++calls, value; });
        expect(calls <= 1 && (got.loaded || calls == 1), "a value was stored that was not computed once");
        return one(Kind::kLoadOrStore, value_of(got.value), got.loaded);
      }
      case Call::kStore:
        map_.store(query, value);
        return one(Kind::kStore, kNothing, false);
      case Call::kSwap:
        return one(Kind::kSwap, value_of(map_.swap(query, value)), false);
      case Call::kCompareAndSwap:
        return one(Kind::kCompareAndSwap, kNothing, map_.compare_and_swap(query, old, value));
      case Call::kCompareAndDelete:
        return one(Kind::kCompareAndDelete, kNothing, map_.compare_and_delete(query, old));
      case Call::kSwapIf:
        return one(Kind::kSwapIf, value_of(map_.swap_if(query, value, accept)), false);
      case Call::kDeleteIf:
        return one(Kind::kDeleteIf, value_of(map_.delete_if(query, accept)), false);
      case Call::kLoadAndDelete:
        return one(Kind::kLoadAndDelete, value_of(map_.load_and_delete(query)), false);
      case Call::kErase:
        return one(Kind::kErase, kNothing, map_.erase(query));
      case Call::kClear:
        map_.clear();
        return one(Kind::kClear, kNothing, false);
      case Call::kCount:
        return count(log);
      case Call::kForEach:
        walk(log, scenario().has(Call::kClear));
        return;
    }
  }

  void load(std::uint8_t key, Value answer, Log& log) noexcept {
    Operation done;
    done.key = key;
    done.answer = answer;
    log.add(done);
  }

  void load_many(Log& log) {
    constexpr std::array<std::uint64_t, kAsked> kQueries{0, 1, 2};
    std::array<std::optional<V>, kAsked> values;
    const std::size_t found = map_.load_many(kQueries, std::span(values));
    std::size_t there = 0;
    for (std::uint8_t key = 0; key < kAsked; ++key) {
      load(key, value_of(values[key]), log);
      there += values[key] ? 1 : 0;
    }
    expect(found == there, "load_many has found another number of keys than it has given");
  }

  void count(Log& log) {
    Operation done;
    done.kind = Kind::kCount;
    done.value = scenario().kept;
    done.answer = static_cast<Value>(map_.count());
    log.add(done);
  }

  /// Returns how many entries were met. The others come and go together, but the map may be cleared
  /// meanwhile.
  std::size_t walk(Log& log, bool may_be_cleared) {
    State met{};
    std::size_t others = 0;
    std::uint64_t others_seen = 0;
    map_.for_each([&](std::uint64_t key, const V& value) {
      if (key < kAsked) {
        expect(met[key] == kNothing, "a walk has met a key twice");
        met[key] = value_of(value);
        return;
      }
      const std::uint64_t bit = key - kAsked < scenario().kept ? std::uint64_t{1} << (key - kAsked) : 0;
      expect(bit != 0 && value_of(value) == kRestValue, "a walk has met an entry that was never there");
      expect((others_seen & bit) == 0, "a walk has met a key twice");
      others_seen |= bit;
      ++others;
    });
    for (std::uint8_t key = 0; key < kAsked; ++key) load(key, met[key], log);
    if (others == 0 || others == scenario().kept) {
      load(kRest, others == 0 ? kNothing : kRestValue, log);
    } else {
      expect(may_be_cleared, "a walk has missed a key that was there the whole time");
    }
    std::size_t all = others;
    for (std::uint8_t key = 0; key < kAsked; ++key) all += met[key] == kNothing ? 0 : 1;
    return all;
  }

  void look(Log& log) override {
    for (std::uint8_t key = 0; key < kAsked; ++key) load(key, value_of(map_.load(key)), log);
    load_many(log);
    count(log);
    const std::size_t entries = walk(log, false);
    expect(map_.stats().entries == entries, "stats() gives another number of entries than are there");
    expect_order(map_.check());
  }

  Map map_;
};

}  // namespace interlox::lin
