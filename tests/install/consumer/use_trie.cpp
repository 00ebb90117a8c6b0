// SPDX-License-Identifier: BSD-3-Clause
// The map alone, without a collector.
#include <cstdio>
#include <string_view>

#include "trie/hash_trie_map.hpp"
#include "trie/std_policy.hpp"

int main() {
  interlox::trie::HashTrieMap<int, int> squares;
  for (int i = 0; i < 1000; ++i) squares.store(i, i * i);
  squares.erase(7);
  std::printf("%zu %d %s\n", squares.count(), squares.load(12).value(), squares.load(7) ? "there" : "gone");
}
