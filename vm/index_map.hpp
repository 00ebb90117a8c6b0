// SPDX-License-Identifier: BSD-3-Clause
// A set of keys that numbers them in the order in which they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace interlox::vm {

/// Keys, each once, numbered from 0. A few keys are searched one by one, more through a hash table, so a
/// small map costs no allocation but its vector's. Keys hold no collected pointers. One thread.
template <class Key>
class IndexMap {
 public:
  /// The number of `key`, and whether it is new.
  std::pair<std::uint32_t, bool> add(const Key& key) {
    const auto number = static_cast<std::uint32_t>(keys_.size());
    if (number < kFew) {
      for (std::uint32_t i = 0; i < number; ++i) {
        if (keys_[i] == key) return {i, false};
      }
    } else {
      if (index_.empty()) {
        for (std::uint32_t i = 0; i < number; ++i) index_.emplace(keys_[i], i);
      }
      const auto [found, added] = index_.emplace(key, number);
      if (!added) return {found->second, false};
    }
    keys_.push_back(key);
    return {number, true};
  }

  const std::vector<Key>& keys() const noexcept { return keys_; }

  void clear() noexcept {
    keys_.clear();
    if (!index_.empty()) index_.clear();
  }

 private:
  static constexpr std::uint32_t kFew = 12;
  std::vector<Key> keys_;
  std::unordered_map<Key, std::uint32_t> index_;
};

}  // namespace interlox::vm
