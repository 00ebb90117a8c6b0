// SPDX-License-Identifier: BSD-3-Clause
// What a half-typed word may become.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vm/vm.hpp"

namespace interlox::vm {

/// The words that fit, sorted; each would replace what was typed from `begin` on.
struct Completion {
  std::size_t begin = 0;
  std::vector<std::string> words = {};

  /// What all of them start with.
  std::string common() const;
};

/// Completes the word that `typed`, a line up to the cursor, ends with: after `x.` or `x.field.` to the
/// members of that value, else to a keyword or global. Runs no code of the program.
Completion complete(const VM& machine, std::string_view typed);

}  // namespace interlox::vm
