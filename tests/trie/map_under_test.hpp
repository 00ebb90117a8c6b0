// SPDX-License-Identifier: BSD-3-Clause
// The map that the suites of a program run on. Before it includes them, the program says in
// interlox::trie::test
//   TestPolicy    the policy of the maps
//   TestThread    an object that each thread of a test holds: makes it known to whatever TestPolicy needs
//   TestTrouble   an object that lives while threads run: what goes on beside them
//   MapUnderTest<Key, Value, Traits, P, ValueEqual = std::equal_to<Value>>
//                 the map: HashTrieMap, or the reference map
#pragma once

#include "tests/support/catch.hpp"
#include "tests/trie/map_threads.hpp"

namespace interlox::trie::test {

template <class Value, class P = TestPolicy>
using TestMap = MapUnderTest<String, Value, TestKeys, P>;

/// Fails the test unless the operation gives `want`. For tests of many steps, each of which REQUIRE and
/// CAPTURE would slow down by far.
template <class Map, class Query>
void expect(Map& map, Op op, const Query& key, int old, int value, const Answer& want) {
  const Answer got = apply(map, op, key, old, value);
  if (got != want) FAIL(op << " of " << key << " gives " << got << ", not " << want);
}

}  // namespace interlox::trie::test
