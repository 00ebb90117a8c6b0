// SPDX-License-Identifier: BSD-3-Clause
// Two bytes an operation, on a map with a bad hash and on std::map: the same answers, and a map that
// passes its own check after each. A walk that goes on between the operations meets what it must.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include "tests/fuzz/target.hpp"
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

using interlox::fuzz::expect;

std::optional<int> find(const Model& model, std::uint8_t key) {
  const auto at = model.find(key);
  return at == model.end() ? std::nullopt : std::optional(at->second);
}

/// A walk over the map while that is changed.
class Walk {
 public:
  Walk(const Map& map, const Model& model) : at_(map.iterate()) {
    for (const auto& [key, value] : model) stayed_.insert(key);
  }

  void removed(std::uint8_t key) { stayed_.erase(key); }
  void cleared() { stayed_.clear(); }
  /// One entry on; false after the last one.
  bool step() {
    const auto item = at_.next();
    if (!item) {
      for (const std::uint8_t key : stayed_)
        expect(met_.count(key) == 1, "a walk meets what is there all the time");
      return false;
    }
    expect(met_.insert(item->key).second, "a walk meets no key twice");
    return true;
  }

 private:
  Map::Iterator at_;
  std::set<std::uint8_t> stayed_;  // there since the walk began
  std::set<std::uint8_t> met_;
};

class Player {
 public:
  void apply(unsigned operation, std::uint8_t key, int value) {
    const std::optional<int> before = find(model_, key);
    if (operation < 8) {
      change(operation, key, value, before);
    } else {
      look(operation, key, value, before);
    }
    expect(map_.load(key) == find(model_, key), "load");
    expect(!map_.check(), "check");
    expect(map_.count() == model_.size(), "count");
  }

  void finish() {
    while (walk_ != nullptr && walk_->step()) {
    }
    Model seen;
    map_.for_each(
        [&](std::uint8_t key, int value) { expect(seen.emplace(key, value).second, "each key once"); });
    expect(seen == model_, "all entries");
  }

 private:
  void change(unsigned operation, std::uint8_t key, int value, std::optional<int> before) {
    const int old = value & 3;
    switch (operation) {
      case 0:
        map_.store(key, value);
        return set(key, value);
      case 1: {
        const auto got = map_.load_or_store(key, value);
        expect(got.loaded == before.has_value() && got.value == before.value_or(value), "load_or_store");
        if (!before) set(key, value);
        return;
      }
      case 2:
        expect(map_.swap(key, value) == before, "swap");
        return set(key, value);
      case 3:
        expect(map_.compare_and_swap(key, old, value) == (before == old), "compare_and_swap");
        if (before == old) set(key, value);
        return;
      case 4:
        expect(map_.compare_and_delete(key, old) == (before == old), "compare_and_delete");
        if (before == old) remove(key);
        return;
      case 5:
        expect(map_.load_and_delete(key) == before, "load_and_delete");
        return remove(key);
      case 6:
        expect(map_.erase(key) == before.has_value(), "erase");
        return remove(key);
      default:
        if (value != 7) return;
        map_.clear();
        model_.clear();
        if (walk_ != nullptr) walk_->cleared();
    }
  }

  void look(unsigned operation, std::uint8_t key, int value, std::optional<int> before) {
    switch (operation) {
      case 8: {
        const auto got = map_.load_or_compute(key, [&] { return value; });
        expect(got.loaded == before.has_value() && got.value == before.value_or(value), "load_or_compute");
        if (!before) set(key, value);
        return;
      }
      case 9: {
        const auto fail = [&]() -> int { throw std::runtime_error("no value"); };
        bool failed = false;
        try {
          expect(map_.load_or_compute(key, fail).value == before, "load_or_compute of what is there");
        } catch (const std::runtime_error&) {
          failed = true;
        }
        return expect(failed != before.has_value(), "a computation that fails");
      }
      case 10: {
        const auto accept = [&](int seen) { return seen >= value; };
        const bool accepted = before && *before >= value;
        expect(map_.swap_if(key, value, accept) == (accepted ? before : std::nullopt), "swap_if");
        if (accepted) set(key, value);
        return;
      }
      case 11: {
        const auto accept = [&](int seen) { return seen < value; };
        const bool accepted = before && *before < value;
        expect(map_.delete_if(key, accept) == (accepted ? before : std::nullopt), "delete_if");
        if (accepted) remove(key);
        return;
      }
      case 12:
        walk_ = std::make_unique<Walk>(map_, model_);
        return;
      case 13:
      case 14:
        if (walk_ != nullptr && !walk_->step()) walk_ = nullptr;
        return;
      default:
        load_many(key, static_cast<std::size_t>(value) * 3);
    }
  }

  void load_many(std::uint8_t first, std::size_t count) {
    std::array<std::uint8_t, 45> keys;
    std::array<std::optional<int>, 45> values;
    for (std::size_t i = 0; i < count; ++i) keys[i] = static_cast<std::uint8_t>((first + i * 3) & 31);
    const std::span<const std::uint8_t> queries(keys.data(), count);
    const std::size_t found = map_.load_many(queries, std::span(values.data(), count));
    std::size_t expected = 0;
    for (std::size_t i = 0; i < count; ++i) {
      expect(values[i] == find(model_, keys[i]), "load_many");
      expected += values[i] ? 1 : 0;
    }
    expect(found == expected, "how many load_many finds");
  }

  void set(std::uint8_t key, int value) { model_[key] = value; }
  void remove(std::uint8_t key) {
    model_.erase(key);
    if (walk_ != nullptr) walk_->removed(key);
  }

  Map map_;
  Model model_;
  std::unique_ptr<Walk> walk_;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) { return 0; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Player player;
  for (std::size_t i = 0; i + 1 < size; i += 2) player.apply(data[i] >> 4, data[i + 1] & 31, data[i] & 15);
  player.finish();
  return 0;
}
