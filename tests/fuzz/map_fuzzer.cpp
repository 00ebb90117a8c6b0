// SPDX-License-Identifier: BSD-3-Clause
// Two bytes an operation, on a map with a bad hash and on std::map: the same answers, and a map that
// passes its own check after each.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>

#include "trie/hash_trie_map.hpp"

namespace {

/// Few hashes, in both the highest and the lowest bits: chains, deep expansions and collapses.
struct PoorHash : interlox::trie::KeyTraits<std::uint8_t> {
  static std::uint64_t hash(std::uint8_t key, std::uint64_t /*seed*/) noexcept {
    return static_cast<std::uint64_t>(key & 3) << 62 | (static_cast<std::uint64_t>(key) >> 3 & 3);
  }
};

using Map = interlox::trie::HashTrieMap<std::uint8_t, int, PoorHash>;
using Model = std::map<std::uint8_t, int>;

void expect(bool holds) {
  if (!holds) std::abort();
}

std::optional<int> find(const Model& model, std::uint8_t key) {
  const auto at = model.find(key);
  return at == model.end() ? std::nullopt : std::optional(at->second);
}

void apply(unsigned operation, std::uint8_t key, int value, Map& map, Model& model) {
  const std::optional<int> before = find(model, key);
  switch (operation % 9) {
    case 0:
      map.store(key, value);
      model[key] = value;
      break;
    case 1: {
      const auto got = map.load_or_store(key, value);
      expect(got.loaded == before.has_value() && got.value == before.value_or(value));
      model.emplace(key, value);
      break;
    }
    case 2:
      expect(map.swap(key, value) == before);
      model[key] = value;
      break;
    case 3:
      expect(map.compare_and_swap(key, value & 3, value) == (before == (value & 3)));
      if (before == (value & 3)) model[key] = value;
      break;
    case 4:
      expect(map.compare_and_delete(key, value & 3) == (before == (value & 3)));
      if (before == (value & 3)) model.erase(key);
      break;
    case 5:
      expect(map.load_and_delete(key) == before);
      model.erase(key);
      break;
    case 6:
      expect(map.erase(key) == before.has_value());
      model.erase(key);
      break;
    case 7:
      if (value == 7) {
        map.clear();
        model.clear();
      }
      break;
    default:
      break;
  }
  expect(map.load(key) == find(model, key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Map map;
  Model model;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    apply(data[i] >> 4, data[i + 1] & 31, data[i] & 15, map, model);
    expect(!map.check());
    expect(map.count() == model.size());
  }
  Model seen;
  map.for_each([&](std::uint8_t key, int value) { expect(seen.emplace(key, value).second); });
  expect(seen == model);
  return 0;
}
