// SPDX-License-Identifier: BSD-3-Clause
// Whether what operations of several threads did is what they would have done one after another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/sched/scene.hpp"
#include "tests/trie/small_maps.hpp"

namespace interlox::trie::test::interleave {

/// Looks for an order of the operations that explains their answers, what is left, and how many entries were
/// retired.
///
/// An operation that was refused its memory was not done. Which one precedes another is said in scene.hpp. As
/// soon as a load has returned an old value, each key has an order of its own: C++ promises no more to
/// threads that do not synchronize (two of them may each store one key and miss the other's).
class Order {
 public:
  /// `wide`: as in Model.
  Order(const std::vector<Played<Operation>>& played, const Model& first, const Model& last, bool wide,
        bool by_time);

  [[nodiscard]] bool exists();

 private:
  using Set = std::uint32_t;
  static constexpr unsigned kAllKeys = kMostKeys;

  [[nodiscard]] bool exists_for(unsigned key);
  [[nodiscard]] bool goes_on(const Model& state, Set done);
  [[nodiscard]] bool observation_holds(std::size_t observer) const;
  [[nodiscard]] bool is_about_key(std::size_t key) const { return key_ == kAllKeys || key_ == key; }

  const std::vector<Played<Operation>>& played_;
  const Model& first_;
  const Model& last_;
  const bool wide_;
  const bool by_time_;
  std::vector<Set> before_;  // of each operation, those that come before it
  unsigned key_ = kAllKeys;
  Set changes_ = 0;  // that are to be put in an order
  Set observers_ = 0;
  std::vector<std::size_t> order_;
  std::vector<Table> states_;
};

}  // namespace interlox::trie::test::interleave
