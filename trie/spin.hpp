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

/// How often a thread looks again before it parks: about as long as one change of a leaf takes. A policy for
/// tests of the parking may say so itself, by a static kSpins.
template <class P>
inline constexpr int kSpins = 64;
template <class P>
requires requires { P::kSpins; }
inline constexpr int kSpins<P> = P::kSpins;

}  // namespace interlox::trie::detail
