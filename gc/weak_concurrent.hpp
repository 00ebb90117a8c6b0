// SPDX-License-Identifier: BSD-3-Clause
// An experiment: weak cells whose dead ones are cleared after the world runs again, so that no pause grows
// with their number. Built with INTERLOX_WEAK_CONCURRENT_CLEARING; gc/weak.hpp is the form without it.
//
// A phase counts what happens to all cells: it is odd from the end of a mark until the cells whose targets it
// has found dead are cleared, which is at kReclaimStart, where the collecting thread still holds the heap's
// lock and nothing is swept. While it is odd a cell may hold the address of a dead target, and a reader asks
// the mark bits. The three loads of a read:
//   - An even phase before the load of the target: all that earlier marks have found dead is cleared.
//   - The same phase after it: no mark has ended in between, so the thread had the address in a register
//     when the next one began, if one has.
// gc/weak_concurrent.pml is a model of this, and tells what goes wrong without each of the steps.
//
// Invariants, beside those of gc/weak.hpp (a cell may break I1 while the phase is odd; no read shows it):
//   W1  The phase changes under the heap's lock. It becomes odd while the world is stopped, and only where a
//       reclamation follows: a mark that is given up leaves it alone. So it is even whenever nobody holds
//       that lock, and at a fork.
//   W2  A reader looks at a mark bit only between a store to its own flag and the next, with the phase read
//       again in between, and odd. Until no flag is set the collection does not go on, so the bits are those
//       of the mark that has ended, and no block that a cell held is reused.
//   W3  A flag is on the list while its thread is registered; the list changes under the heap's lock. A flag
//       may be found set by the collection after: its thread then runs on, sees another phase, and clears it.
//   W4  While the phase is odd, allocation is from lists of the threads alone, whose cells the mark has
//       marked. So what a thread watches then is taken for alive, whether or not its row is looked at.
//   W5  The clearing touches the rows below WeakRegistry::live_ alone, and threads that change the rows touch
//       none of these; so neither waits for the other. Rows are moved under the registry's mutex, which the
//       clearing tries to take, and does without: a thread that forks holds it and waits for the heap's lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace interlox::gc::detail {

/// On a cache line of its own: each read reads it twice, each collection writes it twice.
struct alignas(64) WeakPhase {
  std::atomic<std::uint64_t> count{0};
};
inline constinit WeakPhase weak_phase;

[[nodiscard]] constexpr bool is_clearing(std::uint64_t phase) noexcept { return phase % 2 != 0; }

/// What weak_load() does while dead cells are being cleared, or where it was interrupted by a collection.
[[nodiscard]] void* weak_load_slow(const std::atomic<void*>& cell) noexcept;

/// WeakCell::get(). Lock-free: only a collection that has ended its mark in the middle of it sends it back to
/// its start. Linearizes at the load of the target.
[[nodiscard]] inline void* weak_load(const std::atomic<void*>& cell) noexcept {
  const std::uint64_t phase = weak_phase.count.load(std::memory_order_acquire);  // (3) pairs with (4)
  if (!is_clearing(phase)) [[likely]] {
    void* const target =
        cell.load(std::memory_order_acquire);  // as in gc/weak.hpp, and ahead of the next one
    // relaxed: a thread that was stopped in between finds what was written while it stood
    if (weak_phase.count.load(std::memory_order_relaxed) == phase) [[likely]]
      return target;
  }
  return weak_load_slow(cell);
}

/// The calling thread may read weak cells from now on, or no longer. It is registered; locks the heap.
void add_weak_reader() noexcept;
void remove_weak_reader() noexcept;

/// In the child of a fork: no other thread is left.
void forget_other_weak_readers() noexcept;

/// By the collecting thread: at kMarkEnd, and then at kReclaimStart. The second one clears the cells, and
/// returns once no reader can see a dead target any more.
void begin_weak_clearing() noexcept;
void finish_weak_clearing() noexcept;

}  // namespace interlox::gc::detail
