// SPDX-License-Identifier: BSD-3-Clause
#include "vm/number_format.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace interlox::vm {
namespace {

/// Lays out the number 0.DIGITS times ten to the `point`.
void lay_out(std::string& out, std::string_view digits, int point) {
  const int count = static_cast<int>(digits.size());
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits.substr(0, static_cast<std::size_t>(point))).append(1, '.');
    out.append(digits.substr(static_cast<std::size_t>(point)));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out.append(digits.substr(0, 1));
    if (count > 1) out.append(1, '.').append(digits.substr(1));
    out.append(point > 0 ? "e+" : "e-").append(std::to_string(point > 0 ? point - 1 : 1 - point));
  }
}

}  // namespace

std::string format_number(double d) {
  if (std::isnan(d)) return "nan";
  std::string out;
  if (std::signbit(d)) out += '-';
  const double magnitude = std::fabs(d);
  if (std::isinf(d)) return out + "inf";
  if (magnitude == 0) return out + '0';

  char text[40];
  if (magnitude < 1e15 && magnitude == std::floor(magnitude)) {
    const auto whole = std::to_chars(text, text + sizeof text, static_cast<long long>(magnitude));
    return out.append(text, whole.ptr);
  }
  // "d.ddde+xx": the shortest digits, and where the point goes.
  const auto end = std::to_chars(text, text + sizeof text, magnitude, std::chars_format::scientific).ptr;
  const std::string_view all(text, static_cast<std::size_t>(end - text));
  const std::size_t e = all.find('e');
  std::string digits(1, all[0]);
  if (e > 1) digits.append(all.substr(2, e - 2));
  int exponent = 0;
  const char* first = text + e + 1;
  if (*first == '+') ++first;  // from_chars takes no plus sign
  std::from_chars(first, end, exponent);
  lay_out(out, digits, exponent + 1);
  return out;
}

}  // namespace interlox::vm
