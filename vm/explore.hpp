// SPDX-License-Identifier: BSD-3-Clause
// The page that shows what maps and the collector have done: a recording (gc/recording.hpp) and, in one file
// with it, the program of vm/explore that draws it in a browser. docs/explore.md is its guide.
#pragma once

#include <string_view>

namespace interlox::vm {

/// Writes what was recorded last as a page; `program` is what it calls itself. Recording must be off. 0, or
/// the errno of what went wrong: part of the file may have been written then. Throws std::bad_alloc. Any
/// thread, none of which may start a recording meanwhile.
int write_explore_page(const char* path, std::string_view program);

/// A file of vm/explore, built into the library, by its name; empty if there is none.
std::string_view explore_file(std::string_view name) noexcept;

}  // namespace interlox::vm
