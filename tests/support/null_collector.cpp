// SPDX-License-Identifier: BSD-3-Clause
// gc/ without a collector, for ThreadSanitizer, which takes bdwgc's signals and its reading of other threads'
// stacks amiss. All of gc/'s interface is here (INTERLOX_NULL_COLLECTOR builds it instead of gc/'s own
// sources), and nothing is ever collected: memory is taken from one range of addresses and not given back,
// weak references are not cleared, listeners hear nothing. What is built on it runs as ever, as long as it
// does not wait for anything to die.
//
// None of this orders two threads with each other, unlike a collector with a lock: so a race that the lock
// would hide is seen.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <semaphore.h>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

#include "gc/alarm.hpp"
#include "gc/events.hpp"
#include "gc/heap.hpp"
#include "gc/inspect.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trace.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"

// At a program's end the sanitizer waits a second for races of the threads that still run: too long for tests
// of hundreds of small programs.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "atexit_sleep_ms=10"; }

namespace interlox::gc {
namespace {

constexpr std::size_t kHeapBytes = std::size_t{1} << 36;  // of addresses: memory comes with the first touch
constexpr std::size_t kLargestAlignment = 64;             // a trie node's
constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

constinit HeapOptions the_options;
constinit char* heap = nullptr;  // written once, before there are other threads
constinit std::size_t heap_bytes = 0;
constinit std::atomic<std::size_t> taken{0};
constinit std::atomic<std::uint64_t> collections{0};
constinit thread_local bool registered = false;

// What a thread has taken for itself and not used yet.
struct Chunk {
  char* next = nullptr;
  char* end = nullptr;
};
constinit thread_local Chunk chunk;

// Null if there is no room.
char* take(std::size_t bytes) noexcept {
  std::size_t before = taken.load(std::memory_order_relaxed);  // relaxed, all: hands out addresses
  do {
    if (bytes > heap_bytes - before) return nullptr;
  } while (!taken.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  return heap + before;
}

// Zeroed, for the sanitizer too: who reads a block that was not published to it reads what was written here.
void* allocate_or_null(std::size_t bytes) noexcept {
  if (!registered) {
    constexpr char kMessage[] = "a thread that is not registered uses the collected heap\n";
    static_cast<void>(!write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1));
    std::abort();
  }
  if (bytes > heap_bytes) return nullptr;
  const std::size_t alignment = bytes == kLargestAlignment ? kLargestAlignment : detail::kGranule;
  const std::size_t size = (std::max<std::size_t>(bytes, 1) + detail::kGranule - 1) & ~(detail::kGranule - 1);
  char* block = nullptr;
  if (size > kChunkBytes / 4) {
    block = take(size);
  } else {
    const auto gap = -reinterpret_cast<std::uintptr_t>(chunk.next) & (alignment - 1);
    if (static_cast<std::size_t>(chunk.end - chunk.next) < gap + size) {
      char* const more = take(kChunkBytes);
      if (more == nullptr) return nullptr;
      chunk = {more, more + kChunkBytes};
      return allocate_or_null(bytes);
    }
    block = chunk.next + gap;
    chunk.next = block + size;
  }
  return block == nullptr ? nullptr : std::memset(block, 0, size);
}

// A block that may be resized begins with its size.
std::size_t& size_of(void* block) noexcept {
  return *reinterpret_cast<std::size_t*>(static_cast<char*>(block) - detail::kGranule);
}

constinit detail::ThreadCache empty_cache{};

}  // namespace

namespace detail {

constinit thread_local ThreadCache* thread_cache = &empty_cache;
constinit std::atomic<std::uint64_t> world_stops{0};
void drop_pointer_free(ThreadCache&) noexcept {}

void* allocate_slow(std::size_t bytes) {
  void* const block = allocate_or_null(bytes);
  if (block == nullptr) throw OutOfMemory(bytes);
  return block;
}

void* allocate_pointer_free_slow(std::size_t bytes) { return allocate_slow(bytes); }

void refill_thread_reserve() noexcept {}

constinit bool counting_nodes = false;
void* allocate_counted_node(std::size_t bytes, bool) { return allocate_slow(bytes); }
void count_retired_node(const void* node) noexcept {
  recording::detail::node_retired(node);
  trace::structure_changed(trace::Structure::retirement);
}

}  // namespace detail

void initialize(const HeapOptions& options) {
  if (is_initialized()) return;
  const std::size_t bytes = options.max_heap == 0 ? kHeapBytes : std::min(options.max_heap, kHeapBytes);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const range = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (range == MAP_FAILED) throw OutOfMemory(bytes);
  heap = static_cast<char*>(range);
  heap_bytes = bytes;
  the_options = options;
  registered = true;
}

void adopt(const HeapOptions&) { throw std::logic_error("there is no collector"); }

bool is_collector_running() noexcept { return is_initialized(); }
bool is_initialized() noexcept { return heap != nullptr; }
const HeapOptions& options() noexcept { return the_options; }

void* allocate_uncollectable(std::size_t bytes) {
  void* const block = reallocate_uncollectable(nullptr, bytes);
  if (block == nullptr) throw OutOfMemory(bytes);
  return block;
}

void* reallocate_uncollectable(void* block, std::size_t bytes) noexcept {
  if (block != nullptr && bytes <= size_of(block)) return block;
  if (bytes > heap_bytes) return nullptr;
  void* const start = allocate_or_null(detail::kGranule + bytes);
  if (start == nullptr) return nullptr;
  void* const fresh = static_cast<char*>(start) + detail::kGranule;
  size_of(fresh) = bytes;
  if (block != nullptr) std::memcpy(fresh, block, size_of(block));
  return fresh;
}

void free_uncollectable(void*) noexcept {}

bool is_heap_pointer(const void* address) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto start = reinterpret_cast<std::uintptr_t>(heap);
  return at >= start && at - start < heap_bytes;
}

void collect() { collections.fetch_add(1, std::memory_order_relaxed); }  // relaxed: a count

Stats stats() noexcept {
  Stats stats;
  stats.collections = collections.load(std::memory_order_relaxed);
  stats.allocated_bytes = taken.load(std::memory_order_relaxed);
  stats.heap_bytes = stats.used_bytes = stats.allocated_bytes;
  return stats;
}

Histogram pause_histogram() noexcept { return {}; }

bool this_thread_is_registered() noexcept { return registered; }

ThreadScope::ThreadScope() : owns_(!registered), registers_(owns_) {
  if (owns_) trace::thread_begins();
  registered = true;
}
ThreadScope::~ThreadScope() {
  if (owns_) trace::thread_ends();
  registered = !owns_;
}

ScannedRange::ScannedRange(void* base, void* end, FindTop find_top, const void* owner) noexcept
    : base_(base), end_(end), top_(base), find_top_(find_top), owner_(owner) {}
ScannedRange::~ScannedRange() = default;

const char* event_name(Event) noexcept { return "none"; }
void add_event_listener(EventFunction, void*) {}
bool remove_event_listener(EventFunction, void*) noexcept { return true; }
bool is_marked(const void*) noexcept { return true; }

bool inspect_heap(void (*)(void*) noexcept, void*) { return false; }
void for_each_live_block(void (*)(void*, const LiveBlock&), void*) noexcept {}

Alarm::Alarm(Due due, void* context) : due_(due), context_(context), bell_() { sem_init(&bell_, 0, 0); }
Alarm::~Alarm() { sem_destroy(&bell_); }
void Alarm::wait() noexcept {
  while (sem_wait(&bell_) != 0 && errno == EINTR) {
  }
}
void Alarm::ring() noexcept { sem_post(&bell_); }

WeakRegistry::Rows::~Rows() = default;
WeakRegistry::WeakRegistry(Tokens tokens) : tokens_(tokens) {}
WeakRegistry::~WeakRegistry() = default;
void WeakRegistry::watch(WeakCell& cell, void* target) {
  cell.target_.store(target, std::memory_order_release);  // pairs with WeakCell::get()
}
std::size_t WeakRegistry::take_dead(std::span<std::uint64_t>) noexcept { return 0; }
WeakRegistry::Counts WeakRegistry::counts() const noexcept { return {}; }

}  // namespace interlox::gc
