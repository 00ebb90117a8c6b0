// SPDX-License-Identifier: BSD-3-Clause
#include "gc/stats.hpp"

#include "gc/bdwgc.hpp"

namespace interlox::gc {

Stats stats() noexcept {
  const detail::HeapLock hold;
  GC_prof_stats_s heap{};
  GC_get_prof_stats_unsafe(&heap, sizeof(heap));
  const detail::PauseTimes& pauses = detail::pause_times();
  const detail::NodeCounts nodes = detail::node_counts();
  Stats result;
  result.collections = heap.gc_no;
  result.heap_bytes = heap.heapsize_full - heap.unmapped_bytes;
  result.used_bytes = heap.heapsize_full - heap.free_bytes_full;
  result.allocated_bytes = heap.allocd_bytes_before_gc + heap.bytes_allocd_since_gc;
  result.pause_ns_last = pauses.last;
  result.pause_ns_max = pauses.histogram.max();
  result.pause_ns_total = pauses.total;
  result.weak_cleared = detail::weak_cells_cleared();
  result.nodes_allocated = nodes.allocated;
  result.nodes_retired = nodes.retired;
  result.nodes_reclaimed = nodes.reclaimed;
  return result;
}

Histogram pause_histogram() noexcept {
  const detail::HeapLock hold;
  return detail::pause_times().histogram;
}

}  // namespace interlox::gc
