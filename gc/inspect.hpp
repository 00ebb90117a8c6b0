// SPDX-License-Identifier: BSD-3-Clause
// A look at the whole heap at one moment: all live blocks, while every other thread stands still.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interlox::gc {

/// A block that a collection has found alive.
struct LiveBlock {
  /// What the collector looks for in a block.
  enum class Kind : std::uint8_t {
    kScanned,        ///< pointers, as of allocate()
    kPointerFree,    ///< nothing, as of allocate_pointer_free()
    kUncollectable,  ///< pointers, and it is a root, as of allocate_uncollectable()
  };
  const void* address;  ///< its first byte
  std::size_t bytes;    ///< what it takes in the heap: at least what was asked for
  Kind kind;            ///< how it was allocated
};

/// Collects, and calls function(context) once at the end of the mark: the other registered threads stand
/// still, dead weak cells are cleared, and what is found is the heap of one moment. The function keeps the
/// rules of a listener (events.hpp): no lock, no malloc, no I/O through stdio, no thread_local, nothing of
/// gc/ but for_each_live_block(). System calls such as mmap are right. The function may run on another
/// thread, whose collection came first; what it has done is seen when this returns.
///
/// Returns false, and the function was not called, where there are no collections: without a collector, or
/// when a program that uses bdwgc itself has turned them off. The calling thread must be registered. Throws
/// std::length_error when there are too many listeners.
[[nodiscard]] bool inspect_heap(void (*function)(void* context) noexcept, void* context);

/// Calls visit(context, block) for each live block, in no order. Inside the function of inspect_heap() only.
void for_each_live_block(void (*visit)(void* context, const LiveBlock& block), void* context) noexcept;

}  // namespace interlox::gc
