// SPDX-License-Identifier: BSD-3-Clause
// What the collector has done so far, in numbers.
#pragma once

#include <cstdint>

#include "gc/histogram.hpp"

namespace interlox::gc {

/// What the collector has done so far. Times are in nanoseconds, sizes in bytes. A pause is the time from the
/// order to stop the world until its restart. The node counts stay 0 unless HeapOptions::count_nodes is set;
/// with it they are exact: each trie node is counted once when it is made, once when the trie gives it up,
/// and once when the collector has swept it. Garbage is swept late: gc::collect() sweeps all but what shares
/// a page with so many live nodes that the collector does not find it worth a visit.
struct Stats {
  std::uint64_t collections = 0;      ///< since the start
  std::uint64_t heap_bytes = 0;       ///< held from the system at present
  std::uint64_t used_bytes = 0;       ///< of these, in live or not yet swept blocks
  std::uint64_t allocated_bytes = 0;  ///< in all, since the start
  std::uint64_t pause_ns_last = 0;    ///< the pause of the last collection
  std::uint64_t pause_ns_max = 0;     ///< the longest pause
  std::uint64_t pause_ns_total = 0;   ///< all pauses together
  std::uint64_t weak_cleared = 0;     ///< weak cells whose targets died
  std::uint64_t nodes_allocated = 0;  ///< trie nodes that were made
  std::uint64_t nodes_retired = 0;    ///< of these, given up by their tries
  std::uint64_t nodes_reclaimed = 0;  ///< of all, swept
};

/// The figures of this moment. Each is right by itself; taken while others allocate or collect, two
/// may be from slightly different moments. Allocates nothing. Any thread after initialize(); locks the heap.
[[nodiscard]] Stats stats() noexcept;

/// The lengths of all pauses so far, in nanoseconds. Otherwise as stats().
[[nodiscard]] Histogram pause_histogram() noexcept;

}  // namespace interlox::gc
