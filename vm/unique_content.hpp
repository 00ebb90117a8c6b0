// SPDX-License-Identifier: BSD-3-Clause
// The way between values of programs and the contents of unique handles.
#pragma once

#include "vm/object.hpp"

namespace interlox::vm {

/// What a program's value is in a handle: itself, or a Tuple of what a list's elements are. Absent if a
/// handle can't hold it; `culprit` is then the value, or the element, that it can't. Throws gc::OutOfMemory,
/// and std::length_error where lists lie in each other more than Tuple::kMaxDepth deep, or in themselves.
Value to_content(Value v, Value& culprit);

/// What a handle's content is for a program: a fresh list for a tuple, a number for an integer, else itself.
/// Absent if no number equals an integer; `culprit` is then that. Throws gc::OutOfMemory.
Value from_content(Value content, Value& culprit);

}  // namespace interlox::vm
