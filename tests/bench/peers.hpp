// SPDX-License-Identifier: BSD-3-Clause
// The contenders from libraries, each used as its documentation says for speed. Queries are std::strings that
// exist already, so none of them builds one to look up.
#pragma once

#ifndef _LGPL_SOURCE
#define _LGPL_SOURCE  // liburcu's small functions inline, for sources whose licence is compatible with the
                      // LGPL
#endif
#include <absl/container/flat_hash_map.h>
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <libcuckoo/cuckoohash_map.hh>
#include <new>
#include <oneapi/tbb/concurrent_hash_map.h>
#include <stdexcept>
#include <urcu/rculfhash.h>
#include <urcu/urcu-qsbr.h>
#include <vector>

#include "tests/bench/contenders.hpp"

namespace interlox::bench {

/// tbb::concurrent_hash_map, which locks buckets and elements. A const_accessor locks an element shared.
template <class Allocator>
class TbbMap {
 public:
  static constexpr Who kWho = Who::kTbb;
  static constexpr unsigned kMostThreads = 0;
  static constexpr bool kCollected = false;
  using Thread = AnyThread;

  [[nodiscard]] std::optional<Value> load(const std::string& key) const {
    typename Map::const_accessor at;
    if (!map_.find(at, key)) return std::nullopt;
    return at->second;
  }

  // One search: with a key alone, TBB makes a node only when the key is absent.
  Value load_or_store(const std::string& key, Value value) {
    typename Map::accessor at;
    if (map_.insert(at, key)) at->second = value;
    return at->second;
  }

  bool erase(const std::string& key) { return map_.erase(key); }

  // TBB splits buckets when they are first used after a growth; this does it now.
  void settle(std::size_t /*keys*/) { map_.rehash(); }

 private:
  struct HashCompare {
    static std::size_t hash(const std::string& key) noexcept { return Hash{}(key); }
    static bool equal(const std::string& a, const std::string& b) noexcept { return a == b; }
  };
  using Map = tbb::concurrent_hash_map<std::string, Value, HashCompare, Allocator>;
  Map map_;
};

using Entry = std::pair<const std::string, Value>;
using Tbb = TbbMap<tbb::tbb_allocator<Entry>>;    // its own allocator, the default: the fastest
using TbbMalloc = TbbMap<std::allocator<Entry>>;  // where bytes are counted

/// libcuckoo's map, from no capacity at all (its default would make room for 262,144 keys).
class Cuckoo {
 public:
  static constexpr Who kWho = Who::kCuckoo;
  static constexpr unsigned kMostThreads = 0;
  static constexpr bool kCollected = false;
  using Thread = AnyThread;

  [[nodiscard]] std::optional<Value> load(const std::string& key) const {
    std::optional<Value> found;
    map_.find_fn(key, [&](const Value& value) { found = value; });
    return found;
  }

  Value load_or_store(const std::string& key, Value value) {
    Value stored = value;
    map_.upsert(
        key, [&](const Value& there) { stored = there; }, value);
    return stored;
  }

  bool erase(const std::string& key) { return map_.erase(key); }
  void settle(std::size_t /*keys*/) {}

 private:
  libcuckoo::cuckoohash_map<std::string, Value, Hash, std::equal_to<>> map_{0};
};

/// liburcu's lock-free, resizing hash table, in its fastest flavour: quiescent states (QSBR), where a reader
/// pays nothing but to say now and then that it holds no reference. Nodes are ours to lay out: the key's
/// bytes stand inside. What is deleted is freed through call_rcu.
///
/// The table is told to double when its keys outnumber its buckets. Its own CDS_LFHT_AUTO_RESIZE tolerates
/// eight times longer chains, and in 0.13 about one filling in a hundred loses the order to grow for good:
/// its time is then quadratic.
class Urcu {
 public:
  static constexpr Who kWho = Who::kUrcu;
  static constexpr unsigned kMostThreads = 0;
  static constexpr bool kCollected = false;

  /// Registers the thread, which uses one table while this lives.
  class Thread {
   public:
    Thread() {
      urcu_qsbr_register_thread();
      uncounted = 0;
    }
    ~Thread() { urcu_qsbr_unregister_thread(); }
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;
  };

  /// `buckets`, if not null, says where they are allocated.
  explicit Urcu(const cds_lfht_mm_type* buckets = nullptr)
      : table_(_cds_lfht_new(kFirstBuckets, kFirstBuckets, 0, 0, buckets, &urcu_qsbr_flavor, nullptr)) {
    if (table_ == nullptr) throw std::bad_alloc();
  }
  Urcu(const Urcu&) = delete;
  Urcu& operator=(const Urcu&) = delete;

  ~Urcu() {
    {
      const Thread scope;
      cds_lfht_iter at;
      for (cds_lfht_first(table_, &at); cds_lfht_iter_get_node(&at) != nullptr; cds_lfht_next(table_, &at)) {
        remove(cds_lfht_iter_get_node(&at));
      }
      urcu_qsbr_barrier();
    }
    cds_lfht_destroy(table_, nullptr);
  }

  [[nodiscard]] std::optional<Value> load(const std::string& key) const {
    urcu_qsbr_read_lock();
    const Node* const node = find(key);
    std::optional<Value> found;
    if (node != nullptr) found = node->value;
    urcu_qsbr_read_unlock();
    urcu_qsbr_quiescent_state();
    return found;
  }

  Value load_or_store(const std::string& key, Value value) {
    urcu_qsbr_read_lock();
    const Node* node = find(key);
    bool added = false;
    if (node == nullptr) {
      Node* const made = Node::make(key, value);
      cds_lfht_node* const there = cds_lfht_add_unique(table_, Hash{}(key), &matches, &key, &made->node);
      node = of(there);
      added = there == &made->node;
      if (!added) std::free(made);
    }
    const Value stored = node->value;
    urcu_qsbr_read_unlock();
    urcu_qsbr_quiescent_state();
    if (added && ++uncounted == kCountEvery) count();
    return stored;
  }

  bool erase(const std::string& key) {
    urcu_qsbr_read_lock();
    Node* const node = find(key);
    const bool removed = node != nullptr && remove(&node->node);
    urcu_qsbr_read_unlock();
    urcu_qsbr_quiescent_state();
    if (removed) --uncounted;
    return removed;
  }

  void settle(std::size_t keys) { resize(keys); }

 private:
  // What a lookup reads is together, behind what only a deletion needs.
  struct Node {
    rcu_head head;
    cds_lfht_node node;
    Value value;
    std::size_t length;

    [[nodiscard]] std::string_view key() const noexcept {
      return {reinterpret_cast<const char*>(this + 1), length};
    }
    static Node* make(const std::string& key, Value value) {
      void* const memory = std::malloc(sizeof(Node) + key.size());
      if (memory == nullptr) throw std::bad_alloc();
      std::memcpy(static_cast<char*>(memory) + sizeof(Node), key.data(), key.size());
      return ::new (memory) Node{{}, {}, value, key.size()};
    }
  };

  static Node* of(cds_lfht_node* node) noexcept {
    return reinterpret_cast<Node*>(reinterpret_cast<char*>(node) - offsetof(Node, node));
  }

  static int matches(cds_lfht_node* node, const void* key) {
    return of(node)->key() == *static_cast<const std::string*>(key) ? 1 : 0;
  }

  [[nodiscard]] Node* find(const std::string& key) const {
    cds_lfht_iter at;
    cds_lfht_lookup(table_, Hash{}(key), &matches, &key, &at);
    cds_lfht_node* const node = cds_lfht_iter_get_node(&at);
    return node == nullptr ? nullptr : of(node);
  }

  bool remove(cds_lfht_node* node) {
    if (cds_lfht_del(table_, node) != 0) return false;
    urcu_qsbr_call_rcu(&of(node)->head, [](rcu_head* head) { std::free(head); });  // the first member
    return true;
  }

  // Not inside of a read-side critical section.
  void resize(std::size_t keys) { cds_lfht_resize(table_, std::bit_ceil(std::max(keys, kFirstBuckets))); }

  // Adds what this thread has put in, now and then: one counter for all would be what they all wait for. Who
  // meets a power of two doubles the table.
  void count() {
    uncounted = 0;
    const std::size_t before = keys_.fetch_add(kCountEvery, std::memory_order_relaxed);
    if (std::bit_width(before + kCountEvery) != std::bit_width(before)) resize(2 * (before + kCountEvery));
  }

  static constexpr std::size_t kFirstBuckets = 64;
  static constexpr int kCountEvery = 64;
  static inline thread_local int uncounted = 0;

  cds_lfht* const table_;
  std::atomic<std::size_t> keys_{0};
};

/// Abseil's flat hash map with no lock: one thread only. The ceiling.
class Flat {
 public:
  static constexpr Who kWho = Who::kFlat;
  static constexpr unsigned kMostThreads = 1;
  static constexpr bool kCollected = false;
  using Thread = AnyThread;

  [[nodiscard]] std::optional<Value> load(const std::string& key) const {
    const auto at = map_.find(key);
    if (at == map_.end()) return std::nullopt;
    return at->second;
  }
  Value load_or_store(const std::string& key, Value value) {
    return map_.try_emplace(key, value).first->second;
  }
  bool erase(const std::string& key) { return map_.erase(key) != 0; }
  void settle(std::size_t /*keys*/) {}

 private:
  absl::flat_hash_map<std::string, Value, Hash, std::equal_to<>> map_;
};

/// What any table of keys in memory costs at least: a hash, and one miss that depends on it. An array of
/// entries, each at the place that its hash names or just behind it. Filled by one thread, then only read.
class OneMiss {
 public:
  static constexpr Who kWho = Who::kFloor;
  static constexpr unsigned kMostThreads = 0;
  static constexpr bool kCollected = false;
  using Thread = AnyThread;

  [[nodiscard]] std::optional<Value> load(const std::string& key) const {
    const Entry& entry = entries_[place_of(entries_, key, Hash{}(key))];
    return entry.value == 0 ? std::nullopt : std::optional(entry.value);
  }

  Value load_or_store(const std::string& key, Value value) {
    if (key.size() > sizeof(Entry::key)) throw std::length_error("the bare table is for shorter keys");
    if (used_ * 4 >= entries_.size() * 3) grow();
    const std::uint64_t hash = Hash{}(key);
    Entry& entry = entries_[place_of(entries_, key, hash)];
    if (entry.value != 0) return entry.value;
    entry = {hash, value, static_cast<std::uint8_t>(key.size()), {}};
    key.copy(entry.key, key.size());
    ++used_;
    return value;
  }

  void settle(std::size_t /*keys*/) {}

 private:
  struct Entry {  // as large as ours for the same key
    std::uint64_t hash = 0;
    Value value = 0;  // 0: free
    std::uint8_t length = 0;
    char key[31];
  };
  using Entries = std::vector<Entry>;

  static std::size_t place_of(const Entries& entries, std::string_view key, std::uint64_t hash) noexcept {
    for (std::size_t at = hash & (entries.size() - 1);; at = (at + 1) & (entries.size() - 1)) {
      const Entry& entry = entries[at];
      if (entry.value == 0) return at;
      if (entry.hash == hash && std::string_view(entry.key, entry.length) == key) return at;
    }
  }

  void grow() {
    Entries larger(entries_.size() * 2);
    for (const Entry& entry : entries_) {
      if (entry.value != 0) larger[place_of(larger, {entry.key, entry.length}, entry.hash)] = entry;
    }
    entries_.swap(larger);
  }

  Entries entries_{Entries(16)};
  std::size_t used_ = 0;
};

/// All, in the order in which they are shown.
using Everyone = Lineup<Ours, OursStd, SeedLayout, MutexMap, SharedMutexMap, Tbb, Cuckoo, Urcu, Flat>;

/// All, and what can only be read.
using Readers = Lineup<Ours, OursStd, SeedLayout, MutexMap, SharedMutexMap, Tbb, Cuckoo, Urcu, Flat, OneMiss>;

}  // namespace interlox::bench
