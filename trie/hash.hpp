// SPDX-License-Identifier: BSD-3-Clause
// Seeded hashes of bytes and of integers, and the seeds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace interlox::trie {

namespace hash_detail {

inline constexpr std::uint64_t kSecret0 = 0xa0761d6478bd642fULL;
inline constexpr std::uint64_t kSecret1 = 0xe7037ed1a0b428dbULL;
inline constexpr std::uint64_t kSecret2 = 0x8ebc6af09c88c6e3ULL;

inline std::uint64_t read8(const char* from) noexcept {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline std::uint64_t read4(const char* from) noexcept {
  std::uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline std::uint64_t byte_at(const char* from) noexcept { return static_cast<unsigned char>(*from); }

// The 128-bit product of two words, folded to one: the step that wyhash is made of.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace hash_detail

namespace hash_detail {

// Reads from `at` on, 32 bytes at a time in two lanes, until at most 32 of the `left` bytes remain; returns
// the new seed. Apart, so that hashing a short string is a short piece of code.
[[gnu::noinline]] inline std::uint64_t hash_long(const char*& at, std::size_t& left,
                                                 std::uint64_t seed) noexcept {
  std::uint64_t lane = seed;
  for (; left > 32; left -= 32, at += 32) {
    seed = fold(read8(at) ^ kSecret0, read8(at + 8) ^ seed);
    lane = fold(read8(at + 16) ^ kSecret2, read8(at + 24) ^ lane);
  }
  return seed ^ lane;
}

}  // namespace hash_detail

/// Hashes `bytes` under `seed`. Any length, any content. Reads nothing outside of the bytes.
///
/// Not meant to resist an attacker who sees hashes; the seed keeps runs from sharing bad key sets.
/// Progress: wait-free, about 2 ns for 18 bytes.
/// Source: the construction of wyhash (Wang Yi, public domain, version final4), arranged anew: two
/// lanes of 16 bytes, then the last 16 bytes, which may overlap what the lanes have read.
inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept {
  using namespace hash_detail;
  const char* at = bytes.data();
  const std::size_t length = bytes.size();
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  seed ^= kSecret0;
  if (length <= 16) {
    if (length >= 8) {
      a = read8(at);
      b = read8(at + length - 8);
    } else if (length >= 4) {
      a = read4(at);
      b = read4(at + length - 4);
    } else if (length > 0) {
      a = byte_at(at) << 16 | byte_at(at + length / 2) << 8 | byte_at(at + length - 1);
    }
  } else {
    const char* const end = at + length;
    std::size_t left = length;
    if (left > 32) [[unlikely]] {
      seed = hash_long(at, left, seed);
    }
    if (left > 16) seed = fold(read8(at) ^ kSecret2, read8(at + 8) ^ seed);
    a = read8(end - 16);
    b = read8(end - 8);
  }
  return fold(kSecret1 ^ length, fold(a ^ kSecret1, b ^ seed));
}

/// Hashes a word under `seed`. For one seed a bijection: two words never share a hash. Wait-free.
/// Source: the finaliser "Mix13" of D. Stafford, as in splitmix64 (public domain).
constexpr std::uint64_t hash_integer(std::uint64_t word, std::uint64_t seed) noexcept {
  word += seed ^ 0x9e3779b97f4a7c15ULL;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
  return word ^ (word >> 31);
}

/// A seed that differs from call to call and from run to run. Thread-safe; lock-free but for the
/// first call, which asks the system.
inline std::uint64_t random_seed() noexcept {
  static std::atomic<std::uint64_t> state{[]() noexcept -> std::uint64_t {
    try {
      std::random_device device;
      return static_cast<std::uint64_t>(device()) << 32 | device();
    } catch (...) {  // no entropy to be had: the clock keeps runs apart
      return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
  }()};
  // relaxed: each caller gets a number of its own, and nothing else is published by it.
  return hash_integer(state.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed), 0);
}

}  // namespace interlox::trie
