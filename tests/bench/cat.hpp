// SPDX-License-Identifier: BSD-3-Clause
// Putting strings together from parts.
#pragma once

#include <string>
#include <string_view>

namespace interlox::bench {

/// The parts, one after the other; each converts to std::string_view. Without the many temporary strings of
/// +.
template <class... Parts>
[[nodiscard]] std::string cat(const Parts&... parts) {
  std::string result;
  (result.append(std::string_view(parts)), ...);
  return result;
}

/// Appends the parts to `text`.
template <class... Parts>
void add(std::string& text, const Parts&... parts) {
  (text.append(std::string_view(parts)), ...);
}

}  // namespace interlox::bench
