// SPDX-License-Identifier: BSD-3-Clause
// Collections that programs ask for.
#pragma once

#include <chrono>

namespace interlox::vm {

/// How long a program that asks for collections waits for cleanups that block.
inline constexpr std::chrono::seconds kCleanupPatience{1};

/// A full collection; then waits until the dead entries of symbol table and handle table are removed, and
/// until the cleanups that are due have run, or `deadline` (a cleanup that calls this waits for none). Any
/// registered thread.
void collect_and_tidy(std::chrono::steady_clock::time_point deadline =
                          std::chrono::steady_clock::now() + kCleanupPatience) noexcept;

}  // namespace interlox::vm
