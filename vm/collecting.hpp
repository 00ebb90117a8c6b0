// SPDX-License-Identifier: BSD-3-Clause
// Collections that programs ask for.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "vm/object.hpp"

namespace interlox::vm {

/// How long a program that asks for collections waits for cleanups that block.
inline constexpr std::chrono::seconds kCleanupPatience{1};

/// A full collection; then waits until the dead entries of symbol table and handle table are removed, and
/// until the cleanups that are due have run, or `deadline` (a cleanup that calls this waits for none). Any
/// registered thread.
void collect_and_tidy(std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() +
                                                                       kCleanupPatience) noexcept;

/// The collector as a value of programs: the builtin GC. All are alike.
struct Collector : Object {
  /// Throws gc::OutOfMemory.
  static Collector* make();

 private:
  Collector() noexcept : Object(ObjectKind::collector) {}
};

/// A figure of the collector, as programs and scripts see it by this name.
struct Figure {
  const char* name;
  std::uint64_t value = 0;
};

/// The figures of gc::Stats and of cleanups; the node counts only where nodes are counted.
class CollectorFigures {
 public:
  CollectorFigures() noexcept;
  const Figure* begin() const noexcept { return figures_.data(); }
  const Figure* end() const noexcept { return figures_.data() + count_; }

 private:
  std::array<Figure, 12> figures_;
  std::size_t count_;
};
inline CollectorFigures collector_figures() noexcept { return {}; }

}  // namespace interlox::vm
