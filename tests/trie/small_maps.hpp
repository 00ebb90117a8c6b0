// SPDX-License-Identifier: BSD-3-Clause
// Small maps in the shapes that matter, the operations on them, and what these do when nobody interferes:
// what the tests of single preemptions (interleave_test.cpp) and of whole schedules (tests/sched) share.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <type_traits>
#include <vector>

#include "tests/trie/map_kit.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::trie::test {

/// Keys that are their hashes, but for four bits: keys that differ only there share a hash.
using Key = std::uint64_t;
inline constexpr Key kTwinBits = 0xF00;
struct HashIsKey : PlainKeys<Key> {
  static std::uint64_t hash(Key key, std::uint64_t /*seed*/) noexcept { return key & ~kTwinBits; }
  static bool equal(Key a, Key b) noexcept { return a == b; }
};
/// A key by the first sixteen bits of its hash, its last eight, which the leaf's fingerprint is made of, and
/// its number among the keys of that hash.
constexpr Key key_of(unsigned top, unsigned fingerprint = 0x80, unsigned twin = 0) {
  return static_cast<Key>(top) << 48 | twin << 8 | fingerprint;
}

/// A value of more than a word, so that a new one needs a new entry. Holds no pointer.
struct WideNumber : Wide {
  using Wide::Wide;
};

}  // namespace interlox::trie::test

template <>
inline constexpr bool interlox::trie::kMayHoldPointers<interlox::trie::test::WideNumber> = false;

namespace interlox::trie::test {

/// The tree inside of a map: its first member, which a class of standard layout begins with.
template <class Value, class P>
detail::Tree<Key, Value, HashIsKey, P>& tree_of(HashTrieMap<Key, Value, HashIsKey, P>& map) {
  static_assert(std::is_standard_layout_v<HashTrieMap<Key, Value, HashIsKey, P>>);
  auto& tree = reinterpret_cast<detail::Tree<Key, Value, HashIsKey, P>&>(map);
  assert(&tree.policy() == &map.policy());
  return tree;
}

/// Makes the root 2^bits slots wide.
template <class Value, class P>
void grow_to(HashTrieMap<Key, Value, HashIsKey, P>& map, unsigned bits) {
  auto& tree = tree_of(map);
  while (tree.root()->bits() < bits) detail::Maintenance(tree).grow(tree.root());
}

}  // namespace interlox::trie::test

namespace interlox::trie::test::interleave {

// A small map, and the keys that operations are about.
struct Shape {
  const char* name;
  std::vector<Key> stored;       // in this order
  unsigned bits;                 // then the root is made this large
  std::vector<unsigned> erased;  // then these of the stored keys are removed
  std::vector<Key> played;
  std::size_t nodes;   // the root, leaves, branches and links that this comes to
  bool twins = false;  // then the leaf on the way to the first key is put into both slots of a branch
};

// Keys whose hashes are evenly spaced, each with a fingerprint of its own.
inline std::vector<Key> spaced(unsigned first, unsigned step, std::size_t count = 7) {
  std::vector<Key> keys;
  for (unsigned i = 0; i < count; ++i) keys.push_back(key_of(first + i * step, 0x11 * i));
  return keys;
}
inline std::vector<Key> with(std::vector<Key> keys, Key one_more) {
  keys.push_back(one_more);
  return keys;
}

inline const std::vector<Shape>& shapes() {
  constexpr Key kFirst = key_of(0x1000);
  constexpr Key kSecond = key_of(0x1800, 0x55);
  constexpr Key kTwin = key_of(0x1000, 0x80, 1);
  constexpr Key kOtherTwin = key_of(0x1000, 0x80, 2);
  constexpr Key kFar = key_of(0x9000);
  const auto full = spaced(0x0400, 0x400);  // a leaf at most; the eighth key splits it in the middle
  static const std::vector<Shape> all{
      {"nothing", {}, 3, {}, {kFirst, kSecond, kTwin}, 1},
      {"a direct entry", {kFirst}, 3, {}, {kFirst, kSecond, kTwin}, 1},
      {"a leaf of two", {kFirst, kSecond}, 3, {}, {kFirst, key_of(0x1400), kTwin}, 2},
      {"a leaf of two in two slots", {kFirst, kSecond}, 4, {}, {kFirst, kSecond, key_of(0x0400)}, 2},
      {"a full leaf", full, 3, {}, {full[1], key_of(0x1F00), key_of(0x0100)}, 2},
      {"a full leaf in two slots", full, 4, {}, {full[4], key_of(0x1F00), key_of(0x0100)}, 2},
      {"a full leaf in four slots, its keys in two of them",
       spaced(0x0200, 0x200),
       5,
       {},
       {key_of(0x0A00, 0x44), key_of(0x1F00), key_of(0x0100)},
       2},
      {"a full leaf of hashes that share eleven bits",
       spaced(0x1004, 4),
       3,
       {},
       {key_of(0x1008, 0x11), key_of(0x101F), kSecond},
       2},
      {"a chain of two", {kFirst, kTwin}, 3, {}, {kFirst, kTwin, kOtherTwin}, 4},
      {"a chain of three beside an entry",
       {kFirst, kTwin, kSecond, kOtherTwin},
       4,
       {},
       {kFirst, kTwin, key_of(0x1000, 0x80, 3)},
       5},
      {"fingerprints that are equal, or nearly",
       {key_of(0x0800), key_of(0x1000), key_of(0x1800, 0x81)},
       3,
       {},
       {key_of(0x0800), key_of(0x1400), key_of(0x1C00, 0x81)},
       2},
      {"a branch over two leaves that one removal merges",
       spaced(0x0200, 0x400, 8),
       3,
       {0, 4, 5},
       {key_of(0x0600, 0x11), key_of(0x1A00, 0x66), key_of(0x0100)},
       4},
      {"a branch over a full leaf",
       with(spaced(0x0200, 0x200), key_of(0x1800)),
       3,
       {},
       {key_of(0x0400, 0x11), key_of(0x0100), key_of(0x1800)},
       4},
      {"a leaf that is empty", {kFirst, kSecond, kFar}, 3, {0, 1}, {kFirst, kFar, kSecond}, 2},
      {"a root that one removal shrinks",
       {kFirst, key_of(0x0800), key_of(0x5000), kFar},
       5,
       {},
       {kFirst, key_of(0x2000), kFar},
       2},
      {"a full leaf in many slots of a root that shrinks", full, 7, {}, {full[1], key_of(0x1F00), kFar}, 2},
      {"a root that one insert grows",
       {kFirst, key_of(0x3000), key_of(0x5000), kFar},
       3,
       {},
       {kFirst, kSecond, key_of(0xB000)},
       1},
      {"a leaf in both slots of a branch", {kFirst, kSecond}, 3, {}, {kFirst, kSecond, kTwin}, 3, true},
      {"a leaf that is empty in three slots of a root that shrinks, and in a branch in the fourth",
       {kFirst, kSecond, key_of(0x5000), key_of(0x7000), kFar, key_of(0xB000)},
       5,
       {0, 1},
       {kFirst, kFar, kSecond},
       3,
       true},
  };
  return all;
}

enum class Act {
  kLoad,
  kIterate,
  kLoadMany,
  kLoadOrStore,
  kLoadOrCompute,
  kFailToCompute,
  kStore,
  kSwap,
  kSwapIf,
  kDeleteIf,
  kLoadAndDelete,
  kClear,
  kGrow,
  kShrink,
  kMerge
};

inline std::ostream& operator<<(std::ostream& out, Act act) {
  return out << std::array{"load",
                           "iterate",
                           "load_many",
                           "load_or_store",
                           "load_or_compute",
                           "load_or_compute that fails",
                           "store",
                           "swap",
                           "compare_and_swap",
                           "compare_and_delete",
                           "load_and_delete",
                           "clear",
                           "grow",
                           "shrink_if_sparse",
                           "merge"}[static_cast<std::size_t>(act)];
}
inline bool only_reads(Act act) { return act <= Act::kLoadMany; }
// Reads one key after another, each at a moment of its own.
inline bool observes(Act act) { return act == Act::kIterate || act == Act::kLoadMany; }

// Gives a key a value that it has not.
inline bool puts(Act act) {
  return act >= Act::kLoadOrStore && act <= Act::kSwap && act != Act::kFailToCompute;
}
// May end for want of memory.
inline bool may_allocate(Act act) {
  return (act >= Act::kLoadOrStore && act <= Act::kSwapIf) || act == Act::kClear;
}

struct ComputationFailed {};
inline constexpr Answer kFailed{-2, false};

inline constexpr std::size_t kMostKeys = 12;
inline constexpr int kAbsent = 0;
using Table = std::array<int, kMostKeys>;  // the value of each key of a shape

struct Operation {
  Act act = Act::kLoad;
  std::size_t key = 0;  // of the shape's keys
  int old = 0;
  int value = 0;

  // What it did, and between which ticks of the schedule's clock.
  Answer answer{};
  Table seen{};
  bool seen_twice = false;
  int runs = 0;  // of its computation
  int begin = 0;
  int end = 0;
};

// What the operations do to a table when nobody interferes.
struct Model {
  Table table{};
  std::size_t retired = 0;  // entries

  Answer apply(const Operation& op, bool wide) {
    int& value = table[op.key];
    const bool present = value != kAbsent;
    const Answer found = present ? Answer{value, true} : Answer{};
    const bool match = present && value == op.old;
    switch (op.act) {
      case Act::kLoad:
        return found;
      case Act::kLoadOrStore:
      case Act::kLoadOrCompute:
        if (!present) value = op.value;
        return {value, present};
      case Act::kFailToCompute:
        return present ? found : kFailed;
      case Act::kStore:
      case Act::kSwap:
        retired += present && wide ? 1 : 0;
        value = op.value;
        return op.act == Act::kSwap ? found : Answer{};
      case Act::kSwapIf:
        retired += match && wide ? 1 : 0;
        if (match) value = op.value;
        return {-1, match};
      case Act::kDeleteIf:
      case Act::kLoadAndDelete: {
        const bool removes = op.act == Act::kLoadAndDelete ? present : match;
        retired += removes ? 1 : 0;
        if (removes) value = kAbsent;
        return op.act == Act::kLoadAndDelete ? found : Answer{-1, match};
      }
      case Act::kClear:
        retired += count();
        table = {};
        return {};
      default:
        return {};
    }
  }

  [[nodiscard]] std::size_t count() const {
    return kMostKeys - static_cast<std::size_t>(std::count(table.begin(), table.end(), kAbsent));
  }
};

using Program = std::vector<Operation>;  // what one thread does

// The keys of a shape, and what a map in it holds.
class Setting {
 public:
  explicit Setting(const Shape& shape) : keys_(shape.stored) {
    for (const Key key : shape.played) {
      if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) keys_.push_back(key);
    }
    for (std::size_t i = 0; i < shape.stored.size(); ++i) first_.table[i] = static_cast<int>(i) + 1;
    for (const unsigned i : shape.erased) first_.table[i] = kAbsent;
    first_.retired = shape.erased.size();
  }

  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
  [[nodiscard]] const Model& first() const { return first_; }
  [[nodiscard]] std::size_t index_of(Key key) const {
    return static_cast<std::size_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
  }
  [[nodiscard]] int first_value(std::size_t key) const { return first_.table[key]; }

 private:
  std::vector<Key> keys_;
  Model first_;
};

// Puts the leaf on the way to a key into both slots of a branch, in the slot where it stands. It takes a
// shrink in the midst of a split to come to that: it joins a slot that has its part already with one that has
// it not yet.
template <class Value, class P>
void make_twins(HashTrieMap<Key, Value, HashIsKey, P>& map, Key key) {
  auto& tree = tree_of(map);
  const auto place = tree.locate(HashIsKey::hash(key, tree.seed()));
  const detail::Word branch =
      detail::to_word(detail::make_branch(tree.policy(), place.depth, place.word, place.word)) |
      detail::kBranch;
  [[maybe_unused]] const bool exchanged = tree.exchange(*place.slot, place.word, branch);
  assert(exchanged && place.branch == nullptr);
  place.root->branches.fetch_add(1, std::memory_order_relaxed);
}

// Puts an empty map into a shape.
template <class Value, class P>
void take_shape(HashTrieMap<Key, Value, HashIsKey, P>& map, const Shape& shape) {
  for (std::size_t i = 0; i < shape.stored.size(); ++i) {
    map.store(shape.stored[i], Value(static_cast<int>(i) + 1));
  }
  grow_to(map, shape.bits);
  for (const unsigned i : shape.erased) map.load_and_delete(shape.stored[i]);
  if (shape.twins) make_twins(map, shape.stored[0]);
}

// Does it, to a map whose keys are these.
template <class Value, class P>
void perform(HashTrieMap<Key, Value, HashIsKey, P>& map, Operation& op, const std::vector<Key>& keys) {
  auto& tree = tree_of(map);
  detail::Maintenance maintenance(tree);
  const Key key = keys[op.key];
  const auto see = [&](Key met, const Value& value) {
    int& place = op.seen[static_cast<std::size_t>(std::find(keys.begin(), keys.end(), met) - keys.begin())];
    op.seen_twice = op.seen_twice || place != kAbsent;
    place = to_int(value);
  };
  const auto optional = [](const auto& got) { return got ? Answer{to_int(*got), true} : Answer{}; };
  switch (op.act) {
    case Act::kLoad:
      op.answer = optional(map.load(key));
      break;
    case Act::kIterate:
      map.for_each(see);
      break;
    case Act::kLoadMany: {
      std::array<std::optional<Value>, kMostKeys> values;
      map.load_many(keys, std::span(values).first(keys.size()));
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (values[i]) see(keys[i], *values[i]);
      }
      break;
    }
    case Act::kLoadOrStore: {
      const auto got = map.load_or_store(key, Value(op.value));
      op.answer = {to_int(got.value), got.loaded};
      break;
    }
    case Act::kLoadOrCompute: {
      const auto got = map.load_or_compute(key, [&] {
        ++op.runs;
        return Value(op.value);
      });
      op.answer = {to_int(got.value), got.loaded};
      break;
    }
    case Act::kFailToCompute:
      try {
        const auto got = map.load_or_compute(key, [&]() -> Value {
          ++op.runs;
          throw ComputationFailed{};
        });
        op.answer = {to_int(got.value), got.loaded};
      } catch (const ComputationFailed&) {
        op.answer = kFailed;
      }
      break;
    case Act::kStore:
      map.store(key, Value(op.value));
      break;
    case Act::kSwap:
      op.answer = optional(map.swap(key, Value(op.value)));
      break;
    case Act::kSwapIf:
      op.answer = {-1, map.compare_and_swap(key, Value(op.old), Value(op.value))};
      break;
    case Act::kDeleteIf:
      op.answer = {-1, map.compare_and_delete(key, Value(op.old))};
      break;
    case Act::kLoadAndDelete:
      op.answer = optional(map.load_and_delete(key));
      break;
    case Act::kClear:
      map.clear();
      break;
    case Act::kGrow:
      maintenance.grow(tree.root());
      break;
    case Act::kShrink:
      maintenance.shrink_if_sparse();
      break;
    case Act::kMerge:
      if (const auto place = tree.locate(key); place.branch != nullptr) maintenance.merge(*place.branch, key);
      break;
  }
}

// Everything that a thread may do to a map in some shape, with new values that begin at `value`.
inline std::vector<Operation> operations(const Setting& setting, const Shape& shape, int value,
                                         int other_value) {
  std::vector<Operation> all;
  for (const Key played : shape.played) {
    const std::size_t key = setting.index_of(played);
    const int first = setting.first_value(key);
    const int old = first != kAbsent ? first : other_value + static_cast<int>(key);
    const int fresh = value + static_cast<int>(key);
    const Act set = played == shape.played[0] ? Act::kSwap : Act::kStore;
    for (const Act act :
         {Act::kLoad, Act::kLoadOrStore, set, Act::kSwapIf, Act::kDeleteIf, Act::kLoadAndDelete}) {
      all.push_back({act, key, old, fresh});
    }
  }
  const std::size_t key = setting.index_of(shape.played[0]);
  for (const Act act : {Act::kIterate, Act::kLoadMany, Act::kClear, Act::kGrow, Act::kShrink, Act::kMerge}) {
    all.push_back({act, key});
  }
  return all;
}

// What a thread may compute there: the same values.
inline std::vector<Operation> computations(const Setting& setting, const Shape& shape, int value) {
  std::vector<Operation> all;
  for (const Key played : shape.played) {
    const std::size_t key = setting.index_of(played);
    all.push_back({Act::kLoadOrCompute, key, 0, value + static_cast<int>(key)});
  }
  all.push_back({Act::kFailToCompute, setting.index_of(shape.played[0])});
  return all;
}

}  // namespace interlox::trie::test::interleave
