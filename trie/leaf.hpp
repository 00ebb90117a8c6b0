// SPDX-License-Identifier: BSD-3-Clause
// The leaf of the trie: seven cells and a header, one cache line. Only the map and its inspectors include
// this.
#pragma once

#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "trie/policy.hpp"
#include "trie/spin.hpp"

namespace interlox::trie::detail {

/// A pointer to a node with a tag in its lowest bits.
using Word = std::uintptr_t;

inline constexpr unsigned kHashBits = 64;

/// What a leaf says about itself, in one word: a fingerprint of eight bits for each cell (0: the cell is
/// empty), six bits of depth, two bits of state. A value; Leaf holds it in an atomic.
class Header {
 public:
  static constexpr unsigned kCells = 7;
  static constexpr unsigned kMaxDepth = 63;

  constexpr explicit Header(std::uint64_t bits) noexcept : bits_(bits) {}
  /// An empty leaf for hashes that share their first `depth` bits.
  static constexpr Header empty(unsigned depth) noexcept {
    return Header(static_cast<std::uint64_t>(depth) << kDepthShift);
  }

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr unsigned depth() const noexcept { return (bits_ >> kDepthShift) & kMaxDepth; }

  [[nodiscard]] constexpr bool is_open() const noexcept { return state() == kOpen; }
  [[nodiscard]] constexpr bool is_dead() const noexcept { return state() == kDead; }
  [[nodiscard]] constexpr bool is_locked() const noexcept { return !is_open() && !is_dead(); }
  [[nodiscard]] constexpr bool is_contended() const noexcept { return state() == kContended; }
  [[nodiscard]] constexpr Header open() const noexcept { return with(kOpen); }
  [[nodiscard]] constexpr Header locked() const noexcept { return with(kLocked); }
  [[nodiscard]] constexpr Header contended() const noexcept { return with(kContended); }
  [[nodiscard]] constexpr Header dead() const noexcept { return with(kDead); }

  /// The lowest eight bits of a hash, which no slot but a very deep one has told apart; never 0.
  static constexpr std::uint64_t fingerprint(std::uint64_t hash) noexcept {
    const std::uint64_t low = hash & 0xFF;
    return low + (low == 0 ? 1 : 0);
  }
  /// The cells whose fingerprint is that of `hash`, as a mask to be taken apart by first() and rest(). May
  /// name a cell too many, whose fingerprint differs in its lowest bit: a borrow of the subtraction.
  [[nodiscard]] constexpr std::uint64_t matches(std::uint64_t hash) const noexcept {
    const std::uint64_t difference = bits_ ^ (fingerprint(hash) * kEachByte);
    return (difference - kEachByte) & ~difference & kEachCell;
  }
  static constexpr unsigned first(std::uint64_t mask) noexcept {
    return static_cast<unsigned>(std::countr_zero(mask)) >> 3;
  }
  static constexpr std::uint64_t rest(std::uint64_t mask) noexcept { return mask & (mask - 1); }

  [[nodiscard]] constexpr bool is_empty() const noexcept { return (bits_ & kFingerprints) == 0; }
  [[nodiscard]] constexpr bool is_full() const noexcept { return occupied() == kEachCell; }
  [[nodiscard]] constexpr unsigned count() const noexcept {
    return static_cast<unsigned>((occupied() >> 7) * kEachByte >> 56);  // the sum of the bytes
  }
  /// The lowest empty cell of a leaf that is not full.
  [[nodiscard]] constexpr unsigned free_cell() const noexcept { return first(~occupied() & kEachCell); }
  [[nodiscard]] constexpr std::uint64_t fingerprint_of(unsigned cell) const noexcept {
    return (bits_ >> (8 * cell)) & 0xFF;
  }
  /// This header with the fingerprint of `hash` at an empty cell, and with a cell emptied.
  [[nodiscard]] constexpr Header with_cell(unsigned cell, std::uint64_t hash) const noexcept {
    assert(fingerprint_of(cell) == 0);
    return Header(bits_ | fingerprint(hash) << (8 * cell));
  }
  [[nodiscard]] constexpr Header without_cell(unsigned cell) const noexcept {
    return Header(bits_ & ~(std::uint64_t{0xFF} << (8 * cell)));
  }

  friend constexpr bool operator==(Header, Header) = default;

 private:
  static constexpr std::uint64_t kOpen = 0;
  static constexpr std::uint64_t kLocked = 1;     // nobody is parked
  static constexpr std::uint64_t kContended = 2;  // locked, and somebody may be parked
  static constexpr std::uint64_t kDead = 3;       // replaced; nothing of the leaf changes any more
  static constexpr unsigned kDepthShift = 56;
  static constexpr unsigned kStateShift = 62;
  static constexpr std::uint64_t kFingerprints = 0x00FFFFFFFFFFFFFF;
  static constexpr std::uint64_t kEachByte = 0x0101010101010101;
  static constexpr std::uint64_t kEachCell = 0x0080808080808080;

  [[nodiscard]] constexpr std::uint64_t state() const noexcept { return bits_ >> kStateShift; }
  [[nodiscard]] constexpr Header with(std::uint64_t state) const noexcept {
    return Header((bits_ & ~(std::uint64_t{3} << kStateShift)) | state << kStateShift);
  }
  // Exact, unlike matches(): no carry leaves its byte.
  [[nodiscard]] constexpr std::uint64_t occupied() const noexcept {
    constexpr std::uint64_t kLow = 0x007F7F7F7F7F7F7F;
    return ((((bits_ & kLow) + kLow) | bits_) & kEachCell);
  }

  std::uint64_t bits_;
};

/// Seven cells, each null or a container of one full hash (node.hpp), and the header, which is also the
/// lock of the cells, of the chains in them and of the values below.
///
/// Legal flows of the state: open -> locked -> open | dead; locked -> contended -> open | dead. A leaf that
/// a split or a merge makes is born locked, any other open.
///
/// Progress: header() is wait-free; lock() and await() block, spinning briefly and then parked. A thread
/// that is stopped while it holds the lock delays other writers of the leaf, never a reader.
/// Source: the three-state mutex of U. Drepper, "Futexes Are Tricky", 2011; the byte-parallel comparison of
/// fingerprints as in Mycroft's test for a zero byte (1987).
template <class P>
struct Leaf {
  template <class T>
  using Atomic = typename P::template atomic<T>;

  explicit Leaf(Header first) noexcept : header_(first.bits()) {}

  [[nodiscard]] Header header() const noexcept {
    return Header(header_.load(std::memory_order_acquire));  // (4) pairs with (3)
  }

  /// Locks by moving the header from `from`, which is open, to `to`, which is locked; false if it is no
  /// longer `from`. What `to` adds to `from` is published by the same step.
  [[nodiscard]] bool try_lock(Header from, Header to) noexcept {
    assert(from.is_open() && to.is_locked());
    std::uint64_t expected = from.bits();
    return header_.compare_exchange_strong(expected, to.bits(),
                                           std::memory_order_acquire,   // (4) pairs with (3)
                                           std::memory_order_relaxed);  // a failure reads nothing guarded
  }

  /// Returns once the leaf was not locked: open or dead.
  Header await() noexcept {
    for (int attempt = 0; attempt < kSpins<P>; ++attempt, relax()) {
      if (const Header now = header(); !now.is_locked()) return now;
    }
    const std::uint64_t began = clock<P>();
    const Header now = park();
    note<P>(StructureEvent::kWait, began);
    return now;
  }

  /// Locks, and returns the header as it was, which is open; or returns a dead one, not locked.
  Header lock() noexcept {
    for (;;) {
      const Header now = await();
      if (now.is_dead() || try_lock(now, now.locked())) return now;
    }
  }

  /// Lets go and leaves `to`, open or dead, behind. The caller must hold the lock.
  void unlock(Header to) noexcept {
    assert(!to.is_locked());
    const Header before(header_.exchange(to.bits(), std::memory_order_release));  // (3) pairs with (4)
    assert(before.is_locked() && "the caller must hold this lock");
    if (before.is_contended()) header_.notify_all();
  }

  /// States a helper's contract: "called with the lock held". Wait-free.
  void assert_held() const noexcept {
    assert(Header(header_.load(std::memory_order_relaxed)).is_locked() && "the caller must hold this lock");
  }

  [[nodiscard]] Word cell(unsigned index) const noexcept {
    return cells_[index].load(std::memory_order_acquire);  // (6) pairs with (5)
  }
  /// As cell(), for the holder of the lock, which orders it.
  [[nodiscard]] Word cell_held(unsigned index) const noexcept {
    return cells_[index].load(std::memory_order_relaxed);
  }
  /// Needs the lock, or a leaf that nobody else has seen.
  void set_cell(unsigned index, Word container) noexcept {
    cells_[index].store(container, std::memory_order_release);  // (5) pairs with (6)
  }

 private:
  /// As await(), but without spinning.
  Header park() noexcept {
    for (;;) {
      Header now = header();
      if (!now.is_locked()) return now;
      if (!now.is_contended()) {
        std::uint64_t expected = now.bits();
        now = now.contended();
        // relaxed, both: this only leaves word that somebody parks
        if (!header_.compare_exchange_strong(expected, now.bits(), std::memory_order_relaxed)) continue;
      }
      header_.wait(now.bits(), std::memory_order_relaxed);  // relaxed: header() above decides
    }
  }

  Atomic<Word> cells_[Header::kCells]{};
  Atomic<std::uint64_t> header_;
};

}  // namespace interlox::trie::detail
