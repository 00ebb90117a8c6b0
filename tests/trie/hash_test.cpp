// SPDX-License-Identifier: BSD-3-Clause
#include "trie/hash.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using interlox::trie::hash_bytes;
using interlox::trie::hash_integer;
using interlox::trie::random_seed;

namespace {

// The average number of hash bits that change with one bit of the input: near 32 for a good hash.
template <class F>
double avalanche(const F& hash_of_flipped, std::size_t bits, std::uint64_t base) {
  double changed = 0;
  for (std::size_t bit = 0; bit < bits; ++bit) changed += std::popcount(base ^ hash_of_flipped(bit));
  return changed / static_cast<double>(bits);
}

}  // namespace

TEST_CASE("bytes of every length hash by their content and seed") {
  std::set<std::uint64_t> seen;
  std::string text;
  for (std::size_t length = 0; length < 200; ++length) {
    // an exact-size copy: a sanitizer sees a read past the end
    const std::unique_ptr<char[]> exact(new char[length]);
    std::copy(text.begin(), text.end(), exact.get());
    const std::string_view view(exact.get(), length);
    REQUIRE(hash_bytes(view, 1) == hash_bytes(text, 1));
    REQUIRE(seen.insert(hash_bytes(view, 1)).second);
    REQUIRE(seen.insert(hash_bytes(view, 2)).second);
    text.push_back(static_cast<char>('a' + length % 26));
  }
}

TEST_CASE("each byte counts, at every length") {
  for (std::size_t length = 1; length < 100; ++length) {
    const std::string text(length, 'x');
    const std::uint64_t base = hash_bytes(text, 5);
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = text;
      other[i] = 'y';
      REQUIRE(hash_bytes(other, 5) != base);
    }
  }
}

TEST_CASE("one bit of the input changes about half of the hash") {
  for (const std::size_t length : {1U, 3U, 4U, 8U, 16U, 17U, 32U, 33U, 64U, 100U}) {
    const std::string text(length, '\0');
    const double mean = avalanche(
        [&](std::size_t bit) {
          std::string other = text;
          other[bit / 8] = static_cast<char>(1U << bit % 8);
          return hash_bytes(other, 9);
        },
        length * 8, hash_bytes(text, 9));
    CAPTURE(length, mean);
    REQUIRE(mean > 26);
    REQUIRE(mean < 38);
  }
  const double mean = avalanche([](std::size_t bit) { return hash_integer(std::uint64_t{1} << bit, 9); }, 64,
                                hash_integer(0, 9));
  REQUIRE(mean > 26);
  REQUIRE(mean < 38);
}

TEST_CASE("the top bits of similar keys are spread evenly") {
  std::vector<int> text_buckets(256);
  std::vector<int> integer_buckets(256);
  constexpr int kKeys = 1 << 16;
  for (int i = 0; i < kKeys; ++i) {
    ++text_buckets[hash_bytes("key" + std::to_string(i), 3) >> 56];
    ++integer_buckets[hash_integer(static_cast<std::uint64_t>(i), 3) >> 56];
  }
  for (const auto& buckets : {text_buckets, integer_buckets}) {
    // 256 expected, standard deviation 16: six of them
    REQUIRE(*std::min_element(buckets.begin(), buckets.end()) > 160);
    REQUIRE(*std::max_element(buckets.begin(), buckets.end()) < 352);
  }
}

TEST_CASE("integers never share a hash") {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 100000; ++i) hashes.push_back(hash_integer(i << 20, 77));
  std::sort(hashes.begin(), hashes.end());
  REQUIRE(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
  static_assert(hash_integer(1, 2) != hash_integer(2, 1));
}

TEST_CASE("seeds differ") {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 1000; ++i) seeds.insert(random_seed());
  REQUIRE(seeds.size() == 1000);
}
