// SPDX-License-Identifier: BSD-3-Clause
// What maps cost on the collected heap: empty ones, small ones by the hundred thousand, large ones by the
// entry; and that they lose nothing when the collector comes at every few of their allocations.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/trie_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "tests/trie/map_kit.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::trie::test {
namespace {

constexpr std::size_t round_up(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

/// What a map asks of its policy, in blocks as the collector cuts them.
struct Asked {
  std::size_t bytes = 0;
  std::size_t largest = 0;
};

class CountingPolicy : public gc::TriePolicy {
 public:
  explicit CountingPolicy(Asked* asked) : asked_(asked) {}
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    asked_->bytes += round_up(bytes);
    asked_->largest = std::max(asked_->largest, bytes);
    return gc::TriePolicy::allocate(bytes, may_hold_pointers);
  }

 private:
  Asked* asked_;
};

template <class P = gc::TriePolicy>
using StringMap = HashTrieMap<String, int, StringKeys, P>;

/// What the standard's containers ask of malloc, with the word that it keeps beside each block.
std::size_t malloc_bytes = 0;

template <class T>
struct MallocCount {
  using value_type = T;
  MallocCount() = default;
  template <class U>
  MallocCount(const MallocCount<U>&) {}  // NOLINT: an allocator converts
  T* allocate(std::size_t count) {
    malloc_bytes += round_up(count * sizeof(T) + 8);
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* block, std::size_t count) { std::allocator<T>().deallocate(block, count); }
  template <class U>
  friend bool operator==(const MallocCount&, const MallocCount<U>&) {
    return true;
  }
};

using CountedString = std::basic_string<char, std::char_traits<char>, MallocCount<char>>;
struct CountedHash {
  std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>()(key); }
};
using StandardMap = std::unordered_map<CountedString, int, CountedHash, std::equal_to<>,
                                       MallocCount<std::pair<const CountedString, int>>>;
static_assert(sizeof(StandardMap) == sizeof(std::unordered_map<std::string, int>));

std::string short_key(std::size_t i) { return "key " + std::to_string(i % 100'000); }
std::string long_key(std::size_t i) {
  const std::string number = std::to_string(i);
  return std::string(20 - number.size(), '0') + number;
}

/// Collects at every few allocations, and then writes over what the collector took for garbage.
class HarshPolicy : public gc::TriePolicy {
 public:
  explicit HarshPolicy(unsigned every) : every_(every) {}
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    if (++allocations_ % every_ == 0) {
      gc::collect();
      for (std::size_t size = 16; size <= 256; size += 16) {
        for (int i = 0; i < 8; ++i) std::memset(gc::TriePolicy::allocate(size, i % 2 == 0), 0x5A, size);
      }
    }
    return gc::TriePolicy::allocate(bytes, may_hold_pointers);
  }
  [[nodiscard]] unsigned allocations() const { return allocations_; }

 private:
  unsigned every_;
  unsigned allocations_ = 0;
};

/// A number in collected memory that only the map holds.
using Boxed = const std::uint64_t*;
Boxed box(std::uint64_t number) {
  return ::new (gc::allocate_pointer_free(sizeof number)) std::uint64_t(number);
}

}  // namespace

TEST_CASE("an empty map takes at most 256 bytes in all", "[memory]") {
  Asked asked;
  const StringMap<CountingPolicy> map({}, 1, CountingPolicy(&asked));
  const std::size_t all = round_up(sizeof(StringMap<>)) + asked.bytes;
  CAPTURE(sizeof(StringMap<>), asked.bytes);
  REQUIRE(all <= 256);
  REQUIRE(map.stats().bytes <= asked.bytes);
}

TEST_CASE("many small maps take at most twice what as many of the standard's take", "[memory]") {
  const bool is_long = GENERATE(false, true);
  const auto key = is_long ? long_key : short_key;
  constexpr std::size_t kMaps = 100'000 / interlox::test::kSlowdown;
  constexpr std::size_t kEach = 3;

  malloc_bytes = 0;
  {
    std::vector<StandardMap> maps(kMaps);
    for (std::size_t i = 0; i < kMaps * kEach; ++i) maps[i / kEach].emplace(key(i), 1);
  }
  const std::size_t standard = malloc_bytes + kMaps * sizeof(StandardMap);

  const std::uint64_t before = gc::stats().allocated_bytes;
  gc::RootVector<StringMap<>*> maps(kMaps);
  for (auto*& map : maps) map = ::new (gc::allocate(sizeof(StringMap<>))) StringMap<>();
  for (std::size_t i = 0; i < kMaps * kEach; ++i) maps[i / kEach]->store(key(i), 1);
  const std::uint64_t ours = gc::stats().allocated_bytes - before - kMaps * sizeof(void*);

  std::size_t found = 0;
  for (std::size_t i = 0; i < kMaps * kEach; ++i) found += maps[i / kEach]->load(key(i)) == 1 ? 1 : 0;
  REQUIRE(found == kMaps * kEach);
  CAPTURE(is_long, ours / kMaps, standard / kMaps);
  REQUIRE(ours <= 2 * standard);
}

TEST_CASE("a map that was large and was emptied is as small as a new one", "[memory]") {
  const bool clears = GENERATE(false, true);
  StringMap<> map;
  const std::size_t fresh = map.stats().bytes;
  for (const std::size_t size : {10U, 1000U, 100'000U / interlox::test::kSlowdown}) {
    for (std::size_t i = 0; i < size; ++i) map.store(long_key(i), 1);
    REQUIRE(map.stats().bytes > size * 40);
    if (clears) map.clear();
    for (std::size_t i = 0; i < size; ++i) map.erase(long_key(i));
    CAPTURE(clears, size);
    REQUIRE(map.stats().bytes == fresh);
    REQUIRE(map.stats().indirects == 1);
    REQUIRE(map.check() == std::nullopt);
  }
}

TEST_CASE("a large map takes at most 85 bytes for an entry of a 20-byte key, before and after each growth",
          "[memory]") {
  constexpr std::size_t kFirst = 1 << 17;
  constexpr std::size_t kLast = 300'000;
  const std::size_t entry_bytes =
      detail::Entry<String, int, gc::TriePolicy>::bytes(StringKeys::key_bytes(long_key(1)));
  // The same keys under the same seed make the root grow at the same sizes.
  std::vector<std::size_t> sizes{kFirst, kLast};
  {
    Asked asked;
    StringMap<CountingPolicy> map({}, kSeed, CountingPolicy(&asked));
    for (std::size_t size = 1; size <= kLast; ++size) {
      const std::size_t largest = asked.largest;
      map.store(long_key(size), 1);
      if (asked.largest == largest || size < kFirst / 4) continue;
      sizes.push_back(size - 1);
      sizes.push_back(size);
    }
  }
  std::sort(sizes.begin(), sizes.end());
  REQUIRE(sizes.size() >= 6);  // at least two growths
  StringMap<> map({}, kSeed);
  std::size_t count = 0;
  for (const std::size_t size : sizes) {
    while (count < size) map.store(long_key(++count), 1);
    const Stats stats = map.stats();
    const std::size_t in_blocks = stats.bytes + size * (round_up(entry_bytes) - entry_bytes);
    CAPTURE(size, stats.bytes / size, in_blocks / size);
    REQUIRE(stats.entries == size);
    REQUIRE(stats.bytes <= 85 * size);
    REQUIRE(in_blocks <= 85 * size);
  }
}

TEST_CASE("a map loses nothing though the collector comes at every few allocations", "[memory][collector]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned every = GENERATE(3U, 32U);
  CAPTURE(hash, every);
  const std::size_t size = (hash == Hash::kGood ? 2000 : 300) * every / 3 / interlox::test::kSlowdown;
  HashTrieMap<String, Boxed, TestKeys, HarshPolicy> map(TestKeys(hash), kSeed, HarshPolicy(every));
  const auto right = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const auto value = map.load(long_key(i));
      if (!value || **value != i) return false;
    }
    return map.count() == last - first;
  };
  for (std::size_t i = 0; i < size; ++i) {
    map.store(long_key(i), box(i));
    if ((i & (i + 1)) == 0 && !right(0, i + 1)) FAIL("lost a key or a value among the first " << i + 1);
  }
  REQUIRE(right(0, size));
  REQUIRE(map.check() == std::nullopt);
  for (std::size_t i = 0; i < size; ++i) map.swap(long_key(i), box(i));  // of direct entries, makes leaves
  REQUIRE(right(0, size));
  for (std::size_t i = 0; i < size; ++i) {
    map.erase(long_key(i));
    if (i % (size / 4) == 0 && !right(i + 1, size)) FAIL("lost a key or a value behind the first " << i + 1);
  }
  REQUIRE(map.check() == std::nullopt);
  REQUIRE(map.stats().indirects == 1);
  REQUIRE(map.policy().allocations() > size);
}

}  // namespace interlox::trie::test
