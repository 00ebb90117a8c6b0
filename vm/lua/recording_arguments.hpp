// SPDX-License-Identifier: BSD-3-Clause
// The arguments that the modules share which record something.
#pragma once

#include <cstddef>

#include "vm/lua/binding.hpp"

namespace interlox::lua {

/// The number of bytes that an optional table {bytes = N} names as the first argument.
std::size_t bytes_option(const Call& call, std::size_t preset, std::size_t least);

/// The path of a file, which lives as long as the argument.
const char* path_argument(const Call& call, int index);

}  // namespace interlox::lua
