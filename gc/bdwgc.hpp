// SPDX-License-Identifier: BSD-3-Clause
// The one way to bdwgc's headers, for the .cpp files of gc/ alone, and what these files share.
#pragma once

#define GC_THREADS 1
#define GC_NO_THREAD_REDIRECTS 1  // threads register themselves: see gc/thread.hpp
#include <cstddef>
#include <cstdint>
#include <gc/gc.h>
#include <gc/gc_disclaim.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>

#include "gc/histogram.hpp"

namespace interlox::gc::detail {

/// The heap's own lock, under which every collection runs. Nothing may be allocated from the heap under it.
class HeapLock {
 public:
  HeapLock() noexcept { GC_alloc_lock(); }
  ~HeapLock() { GC_alloc_unlock(); }
  HeapLock(const HeapLock&) = delete;
  HeapLock& operator=(const HeapLock&) = delete;
};

// What initialize() calls, in this order, once bdwgc runs.
void start_thread_reserve();
void start_events(bool print_collections);
void start_scanned_ranges();
void start_weak_registries();
void start_counting_nodes();  // with count_nodes only

/// Ends the process with a message if the calling thread is not registered: going on would end in a crash
/// at some later collection.
void require_registered() noexcept;

/// Runs a full collection that no starting thread can hold off.
void collect_once() noexcept;

/// The same, after all that the collection before has found dead is swept.
void sweep_and_collect_once() noexcept;

/// Gives up the calling thread's lists of free cells. Before it is unregistered.
void drop_thread_cache() noexcept;

/// Counts an allocation under --gc-stress, and collects if it is an Nth one.
void stress_tick() noexcept;

/// What a request goes through before bdwgc sees it: a registered thread, a possible size, stress. Throws
/// OutOfMemory for a size that the heap could never hold.
void before_allocation(std::size_t bytes);

/// As before_allocation(), but false instead of the exception.
[[nodiscard]] bool try_before_allocation(std::size_t bytes) noexcept;

/// Whether a normal block of that size would come from the free list which thread registration depends on.
[[nodiscard]] bool shares_list_with_records(std::size_t bytes) noexcept;

/// bdwgc's GC_malloc(), but for sizes that would be served from the free list which thread registration
/// depends on when the heap is exhausted; these are of a kind of their own, otherwise the same (thread.cpp).
[[nodiscard]] void* allocate_scanned(std::size_t bytes) noexcept;

/// Calls `attempt`, and if it gives null once more after a collection. bdwgc gives up without one when the
/// heap may not grow and little was allocated since the last, although that little may be garbage.
template <class Attempt>
[[nodiscard]] void* attempt_twice(Attempt attempt) {
  void* block = attempt();
  if (block == nullptr) [[unlikely]] {
    collect_once();
    block = attempt();
  }
  return block;
}

/// How many collections have begun. Locks the heap, so none is under way at that moment.
[[nodiscard]] std::uint64_t collections_started() noexcept;

/// Counts of events.cpp (pauses) and trie_policy.cpp (nodes); the caller of pause_times() holds the heap's
/// lock, so that the three belong together.
struct PauseTimes {
  std::uint64_t last = 0;
  std::uint64_t total = 0;
  Histogram histogram;
};
[[nodiscard]] const PauseTimes& pause_times() noexcept;
struct NodeCounts {
  std::uint64_t allocated = 0;
  std::uint64_t retired = 0;
  std::uint64_t reclaimed = 0;
};
[[nodiscard]] NodeCounts node_counts() noexcept;

/// Whether it is the kind of bdwgc's that counted nodes without pointers are of (trie_policy.cpp).
[[nodiscard]] bool is_pointer_free_node_kind(int kind) noexcept;

/// Clears all weak cells whose targets the collection has found dead (weak.cpp). At the end of the mark.
void clear_dead_weak_cells() noexcept;

/// How many weak cells collections have cleared (weak.cpp). The caller holds the heap's lock.
[[nodiscard]] std::uint64_t weak_cells_cleared() noexcept;

}  // namespace interlox::gc::detail
