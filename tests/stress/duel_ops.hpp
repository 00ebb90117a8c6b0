// SPDX-License-Identifier: BSD-3-Clause
// The operations of a map as data: asked of either map, or foretold for a key that one thread owns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

#include "tests/trie/map_kit.hpp"

namespace interlox::trie::duel {

using test::to_int;
using test::Wide;

enum class Op : std::uint8_t {
  kLoad,
  kLoadMany,
  kLoadOrStore,
  kLoadOrCompute,
  kStore,
  kSwap,
  kSwapIf,
  kDeleteIf,
  kLoadAndDelete,
  kErase,
  kNext,
  kClear,
  kCheck,
};

inline std::ostream& operator<<(std::ostream& out, Op op) {
  constexpr std::array kNames{"load",
                              "load_many",
                              "load_or_store",
                              "load_or_compute",
                              "store",
                              "swap",
                              "compare_and_swap",
                              "compare_and_delete",
                              "load_and_delete",
                              "erase",
                              "an iterator's next",
                              "clear",
                              "check"};
  return out << kNames.at(static_cast<std::size_t>(op));
}

/// The value of an Answer when load_or_compute called its function a wrong number of times.
inline constexpr int kComputedWrongly = -2;

/// What an operation answered: a value if it gave one (-1: none, or a torn one), and a yes or no.
struct Answer {
  int value = -1;
  bool yes = false;
  friend bool operator==(const Answer&, const Answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    if (answer.value == kComputedWrongly) return out << "after calling its function a wrong number of times";
    return out << (answer.yes ? "yes, " : "no, ") << answer.value;
  }
};

/// One operation on one key. `old` is for the compare_ operations.
struct Request {
  Op op = Op::kLoad;
  int old = 0;
  int value = 0;
};

/// Whether a map has the operations that the reference has not.
template <class Map>
concept Batched = requires(const Map& map, typename Map::KeyView key) {
  map.hashed(key);
};

/// load_or_compute, with its promise checked: the function runs once for a value that is stored, and at most
/// once for one that is not. `visit` is called inside of the function, where the map may be used.
template <class Map, class Q, class Visit>
Answer load_or_compute(Map& map, const Q& query, int value, const Visit& visit) {
  using Value = decltype(typename Map::Loaded{}.value);
  unsigned computed = 0;
  const auto got = map.load_or_compute(query, [&] {
    ++computed;
    visit();
    return Value(value);
  });
  if (computed > 1 || (computed == 0 && !got.loaded)) return {kComputedWrongly, got.loaded};
  return {to_int(got.value), got.loaded};
}

/// Asks a map. The operations that the map has not are asked in the older words.
template <class Map, class Q, class Visit>
Answer ask(Map& map, const Request& request, const Q& query, const Visit& visit) {
  using Value = decltype(typename Map::Loaded{}.value);
  const auto optional = [](const auto& got) { return got ? Answer{to_int(*got), true} : Answer{}; };
  switch (request.op) {
    case Op::kLoadOrCompute:
      if constexpr (Batched<Map>) return load_or_compute(map, query, request.value, visit);
      [[fallthrough]];
    case Op::kLoadOrStore: {
      const auto got = map.load_or_store(query, Value(request.value));
      return {to_int(got.value), got.loaded};
    }
    case Op::kStore:
      map.store(query, Value(request.value));
      return {};
    case Op::kSwap:
      return optional(map.swap(query, Value(request.value)));
    case Op::kSwapIf:
      return {-1, map.compare_and_swap(query, Value(request.old), Value(request.value))};
    case Op::kDeleteIf:
      return {-1, map.compare_and_delete(query, Value(request.old))};
    case Op::kLoadAndDelete:
      return optional(map.load_and_delete(query));
    case Op::kErase:
      return {-1, map.erase(query)};
    default:
      return optional(map.load(query));
  }
}

/// What an operation answers and leaves behind when nobody interferes. Values are not negative; -1: no value.
struct Effect {
  Answer answer;
  int after;
  bool wrote;
};

inline Effect effect(const Request& request, int before) {
  const bool present = before >= 0;
  const bool match = present && before == request.old;
  const Answer found{before, present};
  switch (request.op) {
    case Op::kLoadOrStore:
    case Op::kLoadOrCompute:
      return present ? Effect{found, before, false} : Effect{{request.value, false}, request.value, true};
    case Op::kStore:
      return {{}, request.value, true};
    case Op::kSwap:
      return {found, request.value, true};
    case Op::kSwapIf:
      return match ? Effect{{-1, true}, request.value, true} : Effect{{}, before, false};
    case Op::kDeleteIf:
      return match ? Effect{{-1, true}, -1, true} : Effect{{}, before, false};
    case Op::kLoadAndDelete:
      return {found, -1, present};
    case Op::kErase:
      return {{-1, present}, -1, present};
    default:
      return {found, before, false};
  }
}

/// What an owner can know of its keys while another thread clears the map: a key is as its owner left it, or
/// gone; once seen gone it stays gone; and then all that was written before it is gone too, since a clear
/// has one moment.
class FickleKeys {
 public:
  explicit FickleKeys(std::size_t count) : keys_(count) {}

  /// Whether the answer is possible; learns from it. What it says about other keys counts from settle() on.
  bool allows(std::size_t key, const Request& request, const Answer& got) {
    Known& known = keys_[key];
    if (known.written <= cleared_) known.value = -1;
    const Effect kept = effect(request, known.value);
    const Effect gone = effect(request, -1);
    const bool as_left = got == kept.answer;  // or both are possible, and it may be as it was left
    if (!as_left && got != gone.answer) return false;
    if (!as_left) cleared_next_ = std::max(cleared_next_, known.written);
    const Effect& happened = as_left ? kept : gone;
    known.value = happened.after;
    if (happened.wrote) known.written = ++writes_;
    return true;
  }

  void settle() { cleared_ = cleared_next_; }

  /// Whether a key may have this value now; -1: none.
  [[nodiscard]] bool may_be(std::size_t key, int value) const {
    return value < 0 || (keys_[key].written > cleared_ && keys_[key].value == value);
  }
  /// The value that the owner left there, or -1.
  [[nodiscard]] int left(std::size_t key) const { return keys_[key].value; }

 private:
  struct Known {
    int value = -1;
    std::uint64_t written = 0;  // when, in writes of this owner
  };

  std::vector<Known> keys_;
  std::uint64_t writes_ = 0;
  std::uint64_t cleared_ = 0;  // what was written until then is gone
  std::uint64_t cleared_next_ = 0;
};

}  // namespace interlox::trie::duel
