// SPDX-License-Identifier: BSD-3-Clause
// Maps: hash tables that keep the order of insertion, which threads may race on without harm to the VM.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "trie/byte_lock.hpp"
#include "vm/object.hpp"

namespace interlox::vm {

/// A map was to get more entries than it can have. The map is as it was.
class MapTooLarge : public std::exception {
 public:
  const char* what() const noexcept override { return "Map too large."; }
};

/// A map from values to values. Keys are compared by equal(); nan is none.
///
/// A table has its entries in an array, in the order in which they came, and finds them through an
/// index with open addressing. Both have a fixed size; a full table is replaced by another one.
///
/// Invariants
///   I1  An entry's cells are absent; then key and value are set, once, and the entry is counted in
///       `used`; then only its value changes; removed, both are absent again, for ever. So a value
///       that is read after a key, in one entry, belongs to that key.
///   I2  A word of the index is 0, then {hash, number of an entry + 1}, for ever; the entry was filled
///       before. There are more words than entries, so a search meets a 0.
///   I3  Each key has at most one entry in a table that is not removed.
///   I4  Tables and the length are changed by the holder of `lock_` only. A table that was replaced
///       does not change any more: a reader in it misses what came later, and nothing else.
///
/// Progress: length(), get(), has() and cursors are lock-free; all else locks the map. No user code
/// runs and no memory is asked for under the lock. What throws leaves the map as it was.
/// Linearization: get() at its load of the value, or of the 0 that ends its search; the others
/// inside the lock. Removed entries take room until the table is replaced, which happens once as
/// many came as it has room for: so endless insertion and removal stays within a small multiple of
/// the largest length.
struct Map : Object {
  /// The most entries of a map.
  static constexpr std::uint32_t kMaxLength = 1u << 27;

  /// An empty map. Throws gc::OutOfMemory.
  static Map* make();

  std::uint32_t length() const noexcept {
    return length_.load(std::memory_order_acquire);
  }  // (1) pairs with (2)

  /// The value of `key`, or absent.
  Value get(Value key) const noexcept;
  bool has(Value key) const noexcept { return !get(key).is_absent(); }

  /// Gives `key`, which must not be nan, that value: a key that is there keeps its place, a new one
  /// comes last. Throws gc::OutOfMemory and MapTooLarge.
  void set(Value key, Value value);
  /// Takes the entry of `key` out and gives its value; absent if there is none.
  Value remove(Value key) noexcept;
  /// Takes all entries out.
  void clear() noexcept;
  /// A map of the same entries, in the same order. Throws gc::OutOfMemory.
  Map* copy() const;

  /// What is broken, as a sentence that begins with the number of an invariant; nothing if all is well. Looks
  /// at the whole map under its lock. Throws std::bad_alloc.
  std::optional<std::string> check() const;

  class Cursor;

 private:
  friend class HeapWalk;

  struct Entry {
    Cell key;
    Cell value;
  };

  struct Table {
    std::uint32_t capacity;             // of entries
    std::uint32_t mask;                 // of the index: its size less one
    std::atomic<std::uint32_t> used;    // entries that were filled, removed ones included
    std::atomic<std::uint64_t>* index;  // not scanned: it holds numbers
    Entry entries[1];

    static Table* make(std::size_t capacity);
    /// A table without room, for all empty maps: never written, so it need not be collected.
    static Table* none() noexcept;

    /// For the lock's holder, who alone changes `used`.
    bool is_full() const noexcept { return used.load(std::memory_order_relaxed) == capacity; }
    const Entry* find(Value key, std::uint32_t hash) const noexcept;
    Entry* find(Value key, std::uint32_t hash) noexcept {
      return const_cast<Entry*>(static_cast<const Table*>(this)->find(key, hash));
    }
    /// The lock holder's: adds an entry for a key that has none, while there is room.
    void add(Value key, std::uint32_t hash, Value value) noexcept;
    /// Adds the entries of `other` that are not removed. Likewise.
    void add_all(const Table& other) noexcept;
  };

  Map(Table* table, std::uint32_t length) noexcept
      : Object(ObjectKind::map), length_(length), table_(table) {}

  Table* table() const noexcept { return table_.load(std::memory_order_acquire); }  // (3) pairs with (4)
  void publish(Table* table, std::uint32_t length) noexcept;

  std::atomic<std::uint32_t> length_;
  mutable trie::ByteLock lock_;
  std::atomic<Table*> table_;
};

/// Walks over the entries that a map has when the walk begins, in their order, whatever happens to
/// the map meanwhile: each at most once, with its value of that moment; what has been removed is
/// left out. Lives on a stack, where the collector sees it. Lock-free.
///
///     for (Map::Cursor entry(map); entry.next();) use(entry.key(), entry.value());
class Map::Cursor {
 public:
  explicit Cursor(const Map& map) noexcept
      : map_(&map), table_(map.table()), end_(table_->used.load(std::memory_order_acquire)) {}  // (5)

  /// Goes to the next entry; false if there is none.
  bool next() noexcept;
  Value key() const noexcept { return key_; }
  Value value() const noexcept { return value_; }

 private:
  const Map* map_;
  const Table* table_;
  std::uint32_t next_ = 0;
  std::uint32_t end_;
  Value key_;
  Value value_;
};

static_assert(sizeof(Map) == 24);

}  // namespace interlox::vm
