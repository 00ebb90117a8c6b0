// SPDX-License-Identifier: BSD-3-Clause
// What one collection has done, as it is measured while it runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gc/events.hpp"

namespace interlox::gc {

/// The measures of one collection that has come to its end. Times are nanoseconds of the steady clock, sizes
/// bytes.
struct Collection {
  /// When a step came. At kPreStopWorld what the listeners to it have done is over, otherwise it is to come.
  [[nodiscard]] std::uint64_t at(Event event) const noexcept {
    return times[static_cast<std::size_t>(event)];
  }

  std::uint64_t number = 0;               ///< of those that have begun: 1 for the first
  std::array<std::uint64_t, 10> times{};  ///< what at() reads, in the order of Event; 0: it did not come
  std::uint64_t weak_begin = 0;           ///< when the clearing of dead weak cells began
  std::uint64_t weak_end = 0;             ///< when it was done
  std::uint64_t weak_cleared = 0;         ///< how many cells it has cleared
  std::uint64_t used_before = 0;          ///< in blocks that were not known to be free when it began
  std::uint64_t used_after = 0;           ///< the same at its end
  std::uint64_t heap_bytes = 0;           ///< held from the system at its end
};

/// The steady clock in nanoseconds. Any thread, listeners to the collector too; wait-free.
[[nodiscard]] std::uint64_t now_ns() noexcept;

/// One line about a collection, with its newline, as INTERLOX_DEBUG=gctrace=1 shows it (docs/observing.md):
/// `elapsed` is the time since the collector was started, `paused` the time that the world stood still in
/// all. Returns how many bytes of `line` it takes: all of them if it has been cut. Allocates nothing.
std::size_t describe_collection(const Collection& collection, std::uint64_t elapsed, std::uint64_t paused,
                                std::span<char> line) noexcept;

}  // namespace interlox::gc
