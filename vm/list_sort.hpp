// SPDX-License-Identifier: BSD-3-Clause
// Sorting lists in place, stable.
//
// What is sorted are the elements that the list has at the start: they replace all that it has at the end,
// whatever the order's function, or another thread, does to it meanwhile. A failure leaves the list alone.
#pragma once

#include "vm/list.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

/// Sorts by a function of the program: order(a, b) says whether a comes before b. An order that contradicts
/// itself gives some order of all the elements. False, with the thread's error set, if a call fails. Throws
/// gc::OutOfMemory.
bool sort_by(Thread& thread, List& list, Value order);

/// Sorts numbers (nan last) or strings (by code point). False, with the thread's error set, if there are two
/// elements or more that are not all of one of these types. Throws likewise.
bool sort_by_nature(Thread& thread, List& list);

}  // namespace interlox::vm
