// SPDX-License-Identifier: BSD-3-Clause
// Text as characters: UTF-8 that may have anything else between.
//
// A character is a Unicode code point, in a well-formed sequence of UTF-8; and each byte that is in no such
// sequence. Positions count characters, offsets bytes. All functions run on any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace interlox::vm {

/// What stands for a byte outside well-formed UTF-8.
inline constexpr char32_t kReplacementCharacter = 0xfffd;

/// What a file in UTF-8 may begin with: U+FEFF, which is not part of its text.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// How many bytes the character at the start of `text` takes; text is not empty. More than 1 for a
/// well-formed sequence only.
std::size_t sequence_length(std::string_view text) noexcept;

/// How many characters `text` has.
std::size_t count_characters(std::string_view text) noexcept;

/// The offset of the character at `position`; the text's size if there are not so many.
std::size_t offset_of_character(std::string_view text, std::size_t position) noexcept;

/// Whether a character starts, or the text ends, at `offset`, which is at most the text's size. O(1).
bool is_character_boundary(std::string_view text, std::size_t offset) noexcept;

/// The offset at or after `from` where `pattern` stands as whole characters; npos if nowhere.
std::size_t find_text(std::string_view text, std::string_view pattern, std::size_t from) noexcept;

/// The code point of the character at the start of `text`, which is not empty.
char32_t decode_character(std::string_view text) noexcept;

/// Whether the number is a character of Unicode: no surrogate, and at most 0x10FFFF.
constexpr bool is_unicode_scalar(char32_t code_point) noexcept {
  return code_point < 0xd800 || (code_point > 0xdfff && code_point <= 0x10ffff);
}

/// Puts the UTF-8 of a code point behind `text`. False, and nothing done, for what is no character of
/// Unicode: a surrogate, or more than 0x10FFFF. Throws std::bad_alloc.
bool append_character(std::string& text, char32_t code_point);

}  // namespace interlox::vm
