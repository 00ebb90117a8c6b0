// SPDX-License-Identifier: BSD-3-Clause
// What the tests of maps share, whichever the map: bad hashes, values of two sizes, key sets, a model.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "trie/hash.hpp"
#include "trie/hash_trie_map.hpp"
#include "trie/key_traits.hpp"

namespace interlox::trie::test {

// How much of a full-length run a test does: sanitizers slow everything down by ten or more.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr int kScale = 8;
#else
inline constexpr int kScale = 1;
#endif

enum class Hash { kGood, kConstant, kLowBits, kHighBits };
inline constexpr std::array kAllHashes{Hash::kGood, Hash::kConstant, Hash::kLowBits, Hash::kHighBits};

inline std::ostream& operator<<(std::ostream& out, Hash hash) {
  return out << std::array{"good", "constant", "low four bits",
                           "high four bits"}[static_cast<std::size_t>(hash)];
}

/// Strings under a hash that is chosen at run time.
struct TestKeys : StringKeys {
  TestKeys() = default;
  explicit TestKeys(Hash chosen) : kind(chosen) {}

  [[nodiscard]] std::uint64_t hash(std::string_view key, std::uint64_t seed) const noexcept {
    const std::uint64_t good = hash_bytes(key, seed);
    switch (kind) {
      case Hash::kGood:
        return good;
      case Hash::kConstant:
        return 0;
      case Hash::kLowBits:
        return good & 0xF;
      case Hash::kHighBits:
        return good & 0xF000000000000000;
    }
    return good;
  }

  Hash kind = Hash::kGood;
};

/// A value of more than a word. A reader that sees half of one and half of another finds it broken.
struct Wide {
  Wide(int n = 0) : number(n), inverse(~std::int64_t{n}), again(n) {}  // NOLINT: converts like an int
  [[nodiscard]] bool whole() const { return inverse == ~number && again == number; }
  friend bool operator==(const Wide&, const Wide&) = default;

  std::int64_t number;
  std::int64_t inverse;
  std::int64_t again;
};

inline int to_int(int value) { return value; }
inline int to_int(const Wide& value) { return value.whole() ? static_cast<int>(value.number) : -1; }
inline std::ostream& operator<<(std::ostream& out, const Wide& value) { return out << to_int(value); }

inline constexpr std::uint64_t kSeed = 0x1234567;

/// The seed's key sets: the binary text of i.
inline std::string key_text(std::size_t i) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + (i & 1)));
    i >>= 1;
  } while (i != 0);
  return text;
}

inline std::vector<std::string> make_keys(std::size_t count, std::size_t first = 0) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(key_text(first + i));
  return keys;
}

/// How many keys a test takes: `many` where they spread, so that the map grows, few where they share hashes.
constexpr std::size_t key_count(Hash hash, std::size_t many, std::size_t few = 128) {
  return hash == Hash::kGood ? std::max(many / kScale, few) : few;
}

/// Random numbers that are the same on every system.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() { return hash_integer(++state_, 0); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>((*this)() % bound); }

 private:
  std::uint64_t state_;
};

/// Failures seen by worker threads: Catch's assertions may be used by one thread only.
class Log {
 public:
  void expect(bool held, std::string_view what, std::string_view where = {}) {
    if (held) return;
    const std::lock_guard guard(mutex_);
    if (failures_.size() < 10) failures_.emplace_back(what).append(" ").append(where);
    failed_ = true;
  }

  [[nodiscard]] std::string text() const {
    const std::lock_guard guard(mutex_);
    std::string all;
    for (const auto& failure : failures_) all += failure + "\n";
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> failures_;
  bool failed_ = false;
};

/// A place where `count` threads wait for one another, again and again. Spins: the rounds are short.
class Rendezvous {
 public:
  explicit Rendezvous(unsigned count) : count_(count) {}
  void wait() {
    const unsigned round = round_.load(std::memory_order_acquire);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    while (round_.load(std::memory_order_acquire) == round) std::this_thread::yield();
  }

 private:
  const unsigned count_;
  std::atomic<unsigned> waiting_{0};
  std::atomic<unsigned> round_{0};
};

enum class Op { kLoad, kLoadOrStore, kStore, kSwap, kSwapIf, kDeleteIf, kLoadAndDelete, kErase };
inline constexpr std::array kAllOps{Op::kLoad,   Op::kLoadOrStore, Op::kStore,         Op::kSwap,
                                    Op::kSwapIf, Op::kDeleteIf,    Op::kLoadAndDelete, Op::kErase};

inline std::ostream& operator<<(std::ostream& out, Op op) {
  return out << std::array{"load",
                           "load_or_store",
                           "store",
                           "swap",
                           "compare_and_swap",
                           "compare_and_delete",
                           "load_and_delete",
                           "erase"}[static_cast<std::size_t>(op)];
}

/// An operation's answer, whichever it was: a value if it gave one, and a yes or no.
struct Answer {
  int value = -1;
  bool yes = false;
  friend bool operator==(const Answer&, const Answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Answer& a) {
    return out << a.value << (a.yes ? " yes" : " no");
  }
};

/// Applies one operation to a map. `old` is for the compare_ operations.
template <class Map, class Query>
Answer apply(Map& map, Op op, const Query& key, int old, int value) {
  using Value = decltype(typename Map::Loaded{}.value);
  const auto optional = [](const auto& got) { return got ? Answer{to_int(*got), true} : Answer{}; };
  switch (op) {
    case Op::kLoad:
      return optional(map.load(key));
    case Op::kLoadOrStore: {
      const auto got = map.load_or_store(key, Value(value));
      return {to_int(got.value), got.loaded};
    }
    case Op::kStore:
      map.store(key, Value(value));
      return {};
    case Op::kSwap:
      return optional(map.swap(key, Value(value)));
    case Op::kSwapIf:
      return {-1, map.compare_and_swap(key, Value(old), Value(value))};
    case Op::kDeleteIf:
      return {-1, map.compare_and_delete(key, Value(old))};
    case Op::kLoadAndDelete:
      return optional(map.load_and_delete(key));
    case Op::kErase:
      return {-1, map.erase(key)};
  }
  return {};
}

/// The same operations on a plain table: what the map must do when nobody interferes.
class Model {
 public:
  Answer apply(Op op, const std::string& key, int old, int value) {
    const auto at = table_.find(key);
    const bool present = at != table_.end();
    const Answer found = present ? Answer{at->second, true} : Answer{};
    const bool match = present && at->second == old;
    switch (op) {
      case Op::kLoad:
        return found;
      case Op::kLoadOrStore:
        if (present) return found;
        table_[key] = value;
        return {value, false};
      case Op::kStore:
        table_[key] = value;
        return {};
      case Op::kSwap:
        table_[key] = value;
        return found;
      case Op::kSwapIf:
        if (match) table_[key] = value;
        return {-1, match};
      case Op::kDeleteIf:
        if (match) table_.erase(at);
        return {-1, match};
      case Op::kLoadAndDelete:
        if (present) table_.erase(at);
        return found;
      case Op::kErase:
        if (present) table_.erase(at);
        return {-1, present};
    }
    return {};
  }

  [[nodiscard]] const std::map<std::string, int>& table() const { return table_; }
  void clear() { table_.clear(); }

 private:
  std::map<std::string, int> table_;
};

/// Puts keys into a map one by one, takes them out one by one, puts them in again, and so on: the map grows
/// and shrinks under whatever else goes on in it.
class Tide {
 public:
  explicit Tide(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  template <class Map>
  void step(Map& map, int value) {
    if (rising_) {
      map.store(keys_[at_], value);
    } else {
      map.erase(keys_[at_]);
    }
    if (++at_ < keys_.size()) return;
    at_ = 0;
    rising_ = !rising_;
  }

  /// Takes out what is still in.
  template <class Map>
  void drain(Map& map) const {
    for (const auto& key : keys_) map.erase(key);
  }

 private:
  const std::vector<std::string> keys_;
  std::size_t at_ = 0;
  bool rising_ = true;
};

/// Everything that iteration gives, as a table; nothing if it gives a key twice.
template <class Map>
std::optional<std::map<std::string, int>> contents(const Map& map) {
  std::map<std::string, int> all;
  bool once = true;
  map.for_each([&](std::string_view key, const auto& value) {
    once = all.emplace(std::string(key), to_int(value)).second && once;
  });
  if (!once) return std::nullopt;
  return all;
}

}  // namespace interlox::trie::test
