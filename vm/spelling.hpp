// SPDX-License-Identifier: BSD-3-Clause
// Which name was meant by one that is not there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace interlox::vm {

/// How many bytes must be inserted, removed, replaced or (two neighbours, once) swapped to make `b` of `a`;
/// `limit` + 1 if it is more than `limit`. Time and memory grow with the product of the lengths, but a
/// difference in length beyond the limit is answered at once.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// Finds the candidate that is most like a name: at most max(1, length / 3) edits away (none, of a
/// single letter), the first in the
/// alphabet of several. The name itself is none.
class Speller {
 public:
  /// `name` must outlive the object.
  explicit Speller(std::string_view name) noexcept;

  void offer(std::string_view candidate);

  /// Empty if nothing offered comes near.
  const std::string& best() const noexcept { return best_; }

 private:
  std::string_view name_;
  std::size_t limit_;  // worse candidates don't count any more
  std::string best_;
};

}  // namespace interlox::vm
