// SPDX-License-Identifier: BSD-3-Clause
// How a thread waits before it parks.
#pragma once

namespace interlox::trie::detail {

/// Tells the core that this thread is in a loop that waits for another one.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// How often a thread looks again before it parks: about as long as one change of a leaf takes.
inline constexpr int kSpins = 64;

}  // namespace interlox::trie::detail
