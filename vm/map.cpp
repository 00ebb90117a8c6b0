// SPDX-License-Identifier: BSD-3-Clause
#include "vm/map.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <mutex>
#include <new>
#include <string>

#include "gc/heap.hpp"

namespace interlox::vm {
namespace {

constexpr std::size_t kLeastCapacity = 6;  // entries: an index of 8

/// How many entries an index of that size serves: three quarters.
constexpr std::size_t entries_for(std::size_t words) noexcept { return words / 4 * 3; }

}  // namespace

Map::Table* Map::Table::make(std::size_t wanted) {
  if (wanted > kMaxLength) throw MapTooLarge();
  const std::size_t least = std::max(wanted, kLeastCapacity);
  std::size_t words = std::bit_ceil(least);
  if (entries_for(words) < least) words *= 2;
  const std::size_t capacity = std::min<std::size_t>(entries_for(words), kMaxLength);
  auto* const index =
      static_cast<std::atomic<std::uint64_t>*>(gc::allocate_pointer_free(words * sizeof(std::uint64_t)));
  std::memset(static_cast<void*>(index), 0, words * sizeof(std::uint64_t));
  // One byte more than is used, as gc::allocate asks. The entries are absent as allocated.
  void* const memory = gc::allocate(sizeof(Table) + (capacity - 1) * sizeof(Entry) + 1);
  return ::new (memory)
      Table{static_cast<std::uint32_t>(capacity), static_cast<std::uint32_t>(words - 1), 0, index, {}};
}

Map::Table* Map::Table::none() noexcept {
  static constinit std::atomic<std::uint64_t> nothing{0};
  static constinit Table empty{0, 0, 0, &nothing, {}};
  return &empty;
}

const Map::Entry* Map::Table::find(Value key, std::uint32_t hash) const noexcept {
  for (std::uint32_t i = hash & mask;; i = (i + 1) & mask) {
    const std::uint64_t word = index[i].load(std::memory_order_acquire);  // (6) pairs with (7)
    if (word == 0) return nullptr;                                        // I2
    if (word >> 32 != hash) continue;
    const Entry& entry = entries[static_cast<std::uint32_t>(word) - 1];
    const Value here = entry.key.load();
    if (here == key) return &entry;  // as most are that are found; no map has a nan
    if (!here.is_absent() && equal(here, key)) return &entry;
  }
}

void Map::Table::add(Value key, std::uint32_t hash, Value value) noexcept {
  const std::uint32_t number = used.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  assert(number < capacity && find(key, hash) == nullptr);
  entries[number].value.store(value);
  entries[number].key.store(key);
  used.store(number + 1, std::memory_order_release);  // (8) pairs with (5)
  std::uint32_t i = hash & mask;
  while (index[i].load(std::memory_order_relaxed) != 0) i = (i + 1) & mask;  // relaxed: the lock is ours
  index[i].store(std::uint64_t{hash} << 32 | (number + 1),
                 std::memory_order_release);  // (7) the entry first; (6)
}

void Map::Table::add_all(const Table& other) noexcept {
  const std::uint32_t end = other.used.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  for (std::uint32_t i = 0; i < end; ++i) {
    const Value key = other.entries[i].key.load();
    if (!key.is_absent()) add(key, hash(key), other.entries[i].value.load());
  }
}

Map* Map::make() { return ::new (gc::allocate(sizeof(Map))) Map(Table::none(), 0); }

/// Called with the lock held.
void Map::publish(Table* table, std::uint32_t length) noexcept {
  lock_.assert_held();
  table_.store(table, std::memory_order_release);    // (4) the entries first; pairs with (3)
  length_.store(length, std::memory_order_release);  // (2) pairs with (1)
}

Value Map::get(Value key) const noexcept {
  const Entry* const entry = table()->find(key, hash(key));
  return entry == nullptr ? Value::absent() : entry->value.load();
}

void Map::set(Value key, Value value) {
  assert(equal(key, key) && "nan is no key");
  const std::uint32_t key_hash = hash(key);
  Table* spare = Table::none();
  for (;;) {
    std::size_t wanted = 0;
    {
      const std::lock_guard guard(lock_);
      Table* table = table_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
      if (Entry* const entry = table->find(key, key_hash)) {
        entry->value.store(value);
        return;
      }
      const std::uint32_t length = length_.load(std::memory_order_relaxed);  // likewise
      if (table->is_full() && length < spare->capacity) {
        spare->add_all(*table);
        table = spare;
      }
      if (!table->is_full()) {
        table->add(key, key_hash, value);
        publish(table, length + 1);
        return;
      }
      if (length == kMaxLength) throw MapTooLarge();
      wanted = std::min<std::size_t>(2 * std::size_t{length}, kMaxLength);
    }
    spare = Table::make(wanted);  // without the lock: what has changed meanwhile is seen above
  }
}

Value Map::remove(Value key) noexcept {
  constexpr std::uint32_t kSmall = 64;  // smaller tables are kept for what comes next
  const std::uint32_t key_hash = hash(key);
  const std::lock_guard guard(lock_);
  Table* const table = table_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  Entry* const entry = table->find(key, key_hash);
  if (entry == nullptr) return Value::absent();
  const Value removed = entry->value.load();
  entry->value.store(Value::absent());  // now, so that they keep nothing alive
  entry->key.store(Value::absent());
  const std::uint32_t length = length_.load(std::memory_order_relaxed) - 1;  // relaxed: the lock is ours
  publish(length == 0 && table->capacity > kSmall ? Table::none() : table, length);
  return removed;
}

void Map::clear() noexcept {
  const std::lock_guard guard(lock_);
  publish(Table::none(), 0);
}

Map* Map::copy() const {
  Table* spare = Table::none();
  for (;;) {
    std::uint32_t length = 0;
    {
      const std::lock_guard guard(lock_);
      length = length_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
      if (length <= spare->capacity) spare->add_all(*table());
    }
    if (length <= spare->capacity) return ::new (gc::allocate(sizeof(Map))) Map(spare, length);
    spare = Table::make(length);
  }
}

std::optional<std::string> Map::check() const {
  const std::lock_guard guard(lock_);
  const Table& table = *this->table();
  const std::uint32_t used = table.used.load(std::memory_order_acquire);
  if (used > table.capacity) return "I1: more entries than there is room for";
  std::uint32_t present = 0;
  std::uint32_t free_words = 0;
  for (std::uint32_t i = 0; i < used; ++i) {
    const Entry& entry = table.entries[i];
    const Value key = entry.key.load();
    if (key.is_absent() != entry.value.load().is_absent()) {
      return "I1: entry " + std::to_string(i) + " has a key without a value, or the other way round";
    }
    if (key.is_absent()) continue;
    ++present;
    if (table.find(key, hash(key)) != &entry) {
      return "I3: the key of entry " + std::to_string(i) + " is not found, or in another entry";
    }
  }
  for (std::uint32_t i = 0; table.capacity != 0 && i <= table.mask; ++i) {
    const std::uint64_t word = table.index[i].load(std::memory_order_acquire);
    free_words += word == 0 ? 1 : 0;
    if (static_cast<std::uint32_t>(word) > used)
      return "I2: the index refers to an entry that was never filled";
  }
  if (table.capacity != 0 && free_words == 0) return "I2: the index is full";
  const std::uint32_t length = this->length();
  if (present == length) return std::nullopt;
  return "I4: the length is " + std::to_string(length) + ", but there are " + std::to_string(present) +
         " entries";
}

bool Map::Cursor::next() noexcept {
  while (next_ < end_) {
    const Entry& entry = table_->entries[next_++];
    key_ = entry.key.load();
    if (key_.is_absent()) continue;
    // In a table that was replaced, the value is that of the replacement, or an older one.
    value_ = map_->table() == table_ ? entry.value.load() : map_->get(key_);
    if (!value_.is_absent()) return true;
  }
  return false;
}

}  // namespace interlox::vm
