// SPDX-License-Identifier: BSD-3-Clause
// Numbers as programs write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace interlox::vm {

/// How many bytes the longest number literal takes that `text` starts with; 0 if it does not start with a
/// digit. Literals have no sign:
///
///     literal = digits ("." digits)? ("e" ("-" | "+")? digits)? | "0x" hex digits
///
/// with a `_` allowed between any two digits. What does not fit is left out: of `1_`, `1.` and `1e` the
/// literal is `1`, of `0x` it is `0`.
std::size_t number_literal_length(std::string_view text) noexcept;

/// The number that the whole of `text` is a literal of, rounded to the nearest double (inf if it is too
/// large, 0 if too small); nothing if it is no literal. Any thread; throws std::bad_alloc only.
std::optional<double> parse_number_literal(std::string_view text);

}  // namespace interlox::vm
