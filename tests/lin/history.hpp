// SPDX-License-Identifier: BSD-3-Clause
// Histories: what threads asked of a map and were answered, and when; and the map that they are held against,
// which does one thing at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace interlox::lin {

/// A value of a key; kNothing: the key is not there.
using Value = std::uint8_t;
inline constexpr Value kNothing = 0;

/// What each key holds.
inline constexpr std::size_t kKeys = 4;
using State = std::array<Value, kKeys>;

/// The last key of a history may stand for many entries, which only come and go together.
inline constexpr std::uint8_t kRest = kKeys - 1;

/// What a map can be asked. What its batches and its iteration do is written down as several loads.
enum class Kind : std::uint8_t {
  kLoad,              // answer: the value
  kHas,               // yes: whether the key was there
  kLoadOrStore,       // answer: the value that is there now; yes: it was there before
  kGetOrSet,          // answer: the value that is there now
  kStore,             //
  kSwap,              // answer: the value before
  kCompareAndSwap,    // yes: `old` was there, and is replaced
  kCompareAndDelete,  // yes: `old` was there, and is removed
  kSwapIf,            // answer: the value before, like `old` even or odd, which is replaced; or nothing
  kDeleteIf,          // answer: the value before, like `old` even or odd, which is removed; or nothing
  kLoadAndDelete,     // answer: the value, which is removed
  kErase,             // yes: the key was there, and is removed
  kClear,             // of all keys
  kCount,             // answer: the number of entries, where the key kRest counts as `value` of them
  // A set that holds elements weakly is a map in which an element stands for its key, and removes itself.
  kMake,  // as kLoadOrStore; `value` is the element that was made in case, or nothing
  kFind,  // as kLoad
  kDie,   // the element `old` has died: as a kCompareAndDelete that did it
};
inline constexpr std::size_t kKinds = 17;

/// A moment, and one that never comes: an operation that has not returned takes effect after its invocation,
/// or never, and its answer is not known.
using Tick = std::uint32_t;
inline constexpr Tick kNever = ~Tick{0};

struct Operation {
  Kind kind = Kind::kLoad;
  std::uint8_t key = 0;
  Value value = kNothing;
  Value old = kNothing;
  Value answer = kNothing;
  bool yes = false;
  std::uint8_t thread = 0;
  Tick invoked = 0;
  Tick returned = 0;

  [[nodiscard]] bool is_pending() const noexcept { return returned == kNever; }
  [[nodiscard]] bool is_of_all_keys() const noexcept { return kind == Kind::kClear || kind == Kind::kCount; }
  /// Whether it may change the map.
  [[nodiscard]] bool may_change() const noexcept {
    return kind != Kind::kLoad && kind != Kind::kHas && kind != Kind::kFind && kind != Kind::kCount;
  }
  /// Whether it returned before the other one was invoked.
  [[nodiscard]] bool is_before(const Operation& other) const noexcept { return returned < other.invoked; }
};

/// What was there at first, and what was done then. All ticks of one history differ, but for operations that
/// one call has done at unknown moments, like the loads of a batch.
struct History {
  State initial{};
  std::vector<Operation> operations;
};

/// Does the operation alone. False if the answer would then have been another one; `state` is then undefined.
[[nodiscard]] bool replay(const Operation& operation, State& state) noexcept;

/// In one line, without its times; and all of them, one a line, as they were invoked.
[[nodiscard]] std::string text(const Operation& operation);
[[nodiscard]] std::string text(const History& history);
[[nodiscard]] std::string text(const State& state);

}  // namespace interlox::lin
