// SPDX-License-Identifier: BSD-3-Clause
#include "gc/weak.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <mutex>
#include <new>
#include <pthread.h>
#include <utility>

#include "gc/bdwgc.hpp"
#include "gc/events.hpp"
#include "gc/heap.hpp"
#include "gc/moment.hpp"
#include "gc/pause_helpers.hpp"
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
#include <sched.h>
#endif

namespace interlox::gc {

namespace {

// What stands in an emptied row in the place of its cell. No block has such an address.
WeakCell* const kNothing = nullptr;
WeakCell* const kToken = reinterpret_cast<WeakCell*>(alignof(WeakCell));

bool is_empty(const WeakCell* cell) noexcept { return cell == kNothing || cell == kToken; }

}  // namespace

/// All registries. The list is read with the world stopped, and changed under the heap's lock; the mutex
/// keeps it as it is over a fork.
struct WeakRegistries {
  static void add(WeakRegistry& registry) {
    const std::lock_guard hold(mutex);
    const detail::HeapLock heap;
    registry.next_ = head;
    head = &registry;
  }

  static void remove(WeakRegistry& registry) noexcept {
    const std::lock_guard hold(mutex);
    const detail::HeapLock heap;
    WeakRegistry** at = &head;
    while (*at != &registry) at = &(*at)->next_;
    *at = registry.next_;
    cleared_by_former += registry.cleared_.load(std::memory_order_relaxed);  // relaxed: nobody clears now
  }

  // The caller holds the heap's lock.
  static std::uint64_t cleared() noexcept {
    std::uint64_t all = cleared_by_former;
    for (const WeakRegistry* registry = head; registry != nullptr; registry = registry->next_) {
      all += registry->cleared_.load(std::memory_order_relaxed);  // relaxed: nobody clears now
    }
    return all;
  }

  static void clear_dead() noexcept {
    for (WeakRegistry* registry = head; registry != nullptr; registry = registry->next_) {
      registry->clear_dead();
    }
  }

  // Around a fork nobody is inside of a change: the child finds all rows whole and every mutex free. A
  // registry's mutex is innermost, so they may be taken in any order.
  static void before_fork() noexcept {
    mutex.lock();
    for (WeakRegistry* registry = head; registry != nullptr; registry = registry->next_) {
      registry->mutex_.lock();
    }
  }
  static void after_fork_in_child() noexcept {
    detail::forget_pause_helpers();
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
    detail::forget_other_weak_readers();
#endif
    after_fork();
  }
  static void after_fork() noexcept {
    for (WeakRegistry* registry = head; registry != nullptr; registry = registry->next_) {
      registry->mutex_.unlock();
    }
    mutex.unlock();
  }

  static constinit std::mutex mutex;
  static constinit WeakRegistry* head;
  static constinit std::uint64_t cleared_by_former;
};

constinit std::mutex WeakRegistries::mutex;
constinit WeakRegistry* WeakRegistries::head = nullptr;
constinit std::uint64_t WeakRegistries::cleared_by_former = 0;

namespace detail {

void start_weak_registries() {
  if (pthread_atfork(WeakRegistries::before_fork, WeakRegistries::after_fork,
                     WeakRegistries::after_fork_in_child) != 0)
    throw std::bad_alloc();
}

void clear_dead_weak_cells() noexcept { WeakRegistries::clear_dead(); }

std::uint64_t weak_cells_cleared() noexcept { return WeakRegistries::cleared(); }

}  // namespace detail

WeakRegistry::Rows::~Rows() {
  for (Row* const block : blocks_) std::free(block);
}

// Block k holds the indexes of kFirstBits + k bits, but for the first, which holds all shorter ones.
std::size_t WeakRegistry::Rows::block_of(std::size_t index) noexcept {
  return static_cast<std::size_t>(std::bit_width(index >> kFirstBits));
}
std::size_t WeakRegistry::Rows::first_of(std::size_t block) noexcept {
  return block == 0 ? 0 : std::size_t{1} << (kFirstBits + block - 1);
}

WeakRegistry::Row& WeakRegistry::Rows::operator[](std::size_t index) const noexcept {
  const std::size_t block = block_of(index);
  return blocks_[block][index - first_of(block)];
}

void WeakRegistry::Rows::reserve(std::size_t rows) {
  const std::size_t block = block_of(rows - 1);
  if (blocks_.at(block) != nullptr) return;
  const std::size_t size = first_of(block + 1) - first_of(block);
  blocks_[block] = static_cast<Row*>(std::malloc(size * sizeof(Row)));
  if (blocks_[block] == nullptr) throw std::bad_alloc();
}

void WeakRegistry::Rows::release(std::size_t rows) noexcept {
  // One block more than is used stays, so that a number that goes up and down does not ask each time.
  for (std::size_t block = block_of(rows) + 2; block < kBlocks && blocks_[block] != nullptr; ++block) {
    std::free(std::exchange(blocks_[block], nullptr));
  }
}

std::size_t WeakRegistry::Rows::room() const noexcept {
  std::size_t block = 0;
  while (block < kBlocks && blocks_[block] != nullptr) ++block;
  return first_of(block);
}

WeakRegistry::WeakRegistry(Tokens tokens) : tokens_(tokens) { WeakRegistries::add(*this); }

WeakRegistry::~WeakRegistry() { WeakRegistries::remove(*this); }

// For the time that a thread changes the rows, or relies on their places (I3); the world may be stopped
// within it. A stopped thread stands between two instructions, so only the compiler's order matters here.
// Begins before the first look at live_ and end_: a collection that sorts the rows changes both.
class WeakRegistry::Change {
 public:
  explicit Change(const WeakRegistry& registry) noexcept : registry_(registry) {
    registry_.inside_.store(true, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~Change() { registry_.inside_.store(false, std::memory_order_release); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  const WeakRegistry& registry_;
};

// relaxed loads of live_ and end_ throughout: the mutex, or the world's stop, orders them
void WeakRegistry::watch(WeakCell& cell, void* target) {
  assert(cell.get() == nullptr && target != nullptr);
  bool many = false;
  {
    const std::lock_guard hold(mutex_);
    const Change change(*this);
    const std::size_t live = live_.load(std::memory_order_relaxed);
    const std::size_t end = end_.load(std::memory_order_relaxed);
    rows_.reserve(end + 1);
    cell.target_.store(target, std::memory_order_release);  // (1) pairs with (2)
    moment("the cell has its target");
    if (end != live) rows_[end] = rows_[live];  // a token makes room
    end_.store(end + 1, std::memory_order_release);
    moment("a token has made room");
    rows_[live] = {&cell, reinterpret_cast<std::uintptr_t>(target)};
    moment("the row is written");
    live_.store(live + 1, std::memory_order_release);  // once it counts it is whole
    moment("the row counts");
    rows_.release(end + 1);
    many = live + 1 >= kManyRows;
  }
  if (many) detail::start_pause_helpers();
  keep_alive(target);  // I2
  keep_alive(&cell);
}

std::size_t WeakRegistry::take_dead(std::span<std::uint64_t> tokens) noexcept {
  const std::lock_guard hold(mutex_);
  const Change change(*this);
  if (stray_.load(std::memory_order_relaxed)) gather_strays();
  const std::size_t live = live_.load(std::memory_order_relaxed);
  std::size_t end = end_.load(std::memory_order_relaxed);
  std::size_t taken = 0;
  for (; taken < tokens.size() && end > live; ++taken) {
    tokens[taken] = rows_[--end].word;
    end_.store(end, std::memory_order_release);
    moment("a token is taken");
  }
  rows_.release(end);
  return taken;
}

// Under the mutex. A collection that came while rows were being changed has left its tokens where they were,
// in [0, live_): they go to those that wait, lest they do so until the next collection. Whatever comes in
// between finds a token in one place: it counts here from when it is gone there.
void WeakRegistry::gather_strays() noexcept {
  stray_.store(false, std::memory_order_relaxed);  // first: a collection during this may leave more
  const std::size_t live = live_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < live; ++i) {
    Row& row = rows_[i];
    if (row.cell != kToken) continue;
    const std::size_t end = end_.load(std::memory_order_relaxed);
    try {
      rows_.reserve(end + 1);
    } catch (const std::bad_alloc&) {
      return;  // the next collection sorts them in
    }
    rows_[end] = row;
    moment("a stray is copied");
    std::atomic_signal_fence(std::memory_order_seq_cst);
    row.cell = kNothing;
    moment("a stray has left its place");
    end_.store(end + 1, std::memory_order_release);
  }
}

WeakRegistry::Counts WeakRegistry::counts() const noexcept {
  const std::lock_guard hold(mutex_);
  const Change change(*this);  // what is read here belongs together
  const std::size_t live = live_.load(std::memory_order_relaxed);
  const std::size_t strays = stray_.load(std::memory_order_relaxed) ? 1 : 0;  // or more
  return {live, end_.load(std::memory_order_relaxed) - live + strays, rows_.room(),
          cleared_.load(std::memory_order_relaxed)};
}

// The world stands still; with gc/weak_concurrent.hpp it runs, and live_ may grow (W5).
void WeakRegistry::clear_dead() noexcept {
  const std::size_t rows = live_.load(std::memory_order_acquire);  // what counts is whole
  const std::size_t chunks = (rows + kChunk - 1) / kChunk;
  if (rows < kManyRows) {
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) clear_chunk(chunk);
  } else {
    const auto clear = [](void* registry, std::size_t chunk) noexcept {
      static_cast<WeakRegistry*>(registry)->clear_chunk(chunk);
    };
    detail::run_in_pause(chunks, clear, this);
  }
  try_sort_rows();
}

void WeakRegistry::try_sort_rows() noexcept {
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
  constexpr int kTries = 100;  // who has the mutex may wait for this collection to end (W5)
  for (int i = 0; i < kTries; ++i) {
    if (!inside_.load(std::memory_order_relaxed) && mutex_.try_lock()) {
      sort_rows();
      mutex_.unlock();
      return;
    }
    sched_yield();
  }
  // Tokens below live_ wait for the next collection: W5 forbids to gather them meanwhile.
#else
  if (!inside_.load(std::memory_order_relaxed)) return sort_rows();
  if (tokens_ == Tokens::kKeep && some_empty_.load(std::memory_order_relaxed)) {
    stray_.store(true, std::memory_order_relaxed);
  }
#endif
}

// Empties in place those rows of a chunk whose cell or target is dead. Several threads at once, a chunk each.
void WeakRegistry::clear_chunk(std::size_t chunk) noexcept {
  const std::size_t first = chunk * kChunk;
  const std::size_t size = std::min(kChunk, live_.load(std::memory_order_acquire) - first);  // as above
  Row* const rows = &rows_[first];  // a block is made of whole chunks
  std::size_t last_empty = SIZE_MAX - kAhead;
  std::uint64_t cleared = 0;
  for (std::size_t i = 0; i < size; ++i) {
    // Of a dead target the cell is needed too, which is far away. Where none dies it would be in vain.
    if (i + kAhead < size && i - last_empty < kAhead) __builtin_prefetch(rows[i + kAhead].cell, 1);
    Row& row = rows[i];
    if (is_empty(row.cell)) continue;
    const bool cell_lives = GC_is_marked(row.block()) != 0;
    const bool target_lives = GC_is_marked(reinterpret_cast<const void*>(row.word)) != 0;
    if (cell_lives && target_lives) continue;
    last_empty = i;
    // relaxed, all: who reads these runs after the world does again
    if (!cell_lives || row.cell->target_.load(std::memory_order_relaxed) == nullptr) {  // null: abandoned
      row.cell = kNothing;
      continue;
    }
    row.cell->target_.store(nullptr, std::memory_order_relaxed);
    row = {tokens_ == Tokens::kKeep ? kToken : kNothing, *row.block()};
    ++cleared;
  }
  if (last_empty < size) some_empty_.store(true, std::memory_order_relaxed);
  cleared_.fetch_add(cleared, std::memory_order_relaxed);
}

// Walks down the rows from below an index: steps from block to block, where operator[] finds each row anew.
class WeakRegistry::Rows::Down {
 public:
  Down(const Rows& rows, std::size_t index) noexcept
      : rows_(rows), block_(block_of(index)), here_(rows.blocks_[block_]), left_(index - first_of(block_)) {}

  [[nodiscard]] std::size_t index() const noexcept { return first_of(block_) + left_; }

  Row& next() noexcept {
    if (left_ == 0) step();
    return here_[--left_];
  }

  /// The rows of the next block below the index; steps over them.
  std::span<Row> next_block() noexcept {
    if (left_ == 0) step();
    return {here_, std::exchange(left_, 0)};
  }

 private:
  void step() noexcept {
    here_ = rows_.blocks_[--block_];
    left_ = first_of(block_ + 1) - first_of(block_);
  }

  const Rows& rows_;
  std::size_t block_;
  Row* here_;
  std::size_t left_;  // of this block, below the index
};

// Takes the empty rows out of [0, live_), and those with a token to [live_, end_). Goes from the last row to
// the first: what moves to an empty row's place has been looked at by then, so that no row waits for the one
// before it.
void WeakRegistry::sort_rows() noexcept {
  stray_.store(false, std::memory_order_relaxed);
  if (!some_empty_.load(std::memory_order_relaxed)) return;
  some_empty_.store(false, std::memory_order_relaxed);
  Rows::Down live(rows_, live_.load(std::memory_order_relaxed));
  Rows::Down end(rows_, end_.load(std::memory_order_relaxed));
  for (Rows::Down blocks = live; blocks.index() != 0;) {
    const std::span<Row> rows = blocks.next_block();
    for (std::size_t i = rows.size(); i-- > 0;) {
      const Row row = rows[i];
      if (!is_empty(row.cell)) continue;
      Row& last = live.next();
      rows[i] = last;
      last = row.cell == kToken ? row : end.next();
    }
  }
  live_.store(live.index(), std::memory_order_relaxed);
  end_.store(end.index(), std::memory_order_relaxed);
}

}  // namespace interlox::gc
