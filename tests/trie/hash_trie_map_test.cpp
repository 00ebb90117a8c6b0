// SPDX-License-Identifier: BSD-3-Clause
// The suites of the map without a collector.
#include <algorithm>
#include <numeric>

#include "trie/std_policy.hpp"

namespace interlox::trie::test {

using TestPolicy = StdPolicy;
struct TestThread {
  TestThread() {}
};
struct TestTrouble {
  TestTrouble() {}
};

}  // namespace interlox::trie::test

#include "tests/trie/map_callback_suite.hpp"
#include "tests/trie/map_concurrent_suite.hpp"
#include "tests/trie/map_iteration_suite.hpp"
#include "tests/trie/map_suite.hpp"
