// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace interlox::test {

/// Called by main() before Catch2 runs. Does nothing unless the program defines it: gc_main.cpp
/// does, to start the collector.
void before_tests();

}  // namespace interlox::test
