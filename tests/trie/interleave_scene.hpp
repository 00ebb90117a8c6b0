// SPDX-License-Identifier: BSD-3-Clause
// What is explored by interleave_test.cpp: small maps in the shapes that matter, the operations on them, and
// the judgement whether what some threads did to one is what some order of their operations would have done.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/trie/map_kit.hpp"
#include "tests/trie/moment_map.hpp"

namespace interlox::trie::test::interleave {

// A small map, and the keys that operations are about.
struct Shape {
  const char* name;
  std::vector<Key> stored;       // in this order
  unsigned bits;                 // then the root is made this large
  std::vector<unsigned> erased;  // then these of the stored keys are removed
  std::vector<Key> played;
  std::size_t nodes;  // the root, leaves, branches and links that this comes to
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
      {"a full leaf in sixteen slots of a root that shrinks",
       full,
       7,
       {},
       {full[1], key_of(0x1F00), kFar},
       2},
      {"a root that one insert grows",
       {kFirst, key_of(0x3000), key_of(0x5000), kFar},
       3,
       {},
       {kFirst, kSecond, key_of(0xB000)},
       1},
  };
  return all;
}

enum class Act {
  kLoad,
  kIterate,
  kLoadMany,
  kLoadOrStore,
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
        if (!present) value = op.value;
        return {value, present};
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

// One map in its shape, the threads that are in it, and the judgement of what they did.
template <class Value>
class Scene {
 public:
  using Map = MomentMap<Value>;
  static constexpr bool kWide = !MomentTree<Value>::kInPlace;

  explicit Scene(const Shape& shape) : shape_(shape), keys_(shape.stored) {
    for (const Key key : shape.played) {
      if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) keys_.push_back(key);
    }
    for (std::size_t i = 0; i < shape.stored.size(); ++i) first_.table[i] = static_cast<int>(i) + 1;
    for (const unsigned i : shape.erased) first_.table[i] = kAbsent;
    first_.retired = shape.erased.size();
  }

  [[nodiscard]] std::size_t index_of(Key key) const {
    return static_cast<std::size_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
  }
  [[nodiscard]] int first_value(std::size_t key) const { return first_.table[key]; }

  // A fresh map for a new schedule of these programs.
  void set_up(std::vector<Program> programs) {
    programs_ = std::move(programs);
    clock_ = 0;
    last_ = {};
    map_.reset();
    map_.emplace(HashIsKey{}, kSeed, MomentPolicy{});
    for (std::size_t i = 0; i < shape_.stored.size(); ++i) {
      map_->store(shape_.stored[i], Value(static_cast<int>(i) + 1));
    }
    grow_to(*map_, shape_.bits);
    for (const unsigned i : shape_.erased) map_->load_and_delete(shape_.stored[i]);
    look();
  }

  void look() { map_->policy().ledger().look(*map_); }
  [[nodiscard]] std::size_t nodes() const { return map_->stats().indirects; }

  void perform(std::size_t thread) {
    for (Operation& op : programs_[thread]) {
      op.begin = ++clock_;
      perform(op);
      op.end = ++clock_;
    }
  }

  // Empty if all is as it should be. No thread may be in the map.
  [[nodiscard]] std::string fault() {
    if (const auto broken = map_->check()) return *broken;
    if (std::string wrong = map_->policy().ledger().fault(*map_); !wrong.empty()) return wrong;
    Operation all{Act::kIterate};
    perform(all);
    if (all.seen_twice) return "a key is in the map twice";
    last_ = {all.seen, map_->policy().ledger().retired_entries()};
    if (map_->count() != last_.count()) return "count() is not the number of keys";
    std::vector<std::size_t> done(programs_.size(), 0);
    if (!explained_from(first_, done)) return "no order of the operations explains the answers and contents";
    return {};
  }

  [[nodiscard]] std::string describe() const {
    std::ostringstream text;
    text << (kWide ? "wide values, " : "values in place, ") << shape_.name << "\n";
    for (std::size_t thread = 0; thread < programs_.size(); ++thread) {
      for (const Operation& op : programs_[thread]) {
        text << "  thread " << thread << ": " << op.act << " key " << op.key << " (0x" << std::hex
             << keys_[op.key] << std::dec << ") old " << op.old << " value " << op.value << " -> ";
        if (observes(op.act)) print(text, op.seen);
        text << op.answer << " [" << op.begin << ", " << op.end << "]\n";
      }
    }
    print(text << "  before: ", first_.table);
    print(text << "\n  after: ", last_.table);
    text << " with " << last_.retired - first_.retired << " entries retired\n";
    return text.str();
  }

 private:
  static void print(std::ostream& out, const Table& table) {
    for (const int value : table) out << value << " ";
  }

  void see(Operation& op, Key key, const Value& value) {
    int& place = op.seen[index_of(key)];
    op.seen_twice = op.seen_twice || place != kAbsent;
    place = to_int(value);
  }

  void perform(Operation& op) {
    Map& map = *map_;
    auto& tree = tree_of(map);
    MaintenanceOf<Value> maintenance(tree);
    const Key key = keys_[op.key];
    const auto optional = [](const auto& got) { return got ? Answer{to_int(*got), true} : Answer{}; };
    switch (op.act) {
      case Act::kLoad:
        op.answer = optional(map.load(key));
        break;
      case Act::kIterate:
        map.for_each([&](Key met, const Value& value) { see(op, met, value); });
        break;
      case Act::kLoadMany: {
        std::array<std::optional<Value>, kMostKeys> values;
        map.load_many(keys_, std::span(values).first(keys_.size()));
        for (std::size_t i = 0; i < keys_.size(); ++i) {
          if (values[i]) see(op, keys_[i], *values[i]);
        }
        break;
      }
      case Act::kLoadOrStore: {
        const auto got = map.load_or_store(key, Value(op.value));
        op.answer = {to_int(got.value), got.loaded};
        break;
      }
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
        if (const auto place = tree.locate(key); place.branch != nullptr)
          maintenance.merge(*place.branch, key);
        break;
    }
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
  std::vector<Key> keys_;
  Model first_;
  Model last_;
  std::vector<Program> programs_;
  std::vector<const Operation*> order_;  // that is being tried
  std::vector<Table> states_;            // that it goes through: one more
  std::optional<Map> map_;
  int clock_ = 0;
};

// Everything that a thread may do to a map in some shape, with new values that begin at `value`.
template <class Value>
std::vector<Operation> operations(const Scene<Value>& scene, const Shape& shape, int value, int other_value) {
  std::vector<Operation> all;
  for (const Key played : shape.played) {
    const std::size_t key = scene.index_of(played);
    const int first = scene.first_value(key);
    const int old = first != kAbsent ? first : other_value + static_cast<int>(key);
    const int fresh = value + static_cast<int>(key);
    const Act set = played == shape.played[0] ? Act::kSwap : Act::kStore;
    for (const Act act :
         {Act::kLoad, Act::kLoadOrStore, set, Act::kSwapIf, Act::kDeleteIf, Act::kLoadAndDelete}) {
      all.push_back({act, key, old, fresh});
    }
  }
  const std::size_t key = scene.index_of(shape.played[0]);
  for (const Act act : {Act::kIterate, Act::kLoadMany, Act::kClear, Act::kGrow, Act::kShrink, Act::kMerge}) {
    all.push_back({act, key});
  }
  return all;
}

}  // namespace interlox::trie::test::interleave
