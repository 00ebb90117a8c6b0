// SPDX-License-Identifier: BSD-3-Clause
// The keys: the binary text of 0, 1, 2, ... as in the seed's benchmarks, or 20 decimal digits. Key i has the
// value i + 1 everywhere.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/contenders.hpp"

namespace interlox::bench {

[[nodiscard]] inline std::string binary_text(std::uint64_t number) {
  std::string text(number == 0 ? 1 : std::bit_width(number), '0');
  for (std::size_t i = text.size(); i-- > 0; number >>= 1) text[i] = static_cast<char>('0' + (number & 1));
  return text;
}

[[nodiscard]] inline std::string twenty_digits(std::uint64_t number) {
  std::string text(20, '0');
  for (std::size_t i = text.size(); number != 0; number /= 10)
    text[--i] = static_cast<char>('0' + number % 10);
  return text;
}

/// What a thread asks for, in a shuffled order. The strings were copied in that order, so that they are read
/// from the first to the last and the cache misses are the map's own, as with a shuffled slice in Go.
struct Queries {
  std::vector<std::string> keys;
  std::vector<Value> values;  // of the keys: what a load must find

  [[nodiscard]] std::size_t size() const noexcept { return keys.size(); }

  /// The sum of the values of `count` queries from `begin` on, round and round.
  [[nodiscard]] Value sum(std::size_t begin, std::size_t count) const {
    const auto at = [&](std::size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i); };
    const Value whole = std::accumulate(values.begin(), values.end(), Value{0});
    const std::size_t rest = count % size();
    const Value part = begin + rest <= size()
                           ? std::accumulate(at(begin), at(begin + rest), Value{0})
                           : whole - std::accumulate(at(begin + rest - size()), at(begin), Value{0});
    return whole * static_cast<Value>(count / size()) + part;
  }
};

/// The keys from `first` on, in an order that depends on `shuffle` alone.
[[nodiscard]] inline Queries make_queries(std::size_t first, std::size_t count, unsigned shuffle = 1) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), first);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(shuffle));
  Queries queries;
  queries.keys.reserve(count);
  queries.values.reserve(count);
  for (const std::size_t number : order) {
    queries.keys.push_back(binary_text(number));
    queries.values.push_back(static_cast<Value>(number) + 1);
  }
  return queries;
}

/// Puts in the keys 0 to count - 1, in that order, and lets the map finish what it does lazily.
template <class Map>
void fill(Map& map, std::size_t count, std::string (*text)(std::uint64_t) = binary_text) {
  const typename Map::Thread scope;
  for (std::size_t i = 0; i < count; ++i) map.load_or_store(text(i), static_cast<Value>(i) + 1);
  map.settle(count);
}

}  // namespace interlox::bench
