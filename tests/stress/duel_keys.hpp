// SPDX-License-Identifier: BSD-3-Clause
// The duel's keys: numbers, as integers or as strings, under good hashes and bad ones.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream>
#include <string_view>
#include <type_traits>

#include "trie/hash_trie_map.hpp"

namespace interlox::trie::duel {

enum class Hash : std::uint8_t {
  kGood,
  kConstant,         // one chain
  kLowBits,          // 16 hashes that part at the last bits
  kHighBits,         // 16 hashes that part at the first bits
  kTopByte,          // 256 of these
  kBothEnds,         // 1024 hashes that part at the first five bits or at the last five
  kSkewed,           // good, but most of the first 24 bits are zero: crowded in some places, sparse in others
  kOneLeaf,          // 8 hashes in one leaf, as good as full, with one fingerprint
  kBuckets,          // good, but many keys share each full hash
  kOneFingerprint,   // good, but with a lowest byte of 0
  kFewFingerprints,  // good, but with a lowest byte from 0 to 3
};
inline constexpr std::size_t kHashes = 11;

inline std::ostream& operator<<(std::ostream& out, Hash hash) {
  constexpr std::array<const char*, kHashes> kNames{
      "good",   "constant", "low four bits", "high four bits",  "top byte",        "both ends",
      "skewed", "one leaf", "few buckets",   "one fingerprint", "few fingerprints"};
  return out << kNames.at(static_cast<std::size_t>(hash));
}

/// How a map of the duel hashes.
struct HashShape {
  [[nodiscard]] std::uint64_t operator()(std::uint64_t good) const noexcept {
    switch (kind) {
      case Hash::kGood:
        return good;
      case Hash::kConstant:
        return 0;
      case Hash::kLowBits:
        return good & 0xF;
      case Hash::kHighBits:
        return good & 0xF000000000000000;
      case Hash::kTopByte:
        return good & 0xFF00000000000000;
      case Hash::kBothEnds:
        return good & 0xF80000000000001F;
      case Hash::kSkewed:
        return good & (good << 24 | 0xFFFFFFFFFF);
      case Hash::kOneLeaf:
        return good & 0x700;
      case Hash::kBuckets:
        return hash_integer(good % buckets, 0);
      case Hash::kOneFingerprint:
        return good & ~std::uint64_t{0xFF};
      case Hash::kFewFingerprints:
        return good & ~std::uint64_t{0xFC};
    }
    return good;
  }

  Hash kind = Hash::kGood;
  std::uint32_t buckets = 1;  // of kBuckets
};

/// Traits of a map whose keys are strings or integers, with the hash chosen at run time.
template <class Key>
struct DuelKeys : std::conditional_t<std::is_same_v<Key, String>, StringKeys, PlainKeys<Key>> {
  using Good = KeyTraits<Key>;

  DuelKeys() = default;
  explicit DuelKeys(HashShape chosen) noexcept : shape(chosen) {}

  template <class Q>
  [[nodiscard]] std::uint64_t hash(const Q& query, std::uint64_t seed) const noexcept {
    return shape(Good::hash(query, seed));
  }
  template <class Q>
  static bool equal(const Key& stored, const Q& query) noexcept {
    return Good::equal(stored, query);
  }

  HashShape shape;
};

inline constexpr std::size_t kNoKey = std::numeric_limits<std::size_t>::max();

/// Key number `id` in the form that a map takes, and back again.
template <class Key>
class KeyName;

template <>
class KeyName<std::uint64_t> {
 public:
  using Query = std::uint64_t;
  explicit KeyName(std::size_t id) noexcept : query_(id) {}
  [[nodiscard]] const Query& query() const noexcept { return query_; }
  static std::size_t id_of(std::uint64_t view) noexcept { return view; }

 private:
  Query query_;
};

/// Strings of 0 to 45 bytes: the number and some letters behind it; the empty string for 0.
template <>
class KeyName<String> {
 public:
  using Query = std::string_view;
  explicit KeyName(std::size_t id) noexcept {
    if (id == 0) return;
    char* const end = std::to_chars(text_, text_ + kDigits, id).ptr;
    const std::size_t tail = id % 7 == 0 ? id % kTail : 0;
    std::memset(end, 'x', tail);
    query_ = Query(text_, static_cast<std::size_t>(end - text_) + tail);
  }
  KeyName(const KeyName&) = delete;
  KeyName& operator=(const KeyName&) = delete;
  [[nodiscard]] const Query& query() const noexcept { return query_; }

  static std::size_t id_of(std::string_view view) noexcept {
    if (view.empty()) return 0;
    std::size_t id = kNoKey;
    const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), id);
    if (error != std::errc{}) return kNoKey;
    return KeyName(id).query() == view ? id : kNoKey;
  }

 private:
  static constexpr std::size_t kDigits = 20;
  static constexpr std::size_t kTail = 40;
  char text_[kDigits + kTail];
  Query query_;
};

}  // namespace interlox::trie::duel
