// SPDX-License-Identifier: BSD-3-Clause
#include "tests/lin/history.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

namespace interlox::lin {
namespace {

constexpr std::array<std::string_view, kKinds> kNames{"load",
                                                      "has",
                                                      "load_or_store",
                                                      "get_or_set",
                                                      "store",
                                                      "swap",
                                                      "compare_and_swap",
                                                      "compare_and_delete",
                                                      "swap_if",
                                                      "delete_if",
                                                      "load_and_delete",
                                                      "erase",
                                                      "clear",
                                                      "count",
                                                      "make",
                                                      "find",
                                                      "die"};

bool alike(Value a, Value b) noexcept { return a % 2 == b % 2; }

Value count(const Operation& operation, const State& state) noexcept {
  std::size_t entries = 0;
  for (std::size_t key = 0; key < kKeys; ++key) {
    if (state[key] != kNothing) entries += key == kRest ? operation.value : 1;
  }
  return static_cast<Value>(entries);
}

/// What the operation leaves of the value of its key, and what it answers.
struct Effect {
  Value after;
  Value answer = kNothing;
  bool yes = false;
};

Effect effect(const Operation& operation, Value before) noexcept {
  const bool present = before != kNothing;
  const bool equal = present && before == operation.old;
  const bool accepted = present && alike(before, operation.old);
  switch (operation.kind) {
    case Kind::kLoad:
    case Kind::kFind:
      return {before, before};
    case Kind::kHas:
      return {before, kNothing, present};
    case Kind::kLoadOrStore:
    case Kind::kMake:
      return present ? Effect{before, before, true} : Effect{operation.value, operation.value};
    case Kind::kGetOrSet:
      return present ? Effect{before, before} : Effect{operation.value, operation.value};
    case Kind::kStore:
      return {operation.value};
    case Kind::kSwap:
      return {operation.value, before};
    case Kind::kCompareAndSwap:
      return {equal ? operation.value : before, kNothing, equal};
    case Kind::kCompareAndDelete:
    case Kind::kDie:
      return {equal ? kNothing : before, kNothing, equal};
    case Kind::kSwapIf:
      return accepted ? Effect{operation.value, before} : Effect{before};
    case Kind::kDeleteIf:
      return accepted ? Effect{kNothing, before} : Effect{before};
    case Kind::kLoadAndDelete:
      return {kNothing, before};
    case Kind::kErase:
      return {kNothing, kNothing, present};
    case Kind::kClear:
    case Kind::kCount:
      break;  // of all keys: replay() has done them
  }
  return {before};
}

std::string key_name(std::uint8_t key) {
  return key == kRest ? "rest" : std::string(1, static_cast<char>('a' + key));
}
std::string value_name(Value value) { return value == kNothing ? "nothing" : std::to_string(value); }

std::string arguments(const Operation& operation) {
  const std::string key = key_name(operation.key);
  const std::string value = value_name(operation.value);
  switch (operation.kind) {
    case Kind::kLoadOrStore:
    case Kind::kGetOrSet:
    case Kind::kStore:
    case Kind::kSwap:
    case Kind::kMake:
      return key + ", " + value;
    case Kind::kCompareAndSwap:
      return key + ", " + value_name(operation.old) + " to " + value;
    case Kind::kCompareAndDelete:
    case Kind::kDie:
      return key + ", " + value_name(operation.old);
    case Kind::kSwapIf:
      return key + (operation.old % 2 == 0 ? ", even to " : ", odd to ") + value;
    case Kind::kDeleteIf:
      return key + (operation.old % 2 == 0 ? ", even" : ", odd");
    case Kind::kClear:
      return "";
    case Kind::kCount:
      return "the rest counts " + std::to_string(operation.value);
    default:
      return key;
  }
}

std::string answer(const Operation& operation) {
  const std::string value = value_name(operation.answer);
  switch (operation.kind) {
    case Kind::kStore:
    case Kind::kClear:
    case Kind::kDie:
      return "";
    case Kind::kHas:
    case Kind::kCompareAndSwap:
    case Kind::kCompareAndDelete:
    case Kind::kErase:
      return operation.yes ? " -> yes" : " -> no";
    case Kind::kLoadOrStore:
    case Kind::kMake:
      return " -> " + value + (operation.yes ? ", was there" : ", is new");
    case Kind::kCount:
      return " -> " + std::to_string(operation.answer);
    default:
      return " -> " + value;
  }
}

}  // namespace

bool replay(const Operation& operation, State& state) noexcept {
  if (operation.kind == Kind::kClear) {
    state = State{};
    return true;
  }
  if (operation.kind == Kind::kCount)
    return operation.is_pending() || operation.answer == count(operation, state);
  Value& value = state[operation.key];
  const Effect done = effect(operation, value);
  value = done.after;
  return operation.is_pending() || (operation.answer == done.answer && operation.yes == done.yes);
}

std::string text(const Operation& operation) {
  return std::string(kNames.at(static_cast<std::size_t>(operation.kind))) + "(" + arguments(operation) + ")" +
         (operation.is_pending() ? " has not returned" : answer(operation));
}

std::string text(const State& state) {
  std::string all;
  for (std::uint8_t key = 0; key < kKeys; ++key) {
    all += (key == 0 ? "" : ", ") + key_name(key) + ": " + value_name(state[key]);
  }
  return all;
}

std::string text(const History& history) {
  std::vector<Operation> sorted = history.operations;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  std::string all = "at first  " + text(history.initial) + "\n  from    to  thread\n";
  for (const Operation& operation : sorted) {
    char times[64];
    std::snprintf(times, sizeof times, "%6u %5s  %-6u  ", operation.invoked,
                  operation.is_pending() ? "-" : std::to_string(operation.returned).c_str(),
                  unsigned{operation.thread});
    all += times + text(operation) + "\n";
  }
  return all;
}

}  // namespace interlox::lin
