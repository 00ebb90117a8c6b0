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
// What is promised of which operation (trie/hash_trie_map.hpp, trie/canonical_set.hpp), and so checked:
// - Operations of one key are linearizable.
// - load_many: each lookup is, for itself. It is written down as so many loads within the call.
// - load_or_compute is a load_or_store of the value that was computed.
// - iterate, for_each: no snapshot, but a key is met at most once, and exactly once if it is there the
//   whole time. So a walk is written down as a load of each key within the walk: a value that was met was
//   there at some moment, and a key that was not met was absent at one.
// - clear: all keys go at one moment for every observer. A history with a clear is searched as a whole.
// - count is exact if no other thread is changing the map. Then it is checked, against all keys; else it
//   is left out.
// - stats, check: for a map at rest, so the recorder looks at them when the threads have ended.
// - An operation that has failed for want of memory has changed nothing: it is not written down.
// - Of a canonical set: make and find agree on one element of a key until that dies. The scenario says
//   which die when, of those that their makers have handed out; each death is an operation of its key.
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
