// SPDX-License-Identifier: BSD-3-Clause
#include "vm/range.hpp"

#include <cmath>
#include <new>

#include "gc/heap.hpp"
#include "trie/hash.hpp"

namespace interlox::vm {
namespace {

std::uint64_t hash_end(double d, std::uint64_t seed) noexcept {
  return trie::hash_integer(Value::number(d == 0 ? 0 : d).bits(), seed);  // -0 is equal to 0
}

}  // namespace

Range* Range::make(double from, double to) {
  return ::new (gc::allocate_pointer_free(sizeof(Range))) Range(from, to);
}

std::uint64_t Range::hash(std::uint64_t seed) const noexcept { return hash_end(to, hash_end(from, seed)); }

double Range::length() const noexcept {
  if (!(from < to)) return 0;  // also where one is nan
  // The difference may be rounded up to an integer that it is not, or down to one: then the last element by
  // the figure is not below the end, or one more is.
  const double figure = std::ceil(to - from);
  if (from + (figure - 1) >= to) return figure - 1;
  return from + figure < to ? figure + 1 : figure;
}

}  // namespace interlox::vm
