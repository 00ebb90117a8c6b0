// SPDX-License-Identifier: BSD-3-Clause
// Scenarios: what a map holds at first, how it hashes, and what each of three threads does to it then. Drawn
// from a seed, and small, so that every order of their steps comes up soon.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/lin/history.hpp"
#include "tests/lin/recorder.hpp"
#include "trie/hash.hpp"

namespace interlox::lin {

/// Random numbers that are the same on every system.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(trie::hash_integer(seed, 0x11a)) {}
  std::uint64_t operator()() { return trie::hash_integer(++state_, 0); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>((*this)() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// What a thread calls. The sets and the maps of the language have calls of their own for some of these.
enum class Call : std::uint8_t {
  kLoad,
  kLoadMany,  // of all keys
  kLoadOrStore,
  kLoadOrCompute,
  kStore,
  kSwap,
  kCompareAndSwap,
  kCompareAndDelete,
  kSwapIf,
  kDeleteIf,
  kLoadAndDelete,
  kErase,
  kClear,
  kCount,
  kForEach,
};
inline constexpr std::size_t kCalls = 15;

/// What a thread calls of a set.
enum class SetCall : std::uint8_t {
  kMake,
  kFind,
  kCollect,  // the collector's part: elements that nobody holds die
  kPrune,
  kForEach,
};

struct Step {
  std::uint8_t call = 0;  // a Call or a SetCall
  std::uint8_t key = 0;
  Value value = kNothing;
  Value old = kNothing;
  bool hashed = false;       // the caller has the hash already
  std::uint8_t failing = 0;  // so many allocations on, one fails; 0: none
};

enum class Hash : std::uint8_t {
  kGood,
  kConstant,  // one chain
  kCrowded,   // few hashes, close together: leaves fill, split and merge, and some keys share a hash
};

/// How keys are hashed.
struct HashShape {
  [[nodiscard]] std::uint64_t operator()(std::uint64_t key, std::uint64_t seed) const noexcept {
    switch (kind) {
      case Hash::kGood:
        return trie::hash_integer(key, seed);
      case Hash::kConstant:
        return seed;
      case Hash::kCrowded:
        break;
    }
    const std::uint64_t hash = key % distinct;
    return hash % places << 63 | hash / places << shift;
  }

  Hash kind = Hash::kGood;
  std::uint8_t distinct = 1;  // hashes, of kCrowded
  std::uint8_t places = 1;    // slots of the root that these are in
  std::uint8_t shift = 0;     // how far from the end of the hash they differ
};

struct Scenario {
  std::uint64_t seed = 0;
  HashShape hash;
  bool wide = false;         // values of more than a word
  std::uint32_t period = 0;  // of the accesses to memory at which a thread loses its turn; 0: never
  std::uint8_t added = 0;    // entries beside those of the keys that are asked for
  std::uint8_t kept = 0;     // of these; the others are taken out again
  State initial{};
  State dead{};  // of a set: the elements that have died and are not removed
  std::array<std::vector<Step>, kThreads> steps;

  [[nodiscard]] bool has(Call call) const;
};

/// The numbers that keys have in the map: those that are asked for, then the others.
inline constexpr std::uint8_t kAsked = kRest;
inline constexpr Value kRestValue = 1;
constexpr std::uint64_t other_key(std::size_t i) noexcept { return kAsked + i; }

/// The scenario of a seed for a map, and for a canonical set.
[[nodiscard]] Scenario draw_map(std::uint64_t seed);
[[nodiscard]] Scenario draw_set(std::uint64_t seed);

[[nodiscard]] std::string text(const Scenario& scenario);

}  // namespace interlox::lin
