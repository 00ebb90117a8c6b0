// SPDX-License-Identifier: BSD-3-Clause
// How values are written; to_text() is in object.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vm/object.hpp"

namespace interlox::vm {

class Thread;

/// Collections that lie deeper in one another than this are written as one that contains itself is: `[...]`.
inline constexpr std::uint32_t kMaxPrintDepth = 200;

/// `v` as it is written inside a collection, where strings are quoted. As to_text().
std::string to_quoted_text(Value v);

/// `v` as a program sees it written: what print, String() and join() ask for, and the one way by which the
/// text of a value may come to run code of the program. Nothing, with the thread's error set, if that fails.
/// Otherwise as to_text().
std::optional<std::string> text_of(Thread& thread, Value v);

/// `v` for the text of an error: quoted, and cut where it would be long. Throws std::bad_alloc only.
std::string to_brief_text(Value v);

}  // namespace interlox::vm
