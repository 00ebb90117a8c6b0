// SPDX-License-Identifier: BSD-3-Clause
// What the figures are measured on.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/results.hpp"

namespace interlox::bench {

/// Processor, caches, memory, kernel, compiler and its options. What can't be found out is left out.
[[nodiscard]] std::vector<Fact> machine_facts();

/// 1, 2, 4, ... up to the cores of this machine; at least 1 and 2, at most 64.
[[nodiscard]] std::vector<unsigned> thread_counts();

/// Now, as "2025-01-31 14:05 UTC".
[[nodiscard]] std::string date_now();

}  // namespace interlox::bench
