// SPDX-License-Identifier: BSD-3-Clause
// A round of the duel under each policy. Returns what failed, or an empty string.
#pragma once

#include <cstdint>
#include <string>

#include "tests/stress/duel_plan.hpp"

namespace interlox::trie::duel {

[[nodiscard]] std::string play_on_std(const Plan& plan);

// In programs that have a collector. The first of these is called before all, on the main thread; the last on
// the main thread too, whose stack the collector scans.
void start_collector();
[[nodiscard]] std::uint64_t collections();
[[nodiscard]] std::string play_on_collected_heap(const Plan& plan);

}  // namespace interlox::trie::duel
