// SPDX-License-Identifier: BSD-3-Clause
// gc/ is the Boehm-Demers-Weiser collector as the rest of the project sees it; this file is where to
// start: setting the collector up, allocating, collecting.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

/// The collector, bdwgc, as all other code sees it: memory, the threads that may use it, what it is told by
/// roots and holds weakly, and what it tells of itself.
namespace interlox::gc {

/// What the collector is told once, at the start. Sizes are in bytes.
struct HeapOptions {
  std::size_t initial_heap = 32u << 20;  ///< a small start costs many early collections
  std::size_t max_heap = 0;              ///< 0: as much as the machine gives. bdwgc may go over it by its own
                                         ///< outgrown tables, some hundred KB, which it adds to the heap
  std::uint64_t stress = 0;              ///< collect at every Nth allocation; 0: off
  bool count_nodes = false;              ///< count trie nodes exactly (gc/trie_policy.hpp, gc/stats.hpp)
  bool print_collections = false;        ///< write a line about each to standard error (gc/collection.hpp)
  bool can_fail = false;                 ///< see fail_allocations(); makes allocations slow
};

/// An allocation that the heap can't hold, after collecting. The heap is intact and the program may go on.
class OutOfMemory : public std::bad_alloc {
 public:
  /// Of an allocation of so many bytes.
  explicit OutOfMemory(std::size_t requested) noexcept : requested_(requested) {}
  /// "out of memory".
  [[nodiscard]] const char* what() const noexcept override { return "out of memory"; }
  /// The bytes that were asked for.
  [[nodiscard]] std::size_t requested() const noexcept { return requested_; }

 private:
  std::size_t requested_;
};

/// Starts the collector and registers the calling thread, which must be the process's main thread and
/// must do this before anything else of gc/. A second call changes nothing: the first options stay.
/// Throws OutOfMemory if the initial heap can't be had. An initial_heap above max_heap is cut to max_heap.
void initialize(const HeapOptions& options = {});

/// The same in a program that uses bdwgc itself and has started it (GC_INIT) without interior pointers
/// (GC_set_all_interior_pointers(0) before that) and with the static data as roots; the calling thread is one
/// that bdwgc knows. The program's handlers stay, but for GC_set_oom_fn: bdwgc answers null from now on. No
/// finalizer of the program may refer to blocks of this heap. Threads that the program has registered need a
/// ThreadScope too. Throws std::logic_error that says which of this is not so, and OutOfMemory.
void adopt(const HeapOptions& options = {});

/// Whether bdwgc runs, whoever has started it. Any thread; wait-free.
[[nodiscard]] bool is_collector_running() noexcept;

/// True once initialize() or adopt() has returned. Any thread; wait-free.
[[nodiscard]] bool is_initialized() noexcept;

/// The options of the first initialize() or adopt(). Any thread; wait-free.
[[nodiscard]] const HeapOptions& options() noexcept;

namespace detail {

inline constexpr std::size_t kGranule = 16;       // cells are multiples of this, and aligned to it
inline constexpr std::size_t kSmallClasses = 33;  // class g holds cells of g granules: up to 512 bytes

/// The further classes, in granules: as many bytes as two to seven cells of a page may have.
inline constexpr std::array<std::size_t, 6> kMediumClasses{36, 42, 51, 64, 85, 128};

/// A thread's private lists of free cells, one a size class, in scanned uncollectable memory.
///
/// Invariants
///   I1  A cell's link is scanned, so the first cell of a list keeps the rest.
///   I2  A pointer-free cell's link is not: a collection keeps the first cell of such a list and takes the
///       others, to hand them out again. So these lists are as old as `stops` says, and after a collection
///       no cell is taken from them but the first: whoever takes one compares `stops` afterwards, when no
///       collection that comes between can be missed, and lets go of all lists if there was one.
struct ThreadCache {
  void* list[kSmallClasses + kMediumClasses.size()];
  void* pointer_free[kSmallClasses];
  std::uint64_t stops;
};

/// How often the world was stopped to collect; changes while it is.
extern constinit std::atomic<std::uint64_t> world_stops;

/// Lets go of the pointer-free lists of the calling thread, which are from before a collection.
void drop_pointer_free(ThreadCache& cache) noexcept;

/// Never null: a thread without lists has the cache that is empty for ever, so the fast path has one test.
/// (initial-exec: one load relative to the thread's base, in a shared library too.)
extern constinit thread_local ThreadCache* thread_cache [[gnu::tls_model("initial-exec")]];

[[nodiscard]] void* allocate_slow(std::size_t bytes);
[[nodiscard]] void* allocate_pointer_free_slow(std::size_t bytes);

}  // namespace detail

/// A zeroed block of at least `bytes` bytes, aligned to 16, whose words the collector scans for pointers
/// to the first byte of blocks. 0 bytes is taken as 1. Throws OutOfMemory; the calling thread must be
/// registered (gc/thread.hpp). Lock-free on the fast path; else it locks the heap and may collect.
///
/// A pointer one past the end of a block does not keep it, and optimisers leave only that one alive in
/// some loops: an object of variable length asks for a byte more than it uses.
[[nodiscard]] inline void* allocate(std::size_t bytes) {
  // A size that overflows here comes out as class 0, whose list is always empty.
  const std::size_t size_class = (bytes + detail::kGranule - 1) / detail::kGranule;
  if (size_class < detail::kSmallClasses) [[likely]] {
    void*& list = detail::thread_cache->list[size_class];
    if (void* const cell = list) [[likely]] {
      list = *static_cast<void**>(cell);
      *static_cast<void**>(cell) = nullptr;  // the rest of a listed cell is zero already
      return cell;
    }
  }
  return detail::allocate_slow(bytes);
}

/// A block that is not scanned, and NOT zeroed: for numbers and bytes. Otherwise as allocate().
[[nodiscard]] inline void* allocate_pointer_free(std::size_t bytes) {
  const std::size_t size_class = (bytes + detail::kGranule - 1) / detail::kGranule;
  if (size_class < detail::kSmallClasses) [[likely]] {
    detail::ThreadCache& cache = *detail::thread_cache;
    void*& list = cache.pointer_free[size_class];
    if (void* const cell = list) [[likely]] {
      list = *static_cast<void**>(cell);
      // The collector stops this thread by a signal: only the compiler must keep the order.
      std::atomic_signal_fence(std::memory_order_seq_cst);
      // relaxed: what was stored before this thread was let go on is seen
      if (detail::world_stops.load(std::memory_order_relaxed) != cache.stops) [[unlikely]]
        detail::drop_pointer_free(cache);  // the link may be stale; the cell is good (I2)
      return cell;
    }
  }
  return detail::allocate_pointer_free_slow(bytes);
}

/// A zeroed, scanned block that lives until free_uncollectable(); what it points to lives as long.
/// Otherwise as allocate().
[[nodiscard]] void* allocate_uncollectable(std::size_t bytes);

/// Gives `block` (of allocate_uncollectable(), or null) a new size: the old bytes up to the smaller size are
/// kept, new ones are zero. Null when memory is exhausted, and `block` is then as it was; never throws, so
/// that C code may call it. 0 bytes is taken as 1. The calling thread must be registered.
[[nodiscard]] void* reallocate_uncollectable(void* block, std::size_t bytes) noexcept;

/// Gives back a block of allocate_uncollectable(); null is ignored. Any thread; locks the heap.
void free_uncollectable(void* block) noexcept;

/// Until here at least, the collector sees that the calling thread holds this block. Costs nothing.
inline void keep_alive(const void* block) noexcept { asm volatile("" : : "r"(block) : "memory"); }

/// For tests, with HeapOptions::can_fail: of all threads' allocations from now on, the nth and those after it
/// are refused, `count` in all, as if memory was exhausted; nth == 0: none are. Any thread; wait-free.
void fail_allocations(std::uint64_t nth, std::uint64_t count = 1) noexcept;

/// Whether one has been refused since then. Any thread; wait-free.
[[nodiscard]] bool has_failed_allocation() noexcept;

/// True if the address lies in the collected heap (blocks of any kind). Any thread; wait-free.
[[nodiscard]] bool is_heap_pointer(const void* address) noexcept;

/// A full collection. With count_nodes, a second one follows, which begins by sweeping what the first found
/// dead, so that stats() counts it as reclaimed. The calling thread must be registered; locks the heap.
void collect();

}  // namespace interlox::gc
