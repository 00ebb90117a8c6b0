// SPDX-License-Identifier: BSD-3-Clause
// What is measured: the map under its policies, and the locked tables that people would use instead. All
// have string keys that they own, int values, and the same hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trie/hash_trie_map.hpp"

#ifdef INTERLOX_BENCH_COLLECTOR
#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "trie/byte_lock.hpp"
#endif

namespace interlox::bench {

inline constexpr std::size_t kSmall = 8;
inline constexpr std::size_t kMedium = 128;
inline constexpr std::size_t kLarge = 128 << 10;

/// The binary text of 0, 1, ... count - 1: the keys of Go's benchmarks.
inline std::vector<std::string> make_keys(std::size_t count) {
  std::vector<std::string> keys;
  keys.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string text;
    for (std::size_t rest = i; rest != 0 || text.empty(); rest >>= 1) {
      text.insert(text.begin(), static_cast<char>('0' + (rest & 1)));
    }
    keys.push_back(text);
  }
  return keys;
}

using ArenaMap = trie::HashTrieMap<trie::String, int>;
#ifdef INTERLOX_BENCH_COLLECTOR
using CollectedMap = trie::HashTrieMap<trie::String, int, trie::StringKeys, gc::TriePolicy<trie::ByteLock>>;
using ThreadScope = gc::ThreadScope;
#else
struct ThreadScope {
  ThreadScope() {}
};
#endif

/// Lookup by string_view without a copy, with the map's hash.
struct TableHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept { return trie::hash_bytes(key, 1); }
};

using Table = std::unordered_map<std::string, int, TableHash, std::equal_to<>>;

/// A table behind one lock. With std::shared_mutex, finding takes it shared.
template <class Mutex>
class LockedMap {
 public:
  [[nodiscard]] std::optional<int> load(std::string_view key) const {
    const Shared guard(mutex_);
    const auto at = table_.find(key);
    if (at == table_.end()) return std::nullopt;
    return at->second;
  }

  int load_or_store(std::string_view key, int value) {
    if constexpr (kSharable) {
      if (const auto found = load(key)) return *found;
    }
    const std::lock_guard guard(mutex_);
    const auto at = table_.find(key);
    if (at != table_.end()) return at->second;
    table_.emplace(key, value);
    return value;
  }

 private:
  static constexpr bool kSharable = requires(Mutex & mutex) { mutex.lock_shared(); };
  template <bool sharable, class M>
  struct Guard {
    using type = std::lock_guard<M>;
  };
  template <class M>
  struct Guard<true, M> {
    using type = std::shared_lock<M>;
  };
  using Shared = typename Guard<kSharable, Mutex>::type;

  mutable Mutex mutex_;
  Table table_;
};

/// Prints the ratios of this project's targets that concern this map; `rounds` interleaved, medians.
void print_ratios(int rounds);

}  // namespace interlox::bench
