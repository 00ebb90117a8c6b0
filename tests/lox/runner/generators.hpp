// SPDX-License-Identifier: BSD-3-Clause
// Programs too large to keep as files: each goes past a cap of clox that is lifted here, or up to one that
// stays.
#pragma once

#include <string>
#include <vector>

namespace interlox::lox_runner {

/// A generated program: the stem of its file, and its text with the expectations in comments.
struct GeneratedProgram {
  std::string name;
  std::string source;
};

/// All generated programs, the same at every call.
[[nodiscard]] std::vector<GeneratedProgram> generated_programs();

}  // namespace interlox::lox_runner
