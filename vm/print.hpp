// SPDX-License-Identifier: BSD-3-Clause
// How values are written; to_text() is in object.hpp.
#pragma once

#include <cstdint>
#include <string>

#include "vm/object.hpp"

namespace interlox::vm {

/// Collections that lie deeper in one another than this are written as one that contains itself is: `[...]`.
inline constexpr std::uint32_t kMaxPrintDepth = 200;

/// `v` as it is written inside a collection, where strings are quoted. As to_text().
std::string to_quoted_text(Value v);

/// `v` for the text of an error: quoted, and cut where it would be long. Throws std::bad_alloc only.
std::string to_brief_text(Value v);

}  // namespace interlox::vm
