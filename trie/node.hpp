// SPDX-License-Identifier: BSD-3-Clause
// The nodes of the trie but for the leaf (leaf.hpp). Only the map and its inspectors include this.
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>

#include "trie/leaf.hpp"
#include "trie/policy.hpp"
#include "trie/spin.hpp"
#include "trie/value_cell.hpp"

namespace interlox::trie::detail {

// What a slot holds: null, a leaf (no tag), a branch, or a direct entry.
inline constexpr Word kFrozen = 1;  // the slot no longer changes: its root is being replaced
inline constexpr Word kBranch = 2;
inline constexpr Word kDirect = 4;
inline constexpr Word kTags = 7;
// What a leaf's cell holds: null, an entry (no tag), or the first link of a chain.
inline constexpr Word kChain = 1;

inline Word to_word(const void* node) noexcept { return reinterpret_cast<Word>(node); }
inline bool is_frozen(Word slot) noexcept { return (slot & kFrozen) != 0; }
inline bool is_branch(Word slot) noexcept { return (slot & kBranch) != 0; }
inline bool is_direct(Word slot) noexcept { return (slot & kDirect) != 0; }

/// The last of the hashes that share the first `depth` bits of `hash`, and the first of them.
constexpr std::uint64_t range_end(std::uint64_t hash, unsigned depth) noexcept {
  return depth >= kHashBits ? hash : hash | (std::numeric_limits<std::uint64_t>::max() >> depth);
}
constexpr std::uint64_t range_begin(std::uint64_t hash, unsigned depth) noexcept {
  return depth == 0 ? 0 : hash >> (kHashBits - depth) << (kHashBits - depth);
}
/// Bit `bit` of a hash, counted from the top.
constexpr unsigned bit_of(std::uint64_t hash, std::uint64_t bit) noexcept {
  return static_cast<unsigned>(hash >> (kHashBits - 1 - bit)) & 1;
}

/// What stands for one full hash in a leaf's cell: an entry, or a chain of entries that share it. The hash
/// of a chain is that of each of its links.
struct Container {
  explicit Container(std::uint64_t full_hash) noexcept : hash(full_hash) {}
  const std::uint64_t hash;
};

inline const Container* container_of(Word cell) noexcept {
  return reinterpret_cast<const Container*>(cell & ~kTags);
}

/// A key and its value. Holds no pointer to a node, so a collector need not scan an entry whose key and
/// value types hold none. The key is last: a String has its bytes behind it.
template <class Key, class Value, class P>
struct Entry : Container {
  Entry(std::uint64_t full_hash, const Value& first) noexcept : Container(full_hash), value(first) {}

  /// Where the key stands, for Traits::construct.
  void* key_place() noexcept { return &storage; }
  [[nodiscard]] const Key& key() const noexcept {
    return *std::launder(reinterpret_cast<const Key*>(&storage));
  }
  /// The size of an entry whose Traits need `key_bytes` for its key.
  static constexpr std::size_t bytes(std::size_t key_bytes) noexcept {
    return std::max(sizeof(Entry), kKeyOffset + key_bytes);
  }

  [[no_unique_address]] ValueCell<Value, P> value;
  alignas(Key) std::byte storage[sizeof(Key)];

 private:
  static constexpr std::size_t kValueBytes =
      std::is_empty_v<ValueCell<Value, P>> ? 0 : sizeof(ValueCell<Value, P>);
  static constexpr std::size_t align_up(std::size_t offset, std::size_t alignment) noexcept {
    return (offset + alignment - 1) / alignment * alignment;
  }
  static constexpr std::size_t kKeyOffset =
      align_up(align_up(sizeof(Container), alignof(ValueCell<Value, P>)) + kValueBytes, alignof(Key));
};

/// A link of the chain of entries that share one full hash. `entry` is null once the key is removed, and
/// `next` then stays what it was.
template <class Key, class Value, class P>
struct Link : Container {
  using EntryType = Entry<Key, Value, P>;
  template <class T>
  using Atomic = typename P::template atomic<T>;

  Link(EntryType* held, Link* rest) noexcept : Container(held->hash), entry(held), next(rest) {}

  Atomic<EntryType*> entry;
  Atomic<Link*> next;
};

/// Two slots, told apart by one bit of the hash. Stands where the hashes of one slot of the root, or of one
/// side of another branch, are too many for a leaf. Neither slot is ever null.
template <class P>
struct Branch {
  using Slot = typename P::template atomic<Word>;

  Branch(unsigned bit, Word zero, Word one) noexcept : slots{Slot(zero), Slot(one)}, base(bit) {}

  Slot& slot(std::uint64_t hash) noexcept { return slots[bit_of(hash, base)]; }

  Slot slots[2];
  const std::uint64_t base;  // counted from the top; the slots' depth is one more
};

/// The top of the trie: 2^bits slots, told apart by the first bits of the hash. A resize replaces the whole
/// root; `phase` says whether somebody is at it, and lets one thread at a time change the structure beyond
/// a single leaf.
template <class P>
class Root {
 public:
  template <class T>
  using Atomic = typename P::template atomic<T>;
  using Slot = Atomic<Word>;

  static constexpr unsigned kMinBits = 3;   // an empty map is small
  static constexpr unsigned kMaxBits = 32;  // and not even the largest outgrows its memory by its root
  static constexpr std::size_t bytes(unsigned bits) noexcept { return sizeof(Root) + (sizeof(Slot) << bits); }

  /// A root without slots: whoever makes it makes each slot, by make_slot(), before it is published.
  explicit Root(unsigned bits) noexcept : shift_(kHashBits - bits) {}
  void make_slot(std::size_t index, Word word) noexcept { ::new (slots() + index) Slot(word); }

  [[nodiscard]] unsigned bits() const noexcept { return kHashBits - static_cast<unsigned>(shift_); }
  [[nodiscard]] std::size_t size() const noexcept { return std::size_t{1} << bits(); }
  [[nodiscard]] std::size_t index(std::uint64_t hash) const noexcept { return hash >> shift_; }
  [[nodiscard]] Slot& slot(std::uint64_t hash) noexcept { return slots()[hash >> shift_]; }
  [[nodiscard]] Slot& at(std::size_t index) noexcept { return slots()[index]; }

  /// How many slots hold a branch; near enough while there are writers.
  Atomic<std::int64_t> branches{0};

  /// Takes the one turn to change the structure of this root, unless somebody has it or it was replaced.
  [[nodiscard]] bool try_begin() noexcept { return try_begin(kBusy); }
  /// As try_begin(), for the thread that has replaced this root by clear(); waits for the turn. The turn then
  /// has a name of its own: who waits for the end of a resize must not wait for the end of this one, which
  /// takes leaf locks.
  void begin_closing() noexcept {
    while (!try_begin(kClosing)) await();
  }
  /// Ends the turn of this thread, and wakes those that wait for a frozen slot.
  void end(bool replaced) noexcept {
    phase_.store(replaced ? kReplaced : kIdle, std::memory_order_release);  // (13) pairs with (14)
    phase_.notify_all();
  }
  /// Returns once nobody is resizing, which may last only a moment. Spins briefly, then parks.
  void await() noexcept {
    for (int attempt = 0; attempt < kSpins<P>; ++attempt, relax()) {
      if (phase_.load(std::memory_order_acquire) != kBusy) return;  // (14) pairs with (13)
    }
    const std::uint64_t began = clock<P>();
    phase_.wait(kBusy, std::memory_order_acquire);  // (14) pairs with (13)
    note<P>(StructureEvent::kWait, began);
  }

 private:
  static constexpr std::uint32_t kIdle = 0;
  static constexpr std::uint32_t kBusy = 1;
  static constexpr std::uint32_t kClosing = 2;
  static constexpr std::uint32_t kReplaced = 3;

  bool try_begin(std::uint32_t phase) noexcept {
    std::uint32_t expected = kIdle;
    return phase_.compare_exchange_strong(expected, phase, std::memory_order_acquire,  // (14) pairs with (13)
                                          std::memory_order_relaxed);
  }

  Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }

  const std::uint64_t shift_;
  Atomic<std::uint32_t> phase_{kIdle};
};

}  // namespace interlox::trie::detail
