// SPDX-License-Identifier: BSD-3-Clause
// The suites of the map without a collector.
#include "trie/hash_trie_map.hpp"

#include <functional>

#include "trie/std_policy.hpp"

namespace interlox::trie::test {

using TestPolicy = StdPolicy;
struct TestThread {
  TestThread() {}
};
struct TestTrouble {
  TestTrouble() {}
};
template <class Key, class Value, class Traits, class P, class ValueEqual = std::equal_to<Value>>
using MapUnderTest = HashTrieMap<Key, Value, Traits, P, ValueEqual>;

}  // namespace interlox::trie::test

#include "tests/trie/map_callback_suite.hpp"
#include "tests/trie/map_compute_suite.hpp"
#include "tests/trie/map_concurrent_suite.hpp"
#include "tests/trie/map_extra_suite.hpp"
#include "tests/trie/map_iteration_suite.hpp"
#include "tests/trie/map_suite.hpp"
