// SPDX-License-Identifier: BSD-3-Clause
// What --stats shows.
#pragma once

namespace interlox::cli {

/// Writes what heap, collections, tables and maps have come to to standard error, as docs/observing.md says.
/// Any thread, even one that is unknown to the collector; needs no memory, locks the heap.
void show_statistics() noexcept;

}  // namespace interlox::cli
