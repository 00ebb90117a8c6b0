// SPDX-License-Identifier: BSD-3-Clause
// The members of a value by name: for those who suggest, not for those who run.
#pragma once

#include <functional>
#include <string_view>

#include "vm/class.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// Calls visit(name) for each field that the instance `v` has now, and each method of its class; of a class,
/// for the methods that are called on it; of a module, for its members; of any other value, for the members of
/// its builtin class, if it has one. Some may come twice.
void for_each_member(Value v, const std::function<void(std::string_view)>& visit);

/// The same for the methods that instances of `klass` have, inherited ones included.
void for_each_method(const Class& klass, const std::function<void(std::string_view)>& visit);

}  // namespace interlox::vm
