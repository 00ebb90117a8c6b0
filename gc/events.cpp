// SPDX-License-Identifier: BSD-3-Clause
#include "gc/events.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <unistd.h>

#include "gc/bdwgc.hpp"
#include "gc/collection.hpp"
#include "gc/heap.hpp"
#include "gc/recording.hpp"
#include "gc/trace.hpp"
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
#include "gc/weak_concurrent.hpp"
#endif

namespace interlox::gc {

namespace {

struct Listener {
  EventFunction function;
  void* context;
};

// All of these are read and written under the heap's lock, which the collecting thread holds too. So the
// callback meets no list that is half changed, and needs no atomics.
constinit std::array<Listener, kMaxEventListeners> listeners{};
constinit int listener_count = 0;
constinit detail::PauseTimes pauses;
constinit std::uint64_t started = 0;
constinit Collection current;  // the collection that is under way
constinit bool printing = false;
constinit std::uint64_t clock_start = 0;

std::optional<Event> translate(GC_EventType event) noexcept {
  switch (event) {
    case GC_EVENT_START:
      return Event::kStart;
    case GC_EVENT_PRE_STOP_WORLD:
      return Event::kPreStopWorld;
    case GC_EVENT_POST_STOP_WORLD:
      return Event::kPostStopWorld;
    case GC_EVENT_MARK_START:
      return Event::kMarkStart;
    case GC_EVENT_MARK_END:
      return Event::kMarkEnd;
    case GC_EVENT_PRE_START_WORLD:
      return Event::kPreStartWorld;
    case GC_EVENT_POST_START_WORLD:
      return Event::kPostStartWorld;
    case GC_EVENT_RECLAIM_START:
      return Event::kReclaimStart;
    case GC_EVENT_RECLAIM_END:
      return Event::kReclaimEnd;
    case GC_EVENT_END:
      return Event::kEnd;
    default:
      return std::nullopt;  // of single threads
  }
}

void end_pause() noexcept {
  pauses.last = current.at(Event::kPostStartWorld) - current.at(Event::kPreStopWorld);
  pauses.total += pauses.last;
  pauses.histogram.add(pauses.last);
}

// The experiment clears what matters after the pause.
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
constexpr Event kClearing = Event::kReclaimStart;
void clear_weak_cells() noexcept { detail::finish_weak_clearing(); }
#else
constexpr Event kClearing = Event::kMarkEnd;
void clear_weak_cells() noexcept { detail::clear_dead_weak_cells(); }
#endif

void clear_measured() noexcept {
  const std::uint64_t before = detail::weak_cells_cleared();
  current.weak_begin = now_ns();
  clear_weak_cells();
  current.weak_end = now_ns();
  current.weak_cleared = detail::weak_cells_cleared() - before;
}

struct HeapSize {
  std::uint64_t held;
  std::uint64_t used;
};

HeapSize heap_size() noexcept {
  GC_prof_stats_s heap{};
  GC_get_prof_stats_unsafe(&heap, sizeof(heap));
  return {heap.heapsize_full - heap.unmapped_bytes, heap.heapsize_full - heap.free_bytes_full};
}

void begin_collection() noexcept {
  current = Collection{};
  current.number = ++started;
  current.used_before = heap_size().used;
}

// Writes with the heap's lock held, as the only way to be done before the process may end; but the world
// runs.
void print_collection() noexcept {
  char line[256];
  const std::size_t length = describe_collection(current, now_ns() - clock_start, pauses.total, line);
  for (std::size_t done = 0; done < length;) {
    const ssize_t written = write(STDERR_FILENO, line + done, length - done);
    if (written < 0 && errno != EINTR) return;
    done += written < 0 ? 0 : static_cast<std::size_t>(written);
  }
}

void end_collection() noexcept {
  const HeapSize size = heap_size();
  current.used_after = size.used;
  current.heap_bytes = size.held;
  const detail::NodeCounts nodes = detail::node_counts();
  trace::record_collection(current, nodes.reclaimed);
  recording::collection_ended(current, nodes.retired, nodes.reclaimed);
  if (printing) print_collection();
}

constinit GC_on_heap_resize_proc previous_resize = nullptr;  // of a program that uses bdwgc itself

void GC_CALLBACK on_heap_resize(GC_word bytes) {
  if (previous_resize != nullptr) previous_resize(bytes);
  trace::record_heap_size(bytes);
}

constinit GC_on_collection_event_proc previous_callback = nullptr;  // of a program that uses bdwgc itself

void GC_CALLBACK on_collection_event(GC_EventType bdwgc_event) {
  if (previous_callback != nullptr) previous_callback(bdwgc_event);
  const std::optional<Event> event = translate(bdwgc_event);
  if (!event) return;
  if (*event == Event::kStart) begin_collection();
  current.times[static_cast<std::size_t>(*event)] = now_ns();
  if (*event == Event::kPostStopWorld) {
    // relaxed: the others are stopped, and see it when they are let go on
    detail::world_stops.fetch_add(1, std::memory_order_relaxed);
  }
  // What listeners do while the world runs is no part of the pause.
  if (*event == Event::kPostStartWorld) end_pause();
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
  if (*event == Event::kMarkEnd) detail::begin_weak_clearing();
#endif
  if (*event == kClearing) clear_measured();  // first: listeners find them cleared
  if (*event == Event::kEnd) end_collection();
  for (int i = 0; i < listener_count; ++i) listeners[i].function(listeners[i].context, *event);
  if (*event == Event::kPreStopWorld) current.times[static_cast<std::size_t>(*event)] = now_ns();
}

}  // namespace

namespace detail {

void start_events(bool print_collections) {
  printing = print_collections;
  clock_start = now_ns();
  previous_callback = GC_get_on_collection_event();
  GC_set_on_collection_event(on_collection_event);
  previous_resize = GC_get_on_heap_resize();
  GC_set_on_heap_resize(on_heap_resize);
}

std::uint64_t collections_started() noexcept {
  const HeapLock hold;
  return started;
}

const PauseTimes& pause_times() noexcept { return pauses; }

}  // namespace detail

const char* event_name(Event event) noexcept {
  constexpr std::array<const char*, 10> kNames = {
      "start",           "pre_stop_world",   "post_stop_world", "mark_start",  "mark_end",
      "pre_start_world", "post_start_world", "reclaim_start",   "reclaim_end", "end"};
  return kNames[static_cast<std::size_t>(event)];
}

void add_event_listener(EventFunction function, void* context) {
  const detail::HeapLock hold;
  if (listener_count == kMaxEventListeners) throw std::length_error("too many listeners to the collector");
  listeners[listener_count++] = {function, context};
}

bool remove_event_listener(EventFunction function, void* context) noexcept {
  const detail::HeapLock hold;
  for (int i = 0; i < listener_count; ++i) {
    if (listeners[i].function != function || listeners[i].context != context) continue;
    for (int j = i + 1; j < listener_count; ++j) listeners[j - 1] = listeners[j];
    --listener_count;
    return true;
  }
  return false;
}

bool is_marked(const void* block) noexcept { return GC_is_marked(block) != 0; }

}  // namespace interlox::gc
