// SPDX-License-Identifier: BSD-3-Clause
// Weak references that one atomic load reads.
//
// A weak cell is a block that the collector does not scan, so the address in it keeps nothing. What makes a
// plain load of it safe is when dead ones are cleared: at the end of the mark, while every other thread
// still stands. A thread either had the address in a register or on its stack when the world stopped, and
// the target was marked; or it reads the cell after the world runs again, and finds null. A link that is
// cleared later, as bdwgc's own are, can be read in between, and so needs the heap's lock.
//
// Invariants:
//   I1  A cell holds null, or an address that no finished mark has found dead.
//   I2  A cell that holds an address has a row, or its maker holds the target: a row is written after the
//       cell, and the target is kept until it is visible.
//   I3  Rows move only while no thread is inside of a change of the rows: under the mutex, or with the world
//       stopped and the mutex free. With the world stopped and the mutex taken they are emptied in place.
//   I4  A row's cell and target are blocks that no earlier collection has found dead: whoever finds one dead
//       empties the row at once, since the collector may forget the page of a dead block.
//
// With INTERLOX_WEAK_CONCURRENT_CLEARING, an experiment, a read is three loads and the dead ones are cleared
// after the world runs again: gc/weak_concurrent.hpp says how.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gc/spin_mutex.hpp"
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
#include "gc/weak_concurrent.hpp"
#endif

namespace interlox::gc {

/// A weak reference: the second word of a block that is not scanned (allocate_pointer_free()). The first word
/// is its owner's, and its token for the registry. It does not move, and has a target once
/// WeakRegistry::watch() has given it one.
class WeakCell {
 public:
  WeakCell() noexcept = default;
  WeakCell(const WeakCell&) = delete;
  WeakCell& operator=(const WeakCell&) = delete;

  /// The target, or null once a collection has found it dead. What it points to is as the maker left it when
  /// it called watch(). The calling thread must be registered, and not inside of a call that lets
  /// collections go on without it: an address that it reads there is nobody's. Wait-free; linearizes at the
  /// load.
  [[nodiscard]] void* get() const noexcept {
#ifdef INTERLOX_WEAK_CONCURRENT_CLEARING
    return detail::weak_load(target_);
#else
    return target_.load(std::memory_order_acquire);  // (2) pairs with (1)
#endif
  }
  /// The same, as a pointer to what the maker has made.
  template <class T>
  [[nodiscard]] T* get_as() const noexcept {
    return static_cast<T*>(get());
  }

  /// Gives up the target for good: it then dies uncounted, and no token tells of it. The caller holds the
  /// target, so that no collection clears the cell at the same time. Wait-free.
  void abandon() noexcept {
    target_.store(nullptr, std::memory_order_relaxed);  // relaxed: null publishes nothing
  }

 private:
  friend class WeakRegistry;

  std::atomic<void*> target_{nullptr};
};

/// A block with a weak cell, for owners without one of their own. Kept, as any block, by its first byte.
struct WeakBlock {
  /// With a cell that has no target yet.
  explicit WeakBlock(std::uint64_t owner_token) noexcept : token(owner_token) {}
  const std::uint64_t token;  ///< what WeakRegistry::take_dead() gives when the target has died
  WeakCell cell;              ///< the reference
};

static_assert(sizeof(WeakBlock) == 16);

/// Knows cells and their targets, in memory that the collector does not scan. Lives as long as the process or
/// until no thread uses it; must not move.
class WeakRegistry {
 public:
  /// What becomes of the token of a cell whose target has died.
  enum class Tokens : std::uint8_t {
    kDrop,  ///< nothing
    kKeep   ///< it waits for take_dead()
  };

  /// A registry that knows no cell yet. Any thread after initialize(); locks the heap.
  explicit WeakRegistry(Tokens tokens);
  ~WeakRegistry();
  WeakRegistry(const WeakRegistry&) = delete;
  WeakRegistry& operator=(const WeakRegistry&) = delete;

  /// Makes a cell, which never had a target, refer to `target`, the first byte of a block. Throws
  /// std::bad_alloc when there is no memory for a row; the cell then still refers to nothing. Any registered
  /// thread; blocks while another one registers. Linearizes at the store of the target.
  void watch(WeakCell& cell, void* target);

  /// Takes up to tokens.size() tokens of cells whose targets have died, each once, in no order; returns how
  /// many. The tokens of cells that had died too are gone. Any thread.
  [[nodiscard]] std::size_t take_dead(std::span<std::uint64_t> tokens) noexcept;

  /// How many tokens wait, as of some moment ago. Any thread, listeners to the collector too; wait-free.
  [[nodiscard]] std::size_t waiting() const noexcept {
    // relaxed, both: a hint. Between the two loads a collection may move both.
    const std::size_t live = live_.load(std::memory_order_relaxed);
    const std::size_t end = end_.load(std::memory_order_relaxed);
    if (end > live) return end - live;
    return stray_.load(std::memory_order_relaxed) ? 1 : 0;
  }
  /// How many cells were cleared so far. Any thread; wait-free.
  [[nodiscard]] std::uint64_t cleared() const noexcept {
    return cleared_.load(std::memory_order_relaxed);  // relaxed: a count
  }

  /// What a registry holds.
  struct Counts {
    std::size_t watched = 0;    ///< rows whose cell and target live, as far as the last collection knows
    std::size_t waiting = 0;    ///< tokens that wait for take_dead()
    std::size_t room = 0;       ///< rows that there is memory for
    std::uint64_t cleared = 0;  ///< cells that were cleared so far
  };
  /// The figures of one moment. Any thread; blocks while another one registers.
  [[nodiscard]] Counts counts() const noexcept;

 private:
  friend struct WeakRegistries;

  // Where the cell is none (weak.cpp), the row is empty; `word` may then be a token.
  struct Row {
    [[nodiscard]] const std::uint64_t* block() const noexcept {  // that the cell is the second word of
      return reinterpret_cast<const std::uint64_t*>(cell) - 1;
    }
    WeakCell* cell;
    std::uint64_t word;  // the target's address
  };

  // Rows in blocks of 2^10, 2^10, 2^11, 2^12, ...: growing adds one and moves none.
  class Rows {
   public:
    Rows() = default;
    ~Rows();
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    [[nodiscard]] Row& operator[](std::size_t index) const noexcept;
    /// Makes room for so many rows, one more than the most so far. Throws std::bad_alloc.
    void reserve(std::size_t rows);
    /// Gives up what so many rows leave far behind.
    void release(std::size_t rows) noexcept;
    /// How many rows there is memory for.
    [[nodiscard]] std::size_t room() const noexcept;

    class Down;

   private:
    static constexpr unsigned kFirstBits = 10;
    static constexpr std::size_t kBlocks = 40;
    static std::size_t block_of(std::size_t index) noexcept;
    static std::size_t first_of(std::size_t block) noexcept;

    std::array<Row*, kBlocks> blocks_{};
  };

  class Change;
  static constexpr std::size_t kChunk = 1024;       // rows
  static constexpr std::size_t kManyRows = 32'768;  // from there on they are shared out
  static constexpr std::size_t kAhead = 16;         // rows looked at while a cell is fetched; 8 do as well

  void gather_strays() noexcept;
  void clear_dead() noexcept;
  void clear_chunk(std::size_t chunk) noexcept;
  void sort_rows() noexcept;
  void try_sort_rows() noexcept;

  const Tokens tokens_;
  mutable detail::SpinMutex mutex_;  // innermost: nothing is asked of the collector under it
  mutable std::atomic<bool> inside_{false};
  // [0, live_): rows of cells that are watched, and some that were emptied in place. [live_, end_): tokens
  // that wait. Atomic for the sake of a collection that comes between two steps of a thread.
  std::atomic<std::size_t> live_{0};
  std::atomic<std::size_t> end_{0};
  std::atomic<std::uint64_t> cleared_{0};
  std::atomic<bool> some_empty_{false};  // of the rows below live_
  std::atomic<bool> stray_{false};       // of these, some may hold a token
  Rows rows_;
  WeakRegistry* next_ = nullptr;  // of all registries
};

}  // namespace interlox::gc
