// SPDX-License-Identifier: BSD-3-Clause
// From source text to the same source in the house's layout.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "vm/token.hpp"

namespace interlox::vm {

/// Why a source was not formatted.
class FormatError : public std::runtime_error {
 public:
  enum class Cause : std::uint8_t {
    source,    // it can't be cut into tokens, or its brackets don't match
    internal,  // the formatter would have changed the program
  };

  FormatError(Cause cause, Position at, const std::string& message)
      : std::runtime_error(message), cause_(cause), at_(at) {}

  Cause cause() const noexcept { return cause_; }
  Position at() const noexcept { return at_; }

 private:
  Cause cause_;
  Position at_;
};

/// `source` with its blanks and line ends in the one style: two spaces a level, a statement a line, and the
/// author's own line breaks within expressions. Only blanks change: the tokens and comments stay the same,
/// in the same order, which is checked before the result is given. format(format(x)) is format(x).
///
/// Needs no grammar beyond brackets and the starts of statements, so that programs with compile errors are
/// formatted, too. Linear in the source's length; uses no recursion. Throws FormatError.
std::string format(std::string_view source);

}  // namespace interlox::vm
