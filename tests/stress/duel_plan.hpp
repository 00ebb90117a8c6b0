// SPDX-License-Identifier: BSD-3-Clause
// What one round of the duel does, drawn from the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/stress/duel_keys.hpp"

namespace interlox::trie::duel {

inline constexpr unsigned kMostThreads = 32;

enum class Phase : std::uint8_t { kFill, kChurn, kDrain };

/// Keys are numbers from 0: residents, shared keys, own keys (owned by the threads in turn), and strangers,
/// which are never stored.
struct Plan {
  std::uint64_t seed = 0;
  unsigned round = 0;
  bool strings = false;      // the keys: strings or integers
  bool wide = false;         // the values: of 24 bytes, or int
  std::uint32_t jitter = 0;  // a thread loses its turn about once in so many accesses; 0: never
  HashShape hash;
  unsigned threads = 1;
  std::size_t residents = 0;
  std::size_t shared = 0;
  std::size_t own = 0;          // a multiple of threads
  unsigned shared_percent = 0;  // of the operations
  unsigned walkers = 0;         // threads that hold an iterator all the time
  bool clears = false;          // the first thread clears the map now and then
  unsigned failures = 0;        // an allocation fails in one of so many operations; 0: in none
  bool in_step = false;         // the threads meet after each phase
  bool drains = false;          // all keys are deleted in the end
  std::vector<Phase> phases;    // of one cycle
  unsigned cycles = 1;

  static constexpr std::size_t kStrangers = 16;
  [[nodiscard]] std::size_t first_shared() const { return residents; }
  [[nodiscard]] std::size_t first_own() const { return residents + shared; }
  [[nodiscard]] std::size_t first_stranger() const { return residents + shared + own; }
  [[nodiscard]] std::size_t keys() const { return first_stranger() + kStrangers; }
  [[nodiscard]] std::size_t own_per_thread() const { return own / threads; }

  /// How many of its keys a thread uses in a cycle: all, or few, and the same for all threads.
  [[nodiscard]] std::size_t window(unsigned cycle) const;
  /// Whether the map is checked after a phase in which the threads are in step.
  [[nodiscard]] bool checked_after(unsigned cycle, std::size_t phase) const;

  /// In one line.
  [[nodiscard]] std::string text() const;
};

Plan make_plan(std::uint64_t seed, unsigned round, unsigned most_threads);

}  // namespace interlox::trie::duel
