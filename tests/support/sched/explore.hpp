// SPDX-License-Identifier: BSD-3-Clause
// Many executions of the same programs, each judged; and one of them again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/sched/world.hpp"

namespace interlox::test::sched {

/// An execution that went wrong.
struct Failure {
  std::string what;
  std::vector<Decision> decisions;
};

struct Counts {
  std::uint64_t schedules = 0;  // that came to their end and were judged
  std::uint64_t redundant = 0;  // that were given up
  std::uint64_t restarts = 0;   // as one more place was found to be shared
  std::uint64_t cut = 0;        // explorations that were ended before their end
  std::uint64_t most_steps = 0;
  void add(const Counts& other) noexcept;
};

/// Says what is wrong once all threads are done; nothing: empty.
using Judge = std::function<std::string()>;

/// All executions of these programs within the bounds, or the first one that goes wrong, of those with the
/// fewest deviations. Ends before, and counts as cut, after `most`.
std::optional<Failure> explore_all(std::span<const World::Program> programs, World::Bounds bounds,
                                   const Judge& judge, Counts& counts,
                                   std::uint64_t most = ~std::uint64_t{0});

/// As many executions at random; the nth one depends on seed + n alone.
std::optional<Failure> explore_some(std::span<const World::Program> programs, const Judge& judge,
                                    const World::Bounds& bounds, std::uint64_t seed, std::uint64_t executions,
                                    Counts& counts);

/// One execution again, telling each of its accesses. Returns what goes wrong.
std::string replay(std::span<const World::Program> programs, const Judge& judge,
                   const std::vector<Decision>& decisions,
                   const std::function<void(const std::string&)>& tell);

/// Decisions as text without spaces, and back; nothing if that is no such text.
std::string to_text(const std::vector<Decision>& decisions);
std::optional<std::vector<Decision>> to_decisions(std::string_view text);

}  // namespace interlox::test::sched
