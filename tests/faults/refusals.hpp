// SPDX-License-Identifier: BSD-3-Clause
// What a process that is refused memory (refuse_memory.cpp) shares with whoever has started it: a file that
// both map.
#pragma once

#include <atomic>
#include <cstdint>

namespace interlox::test {

/// The variable that names the file.
inline constexpr const char* kRefusalsVariable = "INTERLOX_REFUSALS";

/// Of the requests for memory, counted from 1 on, `first` to `last` are refused.
struct Refusals {
  std::atomic<std::uint64_t> first;
  std::atomic<std::uint64_t> last;
  std::atomic<std::uint64_t> made;  ///< so many requests there were
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // two processes share it

}  // namespace interlox::test
