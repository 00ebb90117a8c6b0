// SPDX-License-Identifier: BSD-3-Clause
// Whether a history is linearizable: whether each operation can be given one moment between its invocation
// and its return, so that done alone at these moments they answer what they have answered.
//
// The search is that of J. Wing and C. Gong ("Testing and verifying concurrent objects", 1993): try any
// operation that no other one has wholly preceded, and take it back when the rest can't follow. As in G.
// Lowe's "Testing for linearizability" (2017) a set of operations that has led to a state once is not tried
// again. Where every operation is of one key the history is searched key by key: it is linearizable if each
// of these is (M. Herlihy and J. Wing, 1990; P-compositionality in A. Horn and D. Kroening, 2015).
//
// What a map promises of which operation (trie/hash_trie_map.hpp), and so what is checked:
//   operations of one key    linearizable. So a thread that was given an answer has it in common with all
//   others. load_many                each lookup for itself: so many loads, at unknown moments within the
//   call. load_or_compute          as load_or_store, with the value that was computed. iterate, for_each no
//   snapshot: a key is met at most once, and exactly once if it is there the whole time.
//                            So a walk is one load of each key, at an unknown moment within it: a value that
//                            was met was there, and of a key that was not met there was none.
//   clear                    all keys at one moment for every observer: history and state are those of all
//   keys then. count                    exact if no other thread is changing the map: any answer else, and
//   the count is left out. stats, check, dump       for a map at rest, where the recorder looks at them.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/lin/history.hpp"

namespace interlox::lin {

/// The most operations of a history.
inline constexpr std::size_t kMostOperations = 64;

struct Verdict {
  bool linearizable = true;
  /// If not: the operations that have no order, those of one key or all of them, and the most of these that
  /// have one.
  History part;
  std::vector<Operation> order;

  explicit operator bool() const noexcept { return linearizable; }
};

/// Exponential in the number of operations that overlap, at worst. Throws std::length_error for a longer
/// history than kMostOperations.
[[nodiscard]] Verdict check(const History& history);

/// The part of a verdict in lines, for somebody who looks for the fault.
[[nodiscard]] std::string text(const Verdict& verdict);

}  // namespace interlox::lin
