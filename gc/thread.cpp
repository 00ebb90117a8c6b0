// SPDX-License-Identifier: BSD-3-Clause
// Registration with an exhausted heap. bdwgc takes a record from the heap for each thread, and ends the
// process when it gets none. So some blocks of a record's size are kept in reserve; one is given back to
// the heap's free list just before bdwgc takes it from there. Nobody else can get at it in between:
//   I1  nobody else takes from that list: what is of this size is of another kind (allocate_scanned());
//   I2  collections are off for that moment, and only a sweep could turn the block over to other sizes;
//   I3  a collection that someone asks for and that I2 has kept from happening is made up for after that
//       moment (collect_once()).
#include "gc/thread.hpp"

#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <string_view>
#include <type_traits>
#include <unistd.h>

#include "gc/bdwgc.hpp"
#include "gc/trace.hpp"
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
#include "gc/weak_concurrent.hpp"
#endif

namespace interlox::gc {

namespace {

constinit thread_local bool registered = false;

constexpr std::size_t kReserveBlocks = 32;
constexpr std::size_t kLargestCell = 2048;  // of bdwgc's size classes

// Scanned, uncollectable, and linked from a static. Guarded by the gate, once there are threads.
struct Reserve {
  std::size_t count;
  void* block[kReserveBlocks];
};
constinit Reserve* reserve = nullptr;

// The requests in (low, high] bytes get cells of a record's size.
struct Sizes {
  std::size_t low = 0;
  std::size_t high = 0;
};
constinit Sizes sizes;
constinit int substitute_kind = 0;  // scanned and zeroed as the normal kind, with lists of its own

// Held by a thread that registers (collections are then off), and by one that fills the reserve.
constinit std::mutex gate;
static_assert(std::is_trivially_destructible_v<std::mutex>);  // threads may outlive statics

[[noreturn]] void die(std::string_view message) noexcept {
  static_cast<void>(!write(STDERR_FILENO, message.data(), message.size()));
  std::abort();
}

// False if the system has no memory to say where the thread's stack is: there is no other reason.
[[nodiscard]] bool register_with_bdwgc() noexcept {
  GC_stack_base base;
  if (GC_get_stack_base(&base) != GC_SUCCESS) return false;
  GC_register_my_thread(&base);
  return true;
}

// How much bdwgc takes from the heap for a thread's record, seen from its own count: no other thread runs.
std::size_t measure_record() {
  std::size_t bytes = 0;
  bool measured = false;
  detail::make_thread([&] {
    const std::size_t before = GC_get_bytes_since_gc();
    measured = register_with_bdwgc();
    if (!measured) return;
    bytes = GC_get_bytes_since_gc() - before;
    GC_unregister_my_thread();
  }).join();
  if (!measured) throw std::bad_alloc();
  return bytes;
}

// The sizes that share a record's class.
Sizes measure_sizes() {
  constexpr std::size_t kUsual = 1024;  // if a collection fell in between, and the count says nothing
  const std::size_t record = measure_record();
  void* const sample = GC_malloc(record == 0 || record > kLargestCell ? kUsual : record);
  if (sample == nullptr) throw OutOfMemory(record);
  const std::size_t high = GC_size(sample);
  std::size_t low = high;
  while (low > detail::kGranule) {
    void* const smaller = GC_malloc(low - detail::kGranule);
    if (smaller == nullptr || GC_size(smaller) != high) break;
    low -= detail::kGranule;
  }
  return {low - detail::kGranule, high};
}

// On a registered thread, or with collections off.
void refill_reserve_locked(std::size_t most = kReserveBlocks) noexcept {
  for (; most != 0 && reserve->count < kReserveBlocks; --most) {
    void* const block = GC_malloc(sizes.high);
    if (block == nullptr) return;
    reserve->block[reserve->count++] = block;
  }
}

// What of the project's own goes with a registration.
void enter_heap() noexcept {
  registered = true;
  trace::thread_begins();
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
  detail::add_weak_reader();
#endif
}
void leave_heap() noexcept {
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
  detail::remove_weak_reader();
#endif
  trace::thread_ends();
  registered = false;
}

// Collections off, for as long as it lives.
struct NoCollections {
  NoCollections() noexcept { GC_disable(); }
  ~NoCollections() { GC_enable(); }
  NoCollections(const NoCollections&) = delete;
  NoCollections& operator=(const NoCollections&) = delete;
};

}  // namespace

namespace detail {

void start_thread_reserve() {
  enter_heap();  // GC_INIT has registered the main thread
  substitute_kind = static_cast<int>(GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1));
  sizes = measure_sizes();
  reserve = static_cast<Reserve*>(GC_malloc_uncollectable(sizeof(Reserve)));
  if (reserve == nullptr) throw OutOfMemory(sizeof(Reserve));
  // bdwgc's own handlers came first, so a fork takes the gate before the heap's lock, as everybody does.
  pthread_atfork([] { gate.lock(); }, [] { gate.unlock(); }, [] { gate.unlock(); });
  const std::lock_guard<std::mutex> hold(gate);
  refill_reserve_locked();
}

void refill_thread_reserve() noexcept {
  require_registered();
  const std::lock_guard<std::mutex> hold(gate);
  refill_reserve_locked();
}

bool shares_list_with_records(std::size_t bytes) noexcept { return bytes > sizes.low && bytes <= sizes.high; }

void* allocate_scanned(std::size_t bytes) noexcept {
  if (shares_list_with_records(bytes)) return GC_generic_malloc(bytes, substitute_kind);
  return GC_malloc(bytes);
}

void require_registered() noexcept {
  if (!registered) [[unlikely]] {
    die("interlox: a thread that is not registered uses the collected heap (gc/thread.hpp)\n");
  }
}

void collect_once() noexcept {
  const std::uint64_t before = collections_started();
  GC_gcollect();
  // A collection that began since is as good as the one asked for. If there was none, a thread is just
  // being registered: with the gate shut, none is.
  if (collections_started() != before) return;
  const std::lock_guard<std::mutex> hold(gate);
  GC_gcollect();
}

void sweep_and_collect_once() noexcept {
  constexpr GC_stop_func kNeverStop = []() -> int { return 0; };
  // bdwgc sweeps all that is left before a collection that could be stopped. 0: it did nothing.
  if (GC_try_to_collect(kNeverStop) != 0) return;
  const std::lock_guard<std::mutex> hold(gate);
  GC_try_to_collect(kNeverStop);
}

}  // namespace detail

bool this_thread_is_registered() noexcept { return registered; }

ThreadScope::ThreadScope() : owns_(!registered), registers_(false) {
  if (!owns_) return;
  if (!is_initialized()) die("interlox: a thread is registered before the collector is initialized\n");
  if (GC_thread_is_registered() != 0) {  // by a program that uses bdwgc itself
    enter_heap();
    return;
  }
  registers_ = true;
  const std::lock_guard<std::mutex> hold(gate);
  {
    const NoCollections off;
    void* const block = reserve->count != 0 ? reserve->block[--reserve->count] : GC_malloc(sizes.high);
    if (block == nullptr) throw OutOfMemory(sizes.high);
    GC_free(block);
    if (!register_with_bdwgc()) throw OutOfMemory(sizes.high);
  }
  enter_heap();
  refill_reserve_locked();
}

ThreadScope::~ThreadScope() {
  if (!owns_) return;
  detail::drop_thread_cache();
  if (!registers_) {
    leave_heap();
    return;
  }
  const std::lock_guard<std::mutex> hold(gate);
  const NoCollections off;
  leave_heap();
  GC_unregister_my_thread();
  refill_reserve_locked(1);  // with the record that has just become free, before a sweep gives it away
}

}  // namespace interlox::gc
