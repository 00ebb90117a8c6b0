// SPDX-License-Identifier: BSD-3-Clause
// What several builtins do with text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vm/list.hpp"
#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::stdlib {

/// `text` without the blanks of ASCII at its ends: spaces, tabs, line ends, form feeds.
std::string_view trim_blanks(std::string_view text) noexcept;

/// Throws std::length_error, with the error's text, if no string can have so many bytes.
void check_text_length(std::size_t length);

/// A string of `text`. Throws gc::OutOfMemory, and std::length_error if it is longer than a string can be.
vm::Value make_text(std::string_view text);

/// Puts `more` behind `text`, if that is then no longer than a string can be; else throws std::length_error.
void append_text(std::string& text, std::string_view more);

/// The elements as print writes them, with `separator` between. Absent, with the thread's error set, if one
/// has no text. Throws as make_text().
vm::Value join_elements(vm::Thread& thread, const vm::List& list, std::string_view separator);

}  // namespace interlox::stdlib
