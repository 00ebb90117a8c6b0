// SPDX-License-Identifier: BSD-3-Clause
// Checks of structures that other threads may be changing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>

namespace interlox::vm {

/// What `check` finds broken, time and again the same: nothing, or its sentence. A check is made for a
/// structure at rest; beside writers it may come upon the middle of a change, such as a lock that is held.
/// That goes by, and what is broken stays. So this waits a fifth of a second at most before it believes a
/// fault. A structure that never rests long enough to be seen the same twice counts as sound. Throws what
/// `check` throws.
template <class Check>
std::optional<std::string> lasting_fault(const Check& check) {
  constexpr int kLooks = 20;
  constexpr std::chrono::milliseconds kPause{10};
  std::optional<std::string> first = check();
  if (!first) return first;
  for (int i = 1; i < kLooks; ++i) {
    std::this_thread::sleep_for(kPause);
    if (check() != first) return std::nullopt;
  }
  return first;
}

}  // namespace interlox::vm
