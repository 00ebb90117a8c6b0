// SPDX-License-Identifier: BSD-3-Clause
// The methods of lists that call functions of the program.
//
// A function that changes the list meanwhile changes what the walk finds: each goes by position, from the
// first element to the last that there is when it gets there. What the function raises ends the walk.
#pragma once

#include "vm/native_arguments.hpp"

namespace interlox::stdlib {

/// sort(less?): puts the elements in order, in place and stable, and gives the list. The order is that of
/// less(a, b), or of numbers (nan last) or strings (by code point). The elements are those that the list has
/// at the start, whatever less does to it: they replace all that it has at the end. A failure changes
/// nothing.
vm::Value sort_list(const vm::Arguments& in);

vm::Value map_list(const vm::Arguments& in);     // map(f) -> a list of f(v)
vm::Value filter_list(const vm::Arguments& in);  // filter(f) -> a list of the elements for which f(v) is true
vm::Value reduce_list(const vm::Arguments& in);  // reduce(f, start?) with f(accumulated, v)
vm::Value each_of_list(const vm::Arguments& in);  // each(f) -> nil

}  // namespace interlox::stdlib
