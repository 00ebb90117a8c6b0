// SPDX-License-Identifier: BSD-3-Clause
// Ranges of numbers: a..b.
#pragma once

#include <cstdint>

#include "vm/object.hpp"

namespace interlox::vm {

/// The numbers from, from + 1, ... while they are below `to`. A value: never changes, compared by its ends.
struct Range : Object {
  double from;
  double to;

  /// Throws gc::OutOfMemory.
  static Range* make(double from, double to);

  /// How many numbers these are: an integer, or inf where an end is infinite (but -inf..-inf and inf..inf
  /// are empty). An end that is nan makes it empty.
  double length() const noexcept;

  /// The same for ranges that are equal.
  std::uint64_t hash(std::uint64_t seed) const noexcept;

  friend bool operator==(const Range& a, const Range& b) noexcept { return a.from == b.from && a.to == b.to; }

 private:
  Range(double f, double t) noexcept : Object(ObjectKind::range), from(f), to(t) {}
};

}  // namespace interlox::vm
