// SPDX-License-Identifier: BSD-3-Clause
// A recorder of what happens rarely enough to be written down: collections, waits, cleanups, lives of
// threads, and what maps do to their structure. Knows no collector; what it takes down it is told.
//
// Off, a place that would tell costs one relaxed load and a branch. On, an event is a record of 48 bytes in
// memory that was mapped at the start and never grows; what does not fit is counted as dropped.
//
// Invariants:
//   I1  A session's records are written only by threads that are inside: counted, and having found after
//       that that recording is on. Whoever turns it off waits until nobody is inside, and is then alone with
//       the records.
//   I2  A chunk belongs to one writer at a time: to a thread; or, for the collecting thread, to the heap's
//       lock. It passes from one thread to another by being laid aside and taken up only.
//   I3  A chunk's records below its count are whole, and stay as they are until the session is forgotten.
//   I4  Chunks that were handed out are those below `taken`; none is given back within a session.
//   I5  A writer's chunk is its own only in the session that gave it.
//
// Atomic pairs: (1) recording is turned on with release, (2) seen on with acquire: the session's memory is
// there. (3) A writer goes in and looks whether it is on, (4) a stop turns it off and looks who is in, all
// sequentially consistent: one of the two sees the other. (5) A writer goes out with release, (6) a stop sees
// that with acquire: what was written can be read. (7) A chunk is laid aside with release, (8) taken up with
// acquire. (9) A gauge is added with release, (10) read with acquire.
//
// Progress: recording is lock-free (wait-free but for the race for a chunk). start(), stop() and write_json()
// lock each other out, and wait for writers only while these are inside.
//
// Under the collector: what records allocates nothing, takes no lock and does no I/O; but it uses a
// thread_local, except for record_collection() and record_heap_size(), which are for the collector's
// callbacks. start(), stop() and write_json() are for ordinary threads, registered or not.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace interlox::gc {

struct Collection;

/// A recorder of what happens rarely enough to be written down: collections, waits, cleanups, lives of
/// threads, and what maps do to their structure.
namespace trace {

/// What viewers can filter events by.
enum class Category : std::uint8_t {
  collector,  ///< collections
  thread,     ///< lives of threads
  wait,       ///< waits of threads
  map,        ///< what maps do to their structure
  cleanup     ///< cleanups that run
};

/// Something with a name. All texts are literals.
struct Event {
  const char* name;              ///< what viewers show
  Category category;             ///< what they can filter by
  const char* amount = nullptr;  ///< what the number that comes with it is; null: there is none
};

/// What a map does to its structure; also counted.
enum class Structure : std::uint8_t {
  growth,      ///< the root was replaced by a larger one
  shrinkage,   ///< by a smaller one
  clear,       ///< by an empty one
  split,       ///< a full leaf was replaced
  merge,       ///< a branch was replaced by one leaf
  retirement,  ///< a node was given up: counted only
  wait         ///< a thread has waited for another change
};
/// How many there are.
inline constexpr std::size_t kStructures = 7;

/// The same of a trie's StructureEvent, whose names are known here.
template <class StructureEvent>
[[nodiscard]] constexpr Structure structure_of(StructureEvent event) noexcept {
  switch (event) {
    case StructureEvent::kGrowth:
      return Structure::growth;
    case StructureEvent::kShrinkage:
      return Structure::shrinkage;
    case StructureEvent::kClear:
      return Structure::clear;
    case StructureEvent::kSplit:
      return Structure::split;
    case StructureEvent::kMerge:
      return Structure::merge;
    case StructureEvent::kWait:
      break;
  }
  return Structure::wait;
}

namespace detail {

inline constexpr std::uint8_t kRecording = 1;
inline constexpr std::uint8_t kCounting = 2;
inline constexpr std::uint8_t kCountingNodes = 4;     // HeapOptions::count_nodes, for gc/trie_policy.hpp
inline constexpr std::uint8_t kRecordingMaps = 8;     // gc/recording.hpp, likewise
extern constinit std::atomic<std::uint8_t> watching;  // a set of these

void record(const Event& event, std::uint64_t begin, std::uint64_t amount) noexcept;  // to now
void begin_wait(const char* what, std::uint64_t begin) noexcept;
void end_wait() noexcept;
void count(Structure what, std::uint64_t begin, std::uint64_t amount) noexcept;
[[nodiscard]] std::uint64_t now() noexcept;

}  // namespace detail

/// Whether events are recorded at the moment. Any thread; wait-free.
[[nodiscard]] inline bool is_recording() noexcept {
  return (detail::watching.load(std::memory_order_relaxed) & detail::kRecording) !=
         0;  // relaxed: (2) decides
}
/// Whether what maps do is counted at the moment, as it is while events are recorded. Any thread; wait-free.
[[nodiscard]] inline bool is_counting() noexcept {
  constexpr std::uint8_t kWanted = detail::kRecording | detail::kCounting;
  return (detail::watching.load(std::memory_order_relaxed) & kWanted) != 0;  // relaxed: counts order nothing
}
/// Whether somebody counts retired nodes, here or in gc/trie_policy.cpp. Any thread; wait-free.
[[nodiscard]] inline bool is_watching_nodes() noexcept {
  return detail::watching.load(std::memory_order_relaxed) != 0;  // relaxed: as above
}

/// An event from here to the end of the scope. Seen as soon as that is reached.
class Span {
 public:
  /// Begins it, if events are recorded. `event` outlives the scope.
  explicit Span(const Event& event) noexcept : event_(event), begin_(is_recording() ? detail::now() : 0) {}
  ~Span() {
    if (begin_ != 0) [[unlikely]]
      detail::record(event_, begin_, 0);
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  const Event& event_;
  const std::uint64_t begin_;
};

/// The same for a wait, which may last until recording ends: then it is seen, too. Waits do not nest.
class WaitSpan {
 public:
  /// Begins it, if events are recorded. `what` is a literal.
  explicit WaitSpan(const char* what) noexcept : is_recorded_(is_recording()) {
    if (is_recorded_) [[unlikely]]
      detail::begin_wait(what, detail::now());
  }
  ~WaitSpan() {
    if (is_recorded_) [[unlikely]]
      detail::end_wait();
  }
  WaitSpan(const WaitSpan&) = delete;
  WaitSpan& operator=(const WaitSpan&) = delete;

 private:
  const bool is_recorded_;
};

/// The time for structure_changed(), or 0 while events are not recorded. Any thread; wait-free.
[[nodiscard]] inline std::uint64_t clock() noexcept { return is_recording() ? detail::now() : 0; }

/// Counts what a map has done, if that is wanted; with a `begin` of clock() that is not 0, it is an event
/// from there to now, with its size in slots. Any thread; wait-free.
inline void structure_changed(Structure what, std::uint64_t begin = 0, std::uint64_t slots = 0) noexcept {
  if (is_counting()) [[unlikely]]
    detail::count(what, begin, slots);
}

/// Counts from now on, events or not; for the life of the process.
void count_structure() noexcept;

/// How often it was done while that was counted. Any thread; wait-free.
[[nodiscard]] std::uint64_t structure_count(Structure what) noexcept;

/// Names the calling thread's track; a copy, cut after 31 bytes. Any thread; wait-free.
void name_thread(std::string_view name) noexcept;

/// What the calling thread's track is named, or an empty text; valid until it is named again. Wait-free.
[[nodiscard]] const char* thread_name() noexcept;

/// For gc/thread.cpp: the calling thread's life, as far as the heap is concerned. The first also is where a
/// thread's track begins if it has done nothing so far.
///@{
void thread_begins() noexcept;
void thread_ends() noexcept;
///@}

/// For gc/events.cpp, with the heap's lock held, which makes both one writer: a collection that has come to
/// its end, and what counters stand at then; a heap that has a new size.
///@{
void record_collection(const Collection& collection, std::uint64_t reclaimed_nodes) noexcept;
void record_heap_size(std::uint64_t bytes) noexcept;
///@}

/// A number that is looked up at the end of each collection, as `name` in `unit`, both literals. `value` is
/// bound by the rules of a listener (gc/events.hpp); it stays for the life of the process. A ninth is
/// ignored. Any thread; blocks while another one adds.
void add_gauge(const char* name, const char* unit, std::uint64_t (*value)() noexcept) noexcept;

/// What start() takes for records if it is not told.
inline constexpr std::size_t kDefaultBytes = 64u << 20;
/// What it takes at least.
inline constexpr std::size_t kLeastBytes = 64u << 10;

/// Forgets what was recorded and records from now on, in so many bytes (at least kLeastBytes), which take
/// memory as they are used. False if it was on already. Throws std::bad_alloc if there is no room for them.
bool start(std::size_t bytes = kDefaultBytes);

/// Ends recording; false if it was off. What was recorded stays, until the next start().
bool stop() noexcept;

/// How many events there was no room for.
[[nodiscard]] std::uint64_t dropped() noexcept;

/// Hands what was recorded to `write`, piece by piece, as one JSON object of Chrome's trace event format
/// (docs/observing.md). Recording must be off, or this does nothing, and gives false. Throws std::bad_alloc,
/// and what `write` throws.
bool write_json(const std::function<void(std::string_view)>& write);

}  // namespace trace
}  // namespace interlox::gc
