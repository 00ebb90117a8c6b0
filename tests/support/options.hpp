// SPDX-License-Identifier: BSD-3-Clause
// The words that a test's program is called with: numbers, and options of the form --name=value.
#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace interlox::test {

/// Whether the whole text is a number within these bounds, which `number` then has.
template <class Number>
[[nodiscard]] bool read_number(std::string_view text, std::type_identity_t<Number> least,
                               std::type_identity_t<Number> most, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= least && number <= most;
}

/// Whether the whole text is a number, which `number` then has.
template <class Number>
[[nodiscard]] bool read_number(std::string_view text, Number& number) {
  using Limits = std::numeric_limits<Number>;
  return read_number(text, Limits::lowest(), Limits::max(), number);
}

/// What follows the name, such as "--seconds=", in a word that begins with it.
[[nodiscard]] inline std::optional<std::string_view> value_of(std::string_view word, std::string_view name) {
  if (!word.starts_with(name)) return std::nullopt;
  return word.substr(name.size());
}

}  // namespace interlox::test
