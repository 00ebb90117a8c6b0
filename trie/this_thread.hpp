// SPDX-License-Identifier: BSD-3-Clause
// Which thread this is: to see that it waits for itself, and to count beside others.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <thread>

namespace interlox::trie::detail {

/// Policies that tell threads apart themselves (policy.hpp).
template <class P>
concept NamesThreads = requires {
  { P::this_thread() }
  noexcept->std::convertible_to<std::uint32_t>;
};

/// What no other thread that runs has.
template <class P>
auto this_thread() noexcept {
  if constexpr (NamesThreads<P>) {
    return P::this_thread();
  } else {
    return std::this_thread::get_id();
  }
}

/// A small number that is this thread's for good. Threads share one after some billions.
inline std::uint32_t thread_ordinal() noexcept {
  static std::atomic<std::uint32_t> threads{0};
  static constinit thread_local std::uint32_t mine = 0;
  // relaxed: only a number
  if (mine == 0) [[unlikely]]
    mine = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  return mine;
}

/// The same, as the policy has it.
template <class P>
std::uint32_t ordinal_of_thread() noexcept {
  if constexpr (NamesThreads<P>) {
    return P::this_thread();
  } else {
    return thread_ordinal();
  }
}

}  // namespace interlox::trie::detail
