// SPDX-License-Identifier: BSD-3-Clause
#include "gc/trace.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <utility>

#include "gc/collection.hpp"
#include "gc/trace_records.hpp"

namespace interlox::gc::trace {

namespace detail {

constinit std::atomic<std::uint8_t> watching{0};

std::uint64_t now() noexcept { return now_ns(); }

}  // namespace detail

namespace {

using detail::Chunk;
using detail::Kind;
using detail::now;
using detail::Record;

constexpr std::size_t kLines = 16;   // threads are spread over so many lines of memory
constexpr std::size_t kSpares = 64;  // chunks that ended threads have left for others
constexpr std::size_t kMostGauges = 8;
constexpr std::uint8_t kOff = 0xFF ^ detail::kRecording;

// Where a thread writes; the collector has one, too, which the heap's lock guards.
struct Writer {
  Chunk* chunk = nullptr;     // of `session` (I5)
  std::uint64_t session = 0;  //
  std::uint32_t thread = 0;   // 0: the collector, or none yet
  char name[Record::kTextBytes] = {};
};

// The session. Written by start() and stop() alone, while nobody is inside.
constinit std::mutex control;
constinit bool is_on = false;
constinit std::uint64_t session = 0;
constinit std::uint64_t session_begin = 0;
constinit std::uint64_t session_end = 0;
constinit char* arena = nullptr;
constinit std::size_t arena_chunks = 0;

constinit std::atomic<std::size_t> taken{0};  // chunks
constinit std::atomic<std::uint64_t> events_dropped{0};
constinit std::array<std::atomic<Chunk*>, kSpares> spares{};

constinit std::atomic<std::uint32_t> threads{0};
constinit thread_local Writer own_writer;
constinit Writer collector{nullptr, 0, 0, "Collector"};

struct alignas(64) Line {
  std::atomic<std::uint32_t> inside{0};
  std::array<std::atomic<std::uint64_t>, kStructures> counts{};
};
constinit std::array<Line, kLines> lines{};

struct Gauge {
  const char* name;
  const char* unit;
  std::uint64_t (*value)() noexcept;
};
constinit std::array<Gauge, kMostGauges> gauges{};
constinit std::atomic<std::size_t> gauge_count{0};  // a gauge is whole before it counts
constinit std::mutex adding_gauge;

constexpr Event kCollection{"collection", Category::collector, "number"};
constexpr Event kPause{"pause", Category::collector};
constexpr Event kStop{"stop the world", Category::collector};
constexpr Event kMark{"mark", Category::collector};
constexpr Event kClearWeak{"clear weak references", Category::collector, "cleared"};
constexpr Event kRestart{"start the world", Category::collector};
constexpr Event kReclaim{"reclaim", Category::collector};
constexpr Event kHeapSize{"heap resized", Category::collector, "bytes"};
constexpr Event kThread{"thread", Category::thread};

// By Structure. The events of those that have a time, and all as counters.
constexpr std::array<Event, kStructures> kStructureEvents{{{"root grows", Category::map, "slots"},
                                                           {"root shrinks", Category::map, "slots"},
                                                           {"map cleared", Category::map, "slots"},
                                                           {"leaf splits", Category::map},
                                                           {"leaves merge", Category::map},
                                                           {"node retired", Category::map},
                                                           {"wait for a leaf or root", Category::wait}}};
constexpr std::array<const char*, kStructures> kStructureCounters{
    "root growths", "root shrinkages", "map clears", "leaf splits",
    "leaf merges",  "retired nodes",   "map waits"};

Writer& writer() noexcept {
  if (own_writer.thread == 0) own_writer.thread = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  return own_writer;
}

// I1. True if recording is on for as long as this lives.
class Inside {
 public:
  explicit Inside(const Writer& writer) noexcept : line_(lines[writer.thread % kLines]) {
    line_.inside.fetch_add(1, std::memory_order_seq_cst);  // (3) pairs with (4)
    is_on_ = (detail::watching.load(std::memory_order_seq_cst) & detail::kRecording) != 0;  // (2), (3)
  }
  ~Inside() { line_.inside.fetch_sub(1, std::memory_order_release); }  // (5) pairs with (6)
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  explicit operator bool() const noexcept { return is_on_; }

 private:
  Line& line_;
  bool is_on_;
};

// All from here to the end of the namespace needs a true Inside.

Chunk* take_spare() noexcept {
  for (std::atomic<Chunk*>& spare : spares) {
    if (spare.load(std::memory_order_relaxed) == nullptr) continue;  // relaxed: the exchange decides
    if (Chunk* const chunk = spare.exchange(nullptr, std::memory_order_acquire)) return chunk;  // (8), (7)
  }
  return nullptr;
}

void lay_aside(Chunk* chunk) noexcept {
  if (chunk->count == Chunk::kRecords) return;
  for (std::atomic<Chunk*>& spare : spares) {
    Chunk* none = nullptr;
    if (spare.compare_exchange_strong(none, chunk, std::memory_order_release,  // (7) pairs with (8)
                                      std::memory_order_relaxed))
      return;
  }
}

Chunk* take_fresh() noexcept {
  // relaxed, both: hand out indexes
  if (taken.load(std::memory_order_relaxed) >= arena_chunks) return nullptr;
  const std::size_t index = taken.fetch_add(1, std::memory_order_relaxed);
  if (index >= arena_chunks) return nullptr;
  auto* const chunk = reinterpret_cast<Chunk*>(arena + index * Chunk::kBytes);
  chunk->count = 0;
  return chunk;
}

// The writer's chunk, after another one if that is full.
Chunk* chunk_with_room(Writer& writer, std::uint64_t begin) noexcept {
  if (writer.session != session) {
    writer.session = session;  // I5
    writer.chunk = nullptr;
  }
  Chunk* const before = writer.chunk;
  if (before != nullptr && before->count < Chunk::kRecords) return before;
  Chunk* chunk = before == nullptr ? take_spare() : nullptr;
  if (chunk == nullptr) chunk = take_fresh();
  if (chunk == nullptr) return nullptr;
  chunk->thread = writer.thread;
  chunk->is_current = true;
  chunk->wait = before == nullptr ? nullptr : before->wait;
  chunk->wait_begin = before == nullptr ? 0 : before->wait_begin;
  chunk->thread_begin = before == nullptr ? begin : before->thread_begin;
  if (before != nullptr) before->is_current = false;
  return writer.chunk = chunk;
}

Record* take_record(Writer& writer, std::uint64_t begin) noexcept {
  Chunk* const chunk = chunk_with_room(writer, begin);
  if (chunk == nullptr) {
    events_dropped.fetch_add(1, std::memory_order_relaxed);  // relaxed: a count
    return nullptr;
  }
  chunk->thread_begin = std::min(chunk->thread_begin, begin);  // what begins first may be told last
  Record* const record = &chunk->records[chunk->count++];
  record->begin = begin;
  record->thread = writer.thread;
  return record;
}

void put_name(Writer& writer, std::uint64_t begin) noexcept {
  Record* const record = take_record(writer, begin);
  if (record == nullptr) return;
  record->kind = Kind::name;
  record->category = Category::thread;
  std::memcpy(record->text, writer.name, sizeof record->text);
}

// Begins the writer's track, if that is to be done: whether it has one.
bool begin_track(Writer& writer, std::uint64_t begin) noexcept {
  const bool is_new = writer.session != session || writer.chunk == nullptr;
  if (chunk_with_room(writer, begin) == nullptr) return false;
  if (is_new && writer.name[0] != '\0') put_name(writer, begin);
  return true;
}

void put(Writer& writer, Kind kind, Category category, std::uint64_t begin,
         const Record::Facts& facts) noexcept {
  begin = std::max(begin, session_begin);
  begin_track(writer, begin);
  Record* const record = take_record(writer, begin);
  if (record == nullptr) return;
  record->kind = kind;
  record->category = category;
  record->facts = facts;
}

void put(Writer& writer, const Event& event, std::uint64_t begin, std::uint64_t end,
         std::uint64_t amount = 0) noexcept {
  end = std::max(end, session_begin);  // of a collection that was under way when it began
  put(writer, Kind::span, event.category, begin, {end, amount, event.name, event.amount});
}

void put_counter(Writer& writer, const char* name, const char* unit, std::uint64_t at,
                 std::uint64_t value) noexcept {
  put(writer, Kind::counter, Category::collector, at, {at, value, name, unit});
}

// What can be read at any time.
void sample(Writer& writer, std::uint64_t at) noexcept {
  for (std::size_t i = 0; i < kStructures; ++i) {
    put_counter(writer, kStructureCounters[i], "since start", at, structure_count(static_cast<Structure>(i)));
  }
  const std::size_t count = gauge_count.load(std::memory_order_acquire);  // (10) pairs with (9)
  for (std::size_t i = 0; i < count; ++i)
    put_counter(writer, gauges[i].name, gauges[i].unit, at, gauges[i].value());
}

// Registers what keeps a child of fork from waiting for threads that it does not have, once.
void survive_forks() {
  static const int registered = pthread_atfork([] { control.lock(); }, [] { control.unlock(); },
                                               [] {
                                                 detail::watching.fetch_and(kOff);
                                                 is_on = false;
                                                 for (Line& line : lines) line.inside.store(0);
                                                 control.unlock();
                                               });
  if (registered != 0) throw std::bad_alloc();
}

void map_arena(std::size_t chunks) {
  if (arena != nullptr) munmap(arena, arena_chunks * Chunk::kBytes);
  arena_chunks = 0;
  void* const memory = mmap(nullptr, chunks * Chunk::kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  arena = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
  if (arena == nullptr) throw std::bad_alloc();
  arena_chunks = chunks;
}

}  // namespace

namespace detail {

void record(const Event& event, std::uint64_t begin, std::uint64_t amount) noexcept {
  Writer& self = writer();
  if (const Inside inside(self); inside) put(self, event, begin, now(), amount);
}

void begin_wait(const char* what, std::uint64_t begin) noexcept {
  Writer& self = writer();
  const Inside inside(self);
  if (!inside) return;
  begin = std::max(begin, session_begin);
  if (!begin_track(self, begin)) {
    events_dropped.fetch_add(1, std::memory_order_relaxed);  // relaxed: a count
    return;
  }
  self.chunk->thread_begin = std::min(self.chunk->thread_begin, begin);
  self.chunk->wait = what;
  self.chunk->wait_begin = begin;
}

void end_wait() noexcept {
  Writer& self = writer();
  const Inside inside(self);
  if (!inside || self.session != session || self.chunk == nullptr || self.chunk->wait == nullptr) return;
  const Event event{self.chunk->wait, Category::wait};
  self.chunk->wait = nullptr;
  put(self, event, self.chunk->wait_begin, now());
}

void count(Structure what, std::uint64_t begin, std::uint64_t amount) noexcept {
  const auto index = static_cast<std::size_t>(what);
  lines[writer().thread % kLines].counts[index].fetch_add(1, std::memory_order_relaxed);  // relaxed: a count
  if (begin != 0) record(kStructureEvents[index], begin, amount);
}

Session::Session()
    : hold_(control), is_over_(!is_on && session != 0), chunks_(0), begin_(session_begin), end_(session_end) {
  if (is_over_) chunks_ = std::min(taken.load(std::memory_order_relaxed), arena_chunks);
}

const Chunk& Session::chunk(std::size_t index) const noexcept {
  return *reinterpret_cast<const Chunk*>(arena + index * Chunk::kBytes);
}

}  // namespace detail

void count_structure() noexcept { detail::watching.fetch_or(detail::kCounting, std::memory_order_relaxed); }

std::uint64_t structure_count(Structure what) noexcept {
  std::uint64_t all = 0;
  for (const Line& line : lines) {
    all += line.counts[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);  // relaxed: a count
  }
  return all;
}

void name_thread(std::string_view name) noexcept {
  Writer& self = writer();
  const std::size_t length = std::min(name.size(), sizeof self.name - 1);
  std::memcpy(self.name, name.data(), length);
  self.name[length] = '\0';
  if (!is_recording()) return;
  const Inside inside(self);
  if (!inside) return;
  // Who takes its first chunk is named by that.
  if (self.session == session && self.chunk != nullptr) put_name(self, now());
}

const char* thread_name() noexcept { return own_writer.name; }

void thread_begins() noexcept {
  if (!is_recording()) return;
  Writer& self = writer();
  const Inside inside(self);
  if (inside) begin_track(self, now());
}

void thread_ends() noexcept {
  if (!is_recording()) return;
  Writer& self = writer();
  const Inside inside(self);
  if (!inside || self.session != session || self.chunk == nullptr) return;
  put(self, kThread, self.chunk->thread_begin, now());
  self.chunk->is_current = false;
  lay_aside(std::exchange(self.chunk, nullptr));
}

void record_collection(const Collection& c, std::uint64_t reclaimed_nodes) noexcept {
  if (!is_recording()) return;
  const Inside inside(collector);
  if (!inside) return;
  const std::uint64_t begin = c.at(gc::Event::kStart);
  const std::uint64_t end = c.at(gc::Event::kEnd);
  put(collector, kCollection, begin, end, c.number);
  put(collector, kPause, c.at(gc::Event::kPreStopWorld), c.at(gc::Event::kPostStartWorld));
  put(collector, kStop, c.at(gc::Event::kPreStopWorld), c.at(gc::Event::kPostStopWorld));
  put(collector, kMark, c.at(gc::Event::kMarkStart), c.at(gc::Event::kMarkEnd));
  put(collector, kClearWeak, c.weak_begin, c.weak_end, c.weak_cleared);
  put(collector, kRestart, c.at(gc::Event::kPreStartWorld), c.at(gc::Event::kPostStartWorld));
  put(collector, kReclaim, c.at(gc::Event::kReclaimStart), c.at(gc::Event::kReclaimEnd));
  put_counter(collector, "used", "bytes", begin, c.used_before);
  put_counter(collector, "used", "bytes", end, c.used_after);
  put_counter(collector, "heap", "bytes", end, c.heap_bytes);
  put_counter(collector, "reclaimed nodes", "since start", end, reclaimed_nodes);
  sample(collector, end);
}

void record_heap_size(std::uint64_t bytes) noexcept {
  if (!is_recording()) return;
  const Inside inside(collector);
  if (!inside) return;
  const std::uint64_t at = now();
  put(collector, Kind::instant, kHeapSize.category, at, {at, bytes, kHeapSize.name, kHeapSize.amount});
  put_counter(collector, "heap", "bytes", at, bytes);
}

void add_gauge(const char* name, const char* unit, std::uint64_t (*value)() noexcept) noexcept {
  const std::lock_guard hold(adding_gauge);
  const std::size_t index = gauge_count.load(std::memory_order_relaxed);  // relaxed: the mutex orders it
  if (index == kMostGauges) return;
  gauges[index] = {name, unit, value};
  gauge_count.store(index + 1, std::memory_order_release);  // (9) pairs with (10)
}

bool start(std::size_t bytes) {
  {
    const std::lock_guard hold(control);
    if (is_on) return false;
    survive_forks();
    const std::size_t chunks = std::max(bytes, kLeastBytes) / Chunk::kBytes;
    if (chunks != arena_chunks) {
      map_arena(chunks);
    } else {
      madvise(arena, arena_chunks * Chunk::kBytes, MADV_DONTNEED);
    }
    taken.store(0, std::memory_order_relaxed);  // all of this is published by (1)
    events_dropped.store(0, std::memory_order_relaxed);
    for (std::atomic<Chunk*>& spare : spares) spare.store(nullptr, std::memory_order_relaxed);
    ++session;
    session_begin = now();
    is_on = true;
    detail::watching.fetch_or(detail::kRecording, std::memory_order_seq_cst);  // (1) pairs with (2)
  }
  thread_begins();
  Writer& self = writer();
  if (const Inside inside(self); inside) sample(self, now());
  return true;
}

bool stop() noexcept {
  const std::lock_guard hold(control);
  if (!is_on) return false;
  Writer& self = writer();
  if (const Inside inside(self); inside) sample(self, now());
  detail::watching.fetch_and(kOff, std::memory_order_seq_cst);  // (4)
  for (const Line& line : lines) {
    while (line.inside.load(std::memory_order_seq_cst) != 0) sched_yield();  // (4), (6)
  }
  session_end = now();
  is_on = false;
  return true;
}

std::uint64_t dropped() noexcept {
  return events_dropped.load(std::memory_order_relaxed);
}  // relaxed: a count

}  // namespace interlox::gc::trace
