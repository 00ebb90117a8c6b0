// SPDX-License-Identifier: BSD-3-Clause
// receiver[index], for values of all kinds.
#pragma once

#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// The element of a list, the character of a string, or the value of a map's key. Absent, with the thread's
/// error set, if there is none, or if the receiver has no elements. Throws gc::OutOfMemory, std::bad_alloc.
Value get_element(Thread& thread, Value receiver, Value index);

/// Replaces the element of a list, or gives a map's key that value. False, with the thread's error set, if
/// there is no such element, the key is nan, or the receiver has none that could be set. Throws likewise, and
/// MapTooLarge.
bool set_element(Thread& thread, Value receiver, Value index, Value value);

}  // namespace interlox::vm
