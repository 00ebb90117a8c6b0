// SPDX-License-Identifier: BSD-3-Clause
#include "trie/walk.hpp"

#include <cstdint>
#include <map>
#include <set>

#include "tests/support/catch.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox::trie;

namespace {

/// Few hashes: entries in leaves, in branches, and in chains.
struct FewHashes : PlainKeys<std::uint64_t> {
  static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return hash_integer(key / 3, 1); }
  static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
};

using Map = HashTrieMap<std::uint64_t, std::uint64_t, FewHashes>;

struct Seen {
  std::map<const void*, std::size_t> blocks;  // with the most that was asked for
  std::map<std::uint64_t, std::uint64_t> entries;
  std::set<const void*> refused;

  bool block(const void* address, std::size_t bytes) {
    if (refused.contains(address)) return false;
    std::size_t& most = blocks[address];
    most = std::max(most, bytes);
    return true;
  }
  void entry(std::uint64_t key, std::uint64_t value) { CHECK(entries.emplace(key, value).second); }
};

}  // namespace

TEST_CASE("a walk over memory shows every node and entry once") {
  for (const std::uint64_t count : {0, 1, 5, 40, 3'000}) {
    Map map;
    for (std::uint64_t i = 0; i < count; ++i) map.store(i, i * i);
    Seen seen;
    map.walk_memory(seen);
    const Stats stats = map.stats();
    std::size_t bytes = 0;
    for (const auto& [address, most] : seen.blocks) bytes += most;
    INFO(count);
    CHECK(seen.blocks.size() == stats.entries + stats.indirects + 1);  // and the books
    CHECK(bytes > stats.bytes);
    CHECK(bytes < stats.bytes + 1'000);
    CHECK(seen.entries.size() == count);
    for (const auto& [key, value] : seen.entries) CHECK(value == key * key);
  }
}

TEST_CASE("a walk leaves alone what its visitor refuses") {
  Map map;
  for (std::uint64_t i = 0; i < 100; ++i) map.store(i, i);
  Seen all;
  map.walk_memory(all);
  for (const auto& [address, bytes] : all.blocks) {
    Seen some;
    some.refused.insert(address);
    map.walk_memory(some);
    CHECK(some.blocks.size() < all.blocks.size());
    CHECK(some.blocks.size() + 100 * 3 > all.blocks.size());
  }
}
