// SPDX-License-Identifier: BSD-3-Clause
#include "vm/number_literal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace interlox::vm {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

char at(std::string_view text, std::size_t i) noexcept { return i < text.size() ? text[i] : '\0'; }

/// Where the digits end that start at `i`; `i` if there are none.
std::size_t skip_digits(std::string_view text, std::size_t i, bool (*is_one)(char) noexcept) noexcept {
  while (is_one(at(text, i))) {
    ++i;
    if (at(text, i) == '_' && is_one(at(text, i + 1))) ++i;
  }
  return i;
}

bool is_hex(std::string_view text) noexcept { return at(text, 0) == '0' && at(text, 1) == 'x'; }

/// The value of hex digits.
double hex_value(std::string_view digits) noexcept {
  std::uint64_t leading = 0;  // the first digits that are not zero, as many as fit
  std::int64_t further = 0;   // how many follow
  for (const char c : digits) {
    if (c == '_') continue;
    const auto digit = static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    if (leading >> 60 == 0) {
      leading = leading << 4 | digit;
    } else {
      ++further;
      // The lowest bit lies below those that a double keeps: it says for all that follow whether the number
      // is above the middle between two doubles.
      leading |= digit != 0 ? 1u : 0u;
    }
  }
  constexpr std::int64_t kMostBits = 4096;  // far above what a double can have
  return std::ldexp(static_cast<double>(leading), static_cast<int>(std::min(4 * further, kMostBits)));
}

/// Whether a decimal literal that no double is near to is too large; else it is too small.
bool is_large(std::string_view text) noexcept {
  const std::size_t end = std::min(text.find('e'), text.size());
  const std::size_t point = std::min(text.find('.'), end);
  const std::size_t first = text.find_first_of("123456789");
  // How many digits stand before the point, less the zeros behind it before the first other digit.
  auto magnitude = first < point ? static_cast<std::int64_t>(point - first)
                                 : -static_cast<std::int64_t>(first - point - 1);
  std::int64_t exponent = 0;
  const bool is_negative = at(text, end + 1) == '-';
  for (std::size_t i = end + 1; i < text.size(); ++i) {
    if (is_digit(text[i])) exponent = std::min<std::int64_t>(exponent * 10 + (text[i] - '0'), 1LL << 40);
  }
  magnitude += is_negative ? -exponent : exponent;
  return magnitude > 0;
}

/// The value of a decimal literal without `_`.
double decimal_value(std::string_view text) noexcept {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc::result_out_of_range) return value;
  return is_large(text) ? std::numeric_limits<double>::infinity() : 0;
}

}  // namespace

std::size_t number_literal_length(std::string_view text) noexcept {
  if (is_hex(text)) {
    const std::size_t end = skip_digits(text, 2, is_hex_digit);
    if (end != 2) return end;
  }
  std::size_t end = skip_digits(text, 0, is_digit);
  if (end == 0) return 0;
  if (at(text, end) == '.') {
    const std::size_t fraction = skip_digits(text, end + 1, is_digit);
    if (fraction != end + 1) end = fraction;
  }
  if (at(text, end) != 'e') return end;
  const std::size_t sign = at(text, end + 1) == '-' || at(text, end + 1) == '+' ? 1 : 0;
  const std::size_t start = end + 1 + sign;
  const std::size_t exponent = skip_digits(text, start, is_digit);
  return exponent == start ? end : exponent;
}

std::optional<double> parse_number_literal(std::string_view text) {
  if (text.empty() || number_literal_length(text) != text.size()) return std::nullopt;
  if (is_hex(text)) return hex_value(text.substr(2));
  if (text.find('_') == std::string_view::npos) return decimal_value(text);
  std::string plain(text);
  std::erase(plain, '_');
  return decimal_value(plain);
}

}  // namespace interlox::vm
