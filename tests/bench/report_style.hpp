// SPDX-License-Identifier: BSD-3-Clause
// The report's style sheet.
#pragma once

#include <string_view>

namespace interlox::bench {

/// CSS for both colour schemes and all widths from a phone's on.
[[nodiscard]] std::string_view report_style() noexcept;

}  // namespace interlox::bench
