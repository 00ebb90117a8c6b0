// SPDX-License-Identifier: BSD-3-Clause
#include "gc/heap.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include "gc/bdwgc.hpp"
#include "gc/thread.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INTERLOX_GC_UNDER_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define INTERLOX_GC_UNDER_ASAN 1
#endif

#ifdef INTERLOX_GC_UNDER_ASAN
// Frames on a fake stack are not scanned, so what they hold would be collected. And the leak checker does
// not read the collected heap, so it takes what only that points to for leaked.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_stack_use_after_return=0:detect_leaks=0"; }

namespace {

// The sanitizers' own twelve megabytes of static data hold no reference of ours; reading them would take most
// of the time of each collection.
int GC_CALLBACK has_roots(const char* library, void*, std::size_t) {
  return std::strstr(library, "/libasan.so") == nullptr && std::strstr(library, "/libubsan.so") == nullptr;
}

}  // namespace
#endif

namespace interlox::gc {

namespace {

// Written once, by initialize() on the main thread before there are others.
constinit HeapOptions the_options;
constinit bool initialized = false;
constinit std::size_t request_limit = 0;

constinit std::atomic<std::uint64_t> allocations_under_stress{0};

// The numbers of the first and the last allocation to be refused; the last is zero if none is.
constinit std::atomic<std::uint64_t> first_failure{0};
constinit std::atomic<std::uint64_t> last_failure{0};
constinit std::atomic<std::uint64_t> allocations_counted{0};

constinit detail::ThreadCache empty_cache{};

// bdwgc asks this for a last resort; null is handed on to its caller.
void* GC_CALLBACK out_of_memory(std::size_t) { return nullptr; }

// More than the machine's memory can't be served, but where the system promises memory that it
// does not have, zeroing such a block would end the process instead of failing.
std::size_t largest_request(const HeapOptions& options) {
  if (options.max_heap != 0) return options.max_heap;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return std::size_t{1} << 46;
  return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_bytes);
}

// The heap's start and its limit, which bdwgc keeps from here on.
void size_heap(const HeapOptions& options) {
  if (options.max_heap != 0) GC_set_max_heap_size(options.max_heap);
  const std::size_t now = GC_get_heap_size();
  std::size_t wanted = options.initial_heap;
  if (options.max_heap != 0) wanted = std::min(wanted, options.max_heap);
  if (wanted > now && GC_expand_hp(wanted - now) == 0) throw OutOfMemory(wanted);
}

// The lists of the calling thread, made when it first asks for a small block; null if memory is short.
detail::ThreadCache* make_thread_cache() {
  auto* const cache = static_cast<detail::ThreadCache*>(GC_malloc_uncollectable(sizeof(detail::ThreadCache)));
  if (cache != nullptr) detail::thread_cache = cache;
  return cache;
}

// A list of cells of so many granules, and which of a thread's lists it is.
struct SizeClass {
  std::size_t list;
  std::size_t granules;
};

// The class for a block of so many granules, if there is one.
std::optional<SizeClass> find_class(std::size_t granules) noexcept {
  if (granules < detail::kSmallClasses) return SizeClass{granules, granules};
  for (std::size_t i = 0; i < detail::kMediumClasses.size(); ++i) {
    if (granules <= detail::kMediumClasses[i])
      return SizeClass{detail::kSmallClasses + i, detail::kMediumClasses[i]};
  }
  return std::nullopt;
}

// A cell of the thread's list, which is first filled with a page's worth of them if it is empty.
void* take_cell(const SizeClass& size_class) {
  detail::ThreadCache* cache = detail::thread_cache;
  if (cache == &empty_cache) cache = make_thread_cache();
  if (cache == nullptr) return nullptr;
  void*& list = cache->list[size_class.list];
  void* const cell = list != nullptr ? list : GC_malloc_many(size_class.granules * detail::kGranule);
  if (cell == nullptr) return nullptr;
  list = *static_cast<void**>(cell);
  *static_cast<void**>(cell) = nullptr;  // the rest of a listed cell is zero already
  return cell;
}

// The same of a pointer-free list, if `cache` is this thread's.
void* take_pointer_free_cell(std::size_t size_class) {
  detail::ThreadCache* cache = detail::thread_cache;
  if (cache == &empty_cache) cache = make_thread_cache();
  if (cache == nullptr) return nullptr;
  const std::uint64_t before =
      detail::world_stops.load(std::memory_order_relaxed);  // as in allocate_pointer_free()
  if (before != cache->stops) detail::drop_pointer_free(*cache);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  void* cell = nullptr;
  GC_generic_malloc_many(size_class * detail::kGranule, GC_I_PTRFREE, &cell);
  if (cell == nullptr) return nullptr;
  void*& list = cache->pointer_free[size_class];
  list = *static_cast<void**>(cell);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  // A collection that came after the cells were taken has kept the first alone (I2).
  if (detail::world_stops.load(std::memory_order_relaxed) != before) list = nullptr;
  return cell;
}

// Cells are taken from a thread's lists only where nobody wants to see each allocation.
bool uses_lists() noexcept { return the_options.stress == 0 && !the_options.can_fail; }

// relaxed throughout: counts, which order nothing
bool is_to_fail() noexcept {
  if (!the_options.can_fail) [[likely]]
    return false;
  const std::uint64_t number = allocations_counted.fetch_add(1, std::memory_order_relaxed) + 1;
  return number >= first_failure.load(std::memory_order_relaxed) &&
         number <= last_failure.load(std::memory_order_relaxed);
}

}  // namespace

namespace detail {

constinit thread_local ThreadCache* thread_cache = &empty_cache;
constinit std::atomic<std::uint64_t> world_stops{0};

void drop_pointer_free(ThreadCache& cache) noexcept {
  const std::uint64_t now = world_stops.load(std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // a collection from here on makes `now` too old
  std::fill(std::begin(cache.pointer_free), std::end(cache.pointer_free), nullptr);
  cache.stops = now;
}

void drop_thread_cache() noexcept {
  if (thread_cache == &empty_cache) return;
  // The cells left on its lists become garbage, and the next collection finds them.
  GC_free(std::exchange(thread_cache, &empty_cache));
}

void stress_tick() noexcept {
  if (the_options.stress == 0) [[likely]]
    return;
  // relaxed: only a count
  const std::uint64_t count = allocations_under_stress.fetch_add(1, std::memory_order_relaxed) + 1;
  if (count % the_options.stress == 0) collect_once();
}

bool try_before_allocation(std::size_t bytes) noexcept {
  require_registered();
  if (bytes > request_limit || is_to_fail()) [[unlikely]]
    return false;
  stress_tick();
  return true;
}

void before_allocation(std::size_t bytes) {
  if (!try_before_allocation(bytes)) [[unlikely]]
    throw OutOfMemory(bytes);
}

void* allocate_slow(std::size_t bytes) {
  before_allocation(bytes);
  const auto size_class = find_class((std::max<std::size_t>(bytes, 1) + kGranule - 1) / kGranule);
  const bool has_list = size_class && !shares_list_with_records(size_class->granules * kGranule);
  if (has_list && uses_lists()) {
    if (void* const cell = take_cell(*size_class)) [[likely]]
      return cell;
  }
  void* const block = attempt_twice([bytes] { return allocate_scanned(bytes); });
  if (block == nullptr) throw OutOfMemory(bytes);
  return block;
}

void* allocate_pointer_free_slow(std::size_t bytes) {
  before_allocation(bytes);
  const std::size_t size_class = (std::max<std::size_t>(bytes, 1) + kGranule - 1) / kGranule;
  if (size_class < kSmallClasses && uses_lists()) {
    if (void* const cell = take_pointer_free_cell(size_class)) [[likely]]
      return cell;
  }
  void* const block = attempt_twice([bytes] { return GC_malloc_atomic(bytes); });
  if (block == nullptr) throw OutOfMemory(bytes);
  return block;
}

}  // namespace detail

namespace {

// All that comes after bdwgc's own start.
void start(const HeapOptions& options) {
  GC_set_oom_fn(out_of_memory);
  GC_allow_register_threads();
  for (std::size_t tag = 1; tag <= 5; ++tag) GC_register_displacement(tag);  // the trie's tagged pointers
  size_heap(options);
  the_options = options;
  request_limit = largest_request(options);
  detail::start_thread_reserve();
  detail::start_events(options.print_collections);
  detail::start_scanned_ranges();
  detail::start_weak_registries();
  if (options.count_nodes) detail::start_counting_nodes();
  initialized = true;
}

// What keeps a collector that the program has started from being shared, or null.
const char* obstacle() noexcept {
  if (GC_is_init_called() == 0) return "the collector is not started yet: call GC_INIT first";
  if (GC_get_all_interior_pointers() != 0) {
    return "the collector follows interior pointers: call GC_set_all_interior_pointers(0) before GC_INIT";
  }
  if (GC_get_no_dls() != 0) return "the collector does not scan static data (GC_set_no_dls)";
  if (GC_get_find_leak() != 0) return "the collector only looks for leaks (GC_set_find_leak)";
  if (GC_thread_is_registered() == 0) return "the collector does not know the calling thread";
  return nullptr;
}

}  // namespace

void initialize(const HeapOptions& options) {
  if (initialized) return;
  GC_set_all_interior_pointers(0);  // else each request grows by a byte, and 48 bytes take 64
  GC_set_handle_fork(-1);           // a fork finds the heap's lock free, where the system can do that
  GC_set_warn_proc(GC_ignore_warn_proc);
#ifdef INTERLOX_GC_UNDER_ASAN
  GC_register_has_static_roots_callback(has_roots);
#endif
  GC_INIT();
  start(options);
}

void adopt(const HeapOptions& options) {
  if (initialized) return;
  if (const char* const why = obstacle()) throw std::logic_error(why);
  // A program that has turned interior pointers off after GC_INIT has thereby made bdwgc forget that a
  // pointer to the first byte counts, which it looks up for blocks of more than half a page.
  GC_register_displacement(0);
  start(options);
}

bool is_collector_running() noexcept { return GC_is_init_called() != 0; }

bool is_initialized() noexcept { return initialized; }

const HeapOptions& options() noexcept { return the_options; }

void* allocate_uncollectable(std::size_t bytes) {
  void* const block = reallocate_uncollectable(nullptr, bytes);
  if (block == nullptr) throw OutOfMemory(bytes);
  return block;
}

void* reallocate_uncollectable(void* block, std::size_t bytes) noexcept {
  if (!detail::try_before_allocation(bytes)) return nullptr;
  const std::size_t request = std::max<std::size_t>(bytes, 1);
  return detail::attempt_twice([block, request] {
    return block == nullptr ? GC_malloc_uncollectable(request) : GC_realloc(block, request);
  });
}

void free_uncollectable(void* block) noexcept { GC_free(block); }

void fail_allocations(std::uint64_t nth, std::uint64_t count) noexcept {
  last_failure.store(0, std::memory_order_relaxed);
  allocations_counted.store(0, std::memory_order_relaxed);
  first_failure.store(nth, std::memory_order_relaxed);
  last_failure.store(nth == 0 ? 0 : nth + count - 1, std::memory_order_relaxed);
}

bool has_failed_allocation() noexcept {
  return last_failure.load(std::memory_order_relaxed) != 0 &&
         allocations_counted.load(std::memory_order_relaxed) >= first_failure.load(std::memory_order_relaxed);
}

bool is_heap_pointer(const void* address) noexcept { return GC_is_heap_ptr(address) != 0; }

void collect() {
  detail::require_registered();
  detail::collect_once();
  if (the_options.count_nodes) detail::sweep_and_collect_once();
  detail::refill_thread_reserve();
}

}  // namespace interlox::gc
