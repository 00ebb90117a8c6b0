// SPDX-License-Identifier: BSD-3-Clause
// The characters of strings, by position: text.hpp says what a character is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vm/object.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

/// The offset of the character at `position`, which is at most their count. O(1) where each is one byte.
std::size_t character_offset(const String& string, std::uint32_t position) noexcept;

/// The position of the character at `offset`, which is a boundary. Likewise.
std::uint32_t character_position(const String& string, std::size_t offset) noexcept;

/// A string of one character. Those of ASCII are made once for the process: so a walk over text does not
/// allocate. Any thread; throws gc::OutOfMemory. To walk over a string, go by sequence_length(): each step
/// is then O(1), whatever the text.
String* character_string(std::string_view character);

/// string[index]: a string of one character. Absent, with the thread's error set, for what is no position:
/// `String index 5 out of bounds for length 3.`. Throws gc::OutOfMemory.
Value string_at(Thread& thread, const String& string, Value index);

}  // namespace interlox::vm
