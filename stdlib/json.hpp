// SPDX-License-Identifier: BSD-3-Clause
// JSON (RFC 8259) as values of the language: null is nil, arrays are lists, objects are maps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::stdlib {

/// How many arrays and objects may lie in one another.
inline constexpr std::size_t kMaxJsonDepth = 512;
inline constexpr const char* kJsonTooDeep = "JSON is nested too deeply.";

/// The value that `text` stands for; absent, with the thread's error set, if it is not exactly one JSON text.
/// Of equal keys the last wins. Throws gc::OutOfMemory and std::bad_alloc.
vm::Value parse_json(vm::Thread& thread, std::string_view text);

/// Appends `v` to `out`: in one line, or with a line for each element, indented by so many `indent` as it is
/// deep. False, with the thread's error set, if JSON can't hold it. Other threads may change what is written
/// meanwhile. Throws std::bad_alloc.
bool write_json(vm::Thread& thread, vm::Value v, std::string_view indent, std::string& out);

/// The length of the well-formed UTF-8 sequence at the start of `text`, which is not empty; 0 if there is
/// none.
std::size_t utf8_sequence(std::string_view text) noexcept;

}  // namespace interlox::stdlib
