// SPDX-License-Identifier: BSD-3-Clause
// Who is measured: ours, and behind one face the maps that it is compared with (peers.hpp has the
// libraries'). All have the same hash with one seed, 64-bit values, and own their keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/bench/results.hpp"
#include "tests/support/reference/reference_map.hpp"
#include "trie/hash.hpp"
#include "trie/hash_trie_map.hpp"
#include "trie/key_traits.hpp"

namespace interlox::bench {

using Value = std::int64_t;  // never 0, so that a sum over the wrong keys is a wrong sum

inline constexpr std::uint64_t kSeed = 0x5eed;

/// The hash of every contender; lookup by string_view where a table can do that.
struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept { return trie::hash_bytes(key, kSeed); }
};

enum class Who { kOurs, kOursStd, kSeedLayout, kMutex, kSharedMutex, kTbb, kCuckoo, kUrcu, kFlat, kFloor };
inline constexpr std::size_t kContenders = 10;

struct Name {
  const char* text;  // brief, for charts; map_part.cpp says more of each
  Role role;
};

[[nodiscard]] inline const Name& name_of(Who who) {
  static constexpr std::array<Name, kContenders> kNames{{
      {"Interlox", Role::kOurs},
      {"no collector", Role::kVariant},
      {"seed layout", Role::kBaseline},
      {"mutex", Role::kPeer},
      {"shared_mutex", Role::kPeer},
      {"TBB", Role::kPeer},
      {"libcuckoo", Role::kPeer},
      {"cds_lfht", Role::kPeer},
      {"flat, no lock", Role::kCeiling},
      {"one miss", Role::kCeiling},
  }};
  return kNames[static_cast<std::size_t>(who)];
}

/// What a thread holds while it uses a map that asks for nothing.
struct AnyThread {
  AnyThread() {}
};

// Each contender has:
//   kWho, kMostThreads (0: any number), kCollected (its nodes are on the collected heap)
//   Thread                   held by every thread that uses the map
//   load, load_or_store, erase
//   settle(keys)             after a fill, before loads: finishes what the map does lazily

/// A trie, ours or the one of the seed. One on the collected heap must be on a registered thread's stack or
/// in scanned memory.
template <class Map, Who who, bool collected>
class Trie {
 public:
  static constexpr Who kWho = who;
  static constexpr unsigned kMostThreads = 0;
  static constexpr bool kCollected = collected;
  using Thread = std::conditional_t<collected, gc::ThreadScope, AnyThread>;

  Trie() : map_({}, kSeed) {}

  [[nodiscard]] std::optional<Value> load(const std::string& key) const { return map_.load(key); }
  Value load_or_store(const std::string& key, Value value) { return map_.load_or_store(key, value).value; }
  bool erase(const std::string& key) { return map_.erase(key); }
  void settle(std::size_t /*keys*/) {}

  static constexpr bool kLoadsMany = who != Who::kSeedLayout;
  void load_many(std::span<const std::string> keys, std::span<std::optional<Value>> values) const {
    map_.load_many(keys, values);
  }

 private:
  Map map_;
};

using CollectedMap = trie::HashTrieMap<trie::String, Value, trie::StringKeys, gc::TriePolicy>;
using SeedMap = trie::reference::ReferenceMap<trie::String, Value, trie::StringKeys, gc::TriePolicy>;
using Ours = Trie<CollectedMap, Who::kOurs, true>;
using OursStd = Trie<trie::HashTrieMap<trie::String, Value>, Who::kOursStd, false>;
using SeedLayout = Trie<SeedMap, Who::kSeedLayout, true>;

/// Says of itself that it may throw, so that libstdc++ keeps the hash in each node: its chains are then
/// walked without hashing again, as with std::hash<std::string>.
struct StoredHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return Hash{}(key); }
};

using StdMap = std::unordered_map<std::string, Value, StoredHash, std::equal_to<>>;

/// A std::unordered_map behind one lock; finding takes a std::shared_mutex shared.
template <class Mutex, Who who>
class LockedMap {
 public:
  static constexpr Who kWho = who;
  static constexpr unsigned kMostThreads = 0;
  static constexpr bool kCollected = false;
  using Thread = AnyThread;

  [[nodiscard]] std::optional<Value> load(const std::string& key) const {
    const ReadLock guard(mutex_);
    const auto at = map_.find(key);
    if (at == map_.end()) return std::nullopt;
    return at->second;
  }

  // One exclusive lock: to look under a shared one first is slower wherever keys are mostly absent.
  Value load_or_store(const std::string& key, Value value) {
    const std::lock_guard guard(mutex_);
    return map_.try_emplace(key, value).first->second;
  }

  bool erase(const std::string& key) {
    const std::lock_guard guard(mutex_);
    return map_.erase(key) != 0;
  }

  void settle(std::size_t /*keys*/) {}

 private:
  using ReadLock = std::conditional_t<std::is_same_v<Mutex, std::shared_mutex>, std::shared_lock<Mutex>,
                                      std::lock_guard<Mutex>>;
  mutable Mutex mutex_;
  StdMap map_;
};

using MutexMap = LockedMap<std::mutex, Who::kMutex>;
using SharedMutexMap = LockedMap<std::shared_mutex, Who::kSharedMutex>;

/// Calls f.operator()<Map>() for each of some contenders.
template <class... Maps>
struct Lineup {
  template <class F>
  static void each_type(F&& f) {
    (f.template operator()<Maps>(), ...);
  }

  /// Calls f(map) for each: one map of each kind, here, so on the stack of who made the line-up.
  template <class F>
  void each(F&& f) {
    std::apply([&](Maps&... map) { (f(map), ...); }, maps);
  }

  std::tuple<Maps...> maps;
};

}  // namespace interlox::bench
