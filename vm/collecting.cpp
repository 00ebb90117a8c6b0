// SPDX-License-Identifier: BSD-3-Clause
#include "vm/collecting.hpp"

#include <new>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "vm/cleanup.hpp"
#include "vm/pruner.hpp"

namespace interlox::vm {

Collector* Collector::make() { return ::new (gc::allocate_pointer_free(sizeof(Collector))) Collector(); }

CollectorFigures::CollectorFigures() noexcept : figures_(), count_(0) {
  const gc::Stats stats = gc::stats();
  const auto add = [this](const char* name, std::uint64_t value) { figures_[count_++] = {name, value}; };
  add("collections", stats.collections);
  add("heap_bytes", stats.heap_bytes);
  add("used_bytes", stats.used_bytes);
  add("allocated_bytes", stats.allocated_bytes);
  add("pause_ns_last", stats.pause_ns_last);
  add("pause_ns_max", stats.pause_ns_max);
  add("pause_ns_total", stats.pause_ns_total);
  add("weak_cleared", stats.weak_cleared);
  add("cleanups_run", cleanups_run());
  if (!gc::options().count_nodes) return;
  add("nodes_allocated", stats.nodes_allocated);
  add("nodes_retired", stats.nodes_retired);
  add("nodes_reclaimed", stats.nodes_reclaimed);
}

void collect_and_tidy(std::chrono::steady_clock::time_point deadline) noexcept {
  gc::clear_stack();
  gc::collect();
  prune_all_sets();
  await_cleanups(deadline);
}

}  // namespace interlox::vm
