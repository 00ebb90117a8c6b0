// SPDX-License-Identifier: BSD-3-Clause
// Paths as arguments, and what is said when the system refuses them.
#pragma once

#include <string_view>

#include "vm/native_arguments.hpp"

namespace interlox::stdlib {

/// The first argument as a path, or null with the error set. A NUL in it would cut it short.
const vm::String* path_argument(const vm::Arguments& in);

/// Sets the error `Cannot WHAT 'PATH': REASON.`, the reason by the errno; gives absent.
vm::Value raise_system_error(vm::Thread& thread, std::string_view what, std::string_view path, int error);

}  // namespace interlox::stdlib
