// SPDX-License-Identifier: BSD-3-Clause
// A collector in the scheduler's world: it knows what each thread holds, and clears the weak cells of what
// nobody holds while all threads stand still. What gc/weak.hpp promises of the real one, and no more.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "tests/sched/sched_policy.hpp"
#include "tests/trie/small_maps.hpp"

namespace interlox::trie::test::interleave {

class WeakCell;

/// What a set holds. Lies in the arena.
struct Element {
  static constexpr int kAlive = -1;
  static constexpr int kBefore = -2;  // the threads began

  [[nodiscard]] bool is_alive() const noexcept { return killer == kAlive; }

  const Key key;
  const unsigned number;
  int killer = kAlive;  // the operation in which it has died
  bool given = false;   // some operation has returned it
};

/// Lies in the arena with all that it knows, so that each execution begins with what was set up. What it is
/// asked takes no time: no thread can come in between.
///
/// A thread holds what it has made, or has got out of a cell, until its operation ends, and what the
/// operation returns until its program ends.
class Collector {
 public:
  using Elements = std::uint32_t;  // a bit each
  static Elements bit(const Element& element) noexcept { return Elements{1} << element.number; }

  Element* make(Key key) {
    world.expect(count_ < kMost, "too many elements for the test");
    Element* const element =
        ::new (world.allocate(sizeof(Element), false)) Element{key, static_cast<unsigned>(count_)};
    rows_[count_++] = {nullptr, element};
    hold(*element);
    return element;
  }
  void watch(WeakCell& cell, const Element& element) noexcept { rows_[element.number].cell = &cell; }
  void hold(const Element& element) noexcept {
    if (world.running()) held_[world.view().thread] |= bit(element);
  }
  /// The thread holds nothing any more but what it has kept before, and this.
  void keep(unsigned thread, const Element* element) noexcept {
    if (element != nullptr) kept_[thread] |= bit(*element);
    held_[thread] = kept_[thread];
  }
  void drop_all(unsigned thread) noexcept { kept_[thread] = held_[thread] = 0; }

  /// Stops all threads, and clears the cells of all elements of this key that no thread holds.
  void collect(Key key, int operation);

  /// As WeakPolicy has them.
  std::size_t take_dead(std::span<std::uint64_t> hashes) noexcept;
  [[nodiscard]] std::size_t waiting() const noexcept { return dead_count_; }
  [[nodiscard]] std::uint64_t cleared() const noexcept { return cleared_; }

  struct Row {
    WeakCell* cell;  // null until it is watched
    Element* element;
  };
  [[nodiscard]] Elements dead() const noexcept {
    Elements dead = 0;
    for (const Row& row : rows()) dead |= row.element->is_alive() ? 0 : bit(*row.element);
    return dead;
  }
  /// Every element that was made.
  [[nodiscard]] std::span<const Row> rows() const noexcept { return std::span(rows_).first(count_); }

 private:
  static constexpr std::size_t kMost = 32;
  [[nodiscard]] bool is_held(const Element& element) const noexcept {
    return std::any_of(held_.begin(), held_.end(), [&](Elements held) { return (held & bit(element)) != 0; });
  }

  SchedPolicy::atomic<std::uint32_t> moment_{0};  // of a collection, or when its dead are taken
  std::array<Row, kMost> rows_{};
  std::size_t count_ = 0;
  std::array<std::uint64_t, kMost> dead_{};  // hashes
  std::size_t dead_count_ = 0;
  std::uint64_t cleared_ = 0;
  std::array<Elements, interlox::test::sched::kMostThreads> held_{};
  std::array<Elements, interlox::test::sched::kMostThreads> kept_{};
};

/// That of the scene which is being played.
inline Collector* collector = nullptr;

/// A weak reference, the second word of an entry.
class WeakCell {
 public:
  [[nodiscard]] void* get() const noexcept {
    Element* const element = target_.load(std::memory_order_acquire);
    if (element != nullptr) collector->hold(*element);
    return element;
  }
  void abandon() noexcept { target_.store(nullptr, std::memory_order_relaxed); }

  void refer_to(Element& element) noexcept { target_.store(&element, std::memory_order_release); }
  /// Clears it, or only looks; false if it was abandoned.
  bool visit(Element& element, bool clear) noexcept {
    Element* expected = &element;
    return target_.compare_exchange_strong(expected, clear ? nullptr : &element, std::memory_order_acq_rel);
  }
  [[nodiscard]] std::uint64_t hash() const noexcept {
    return *(reinterpret_cast<const std::uint64_t*>(this) - 1);
  }

 private:
  SchedPolicy::atomic<Element*> target_{nullptr};
};

inline void Collector::collect(Key key, int operation) {
  if (world.running()) world.stop(&moment_);
  for (const auto& [cell, element] : rows()) {
    if (cell == nullptr || element->key != key || !element->is_alive()) continue;
    // Looks at what is held, too: when it came to be held makes a difference.
    const bool dies = !is_held(*element);
    if (!cell->visit(*element, dies) || !dies) continue;
    element->killer = operation;
    dead_[dead_count_++] = cell->hash();
    ++cleared_;
  }
  if (world.running()) world.let_go();
}

inline std::size_t Collector::take_dead(std::span<std::uint64_t> hashes) noexcept {
  moment_.fetch_add(0, std::memory_order_acq_rel);
  const std::size_t taken = std::min(dead_count_, hashes.size());
  dead_count_ -= taken;
  std::copy_n(dead_.begin() + static_cast<std::ptrdiff_t>(dead_count_), taken, hashes.begin());
  return taken;
}

/// What a canonical set asks of the world around it.
struct WeakSchedPolicy : SchedPolicy {
  using WeakCell = interleave::WeakCell;

  static void watch(WeakCell& cell, void* target) {
    if (world.refuses()) throw std::bad_alloc();
    collector->watch(cell, *static_cast<Element*>(target));
    cell.refer_to(*static_cast<Element*>(target));
  }
  static std::size_t take_dead(std::span<std::uint64_t> hashes) noexcept {
    return collector->take_dead(hashes);
  }
  static std::size_t waiting() noexcept { return collector->waiting(); }
  static std::uint64_t cleared() noexcept { return collector->cleared(); }

  /// Of entries, only those of the dead may go.
  static void retired(void* node, std::size_t bytes) noexcept {
    for (const auto& [cell, element] : collector->rows()) {
      const auto offset = reinterpret_cast<std::uintptr_t>(cell) - reinterpret_cast<std::uintptr_t>(node);
      world.expect(offset >= bytes || !element->is_alive(), "the entry of a live element is removed");
    }
    SchedPolicy::retired(node, bytes);
  }
};

}  // namespace interlox::trie::test::interleave
