// SPDX-License-Identifier: BSD-3-Clause
// The nodes of the reference map. Only the map and its inspectors include this.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "trie/byte_lock.hpp"
#include "trie/value_cell.hpp"

namespace interlox::trie::reference::detail {

inline constexpr unsigned kBitsPerLevel = 4;
inline constexpr unsigned kFanout = 1U << kBitsPerLevel;
inline constexpr unsigned kHashBits = 64;
inline constexpr unsigned kRootShift = kHashBits - kBitsPerLevel;

/// The slot of `hash` in a node that tells its children apart by the four bits from `shift` up.
constexpr unsigned slot_index(std::uint64_t hash, unsigned shift) noexcept {
  return static_cast<unsigned>(hash >> shift) & (kFanout - 1);
}

enum class Kind : std::uint8_t { kIndirect, kEntry, kOverflow };

/// What all nodes begin with. The kind never changes.
struct Node {
  explicit Node(Kind k) noexcept : kind(k) {}
  const Kind kind;
};

/// An inner node: sixteen slots, told apart by four bits of the hash. Its mutex guards `dead`, the
/// slots, the overflow chains that stand in them and the values of the entries that stand in either.
template <class P>
struct Indirect : Node {
  template <class T>
  using Atomic = typename P::template atomic<T>;
  using Slot = Atomic<Node*>;

  explicit Indirect(Indirect* above) noexcept : Node(Kind::kIndirect), parent(above) {}

  /// Whether no slot holds anything. Needs the lock for a lasting answer.
  [[nodiscard]] bool empty() const noexcept {
    for (const Slot& slot : children) {
      if (slot.load(std::memory_order_relaxed) != nullptr) return false;  // relaxed: nothing is followed
    }
    return true;
  }

  Atomic<bool> dead{false};
  ByteLock mutex;
  Indirect* const parent;  // null in the root
  Slot children[kFanout]{};
};

/// The top node, with the count of the entries below it. A cleared map gets a new one.
template <class P>
struct Root : Indirect<P> {
  Root() noexcept : Indirect<P>(nullptr) {}

  // Every insert writes the counter; loads of the slots should not feel it.
  std::byte distance[64];
  typename P::template atomic<std::size_t> entries{0};
};

using trie::detail::ValueCell;

/// A key and its value. Holds no pointer to a node, so a collector need not scan an entry whose key and
/// value types hold none. The key is last: a String has its bytes behind it.
template <class Key, class Value, class P>
struct Entry : Node {
  Entry(std::uint64_t full_hash, const Value& first) noexcept
      : Node(Kind::kEntry), hash(full_hash), value(first) {}

  /// Where the key stands, for Traits::construct.
  void* key_place() noexcept { return &storage; }
  [[nodiscard]] const Key& key() const noexcept {
    return *std::launder(reinterpret_cast<const Key*>(&storage));
  }

  const std::uint64_t hash;
  ValueCell<Value, P> value;
  alignas(Key) std::byte storage[sizeof(Key)];
};

/// A link of the chain of entries that share one full hash. `entry` is null once the key is removed, and
/// `next` then stays what it was.
template <class Key, class Value, class P>
struct Overflow : Node {
  using EntryType = Entry<Key, Value, P>;
  template <class T>
  using Atomic = typename P::template atomic<T>;

  Overflow(EntryType* held, Overflow* rest, std::uint64_t full_hash) noexcept
      : Node(Kind::kOverflow), hash(full_hash), entry(held), next(rest) {}

  const std::uint64_t hash;
  Atomic<EntryType*> entry;
  Atomic<Overflow*> next;
};

}  // namespace interlox::trie::reference::detail
