// SPDX-License-Identifier: BSD-3-Clause
// The parts of the standard library that are written in the language: stdlib/*.lox, which the build puts into
// the binary (cmake/EmbedSources.cmake).
#pragma once

#include <string_view>

namespace interlox::stdlib {

/// The text of stdlib/MODULE.lox; empty if there is no such file.
std::string_view source_of(std::string_view module) noexcept;

}  // namespace interlox::stdlib
