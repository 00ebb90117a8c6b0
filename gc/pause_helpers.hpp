// SPDX-License-Identifier: BSD-3-Clause
// Threads that help within a pause: the collector does not know them, and so does not stop them.
//
// Invariants:
//   H1  Work is given out as numbered chunks; who takes one finishes it, and nobody takes one twice.
//   H2  The giver works along, and waits only for chunks that were taken: never for a thread to wake up.
//   H3  The work is the same until all of its chunks are finished.
#pragma once

#include <cstddef>

namespace interlox::gc::detail {

/// One chunk of some work. Called on any helper, all at the same time; bound by the rules of a listener to
/// the collector (gc/events.hpp).
using ChunkFunction = void (*)(void* context, std::size_t chunk) noexcept;

/// Starts a helper for each core but one, once; where that fails there are fewer. Any thread, with no lock
/// held that a collection needs.
void start_pause_helpers() noexcept;

/// In the child of a fork: its helpers are gone.
void forget_pause_helpers() noexcept;

/// Calls function(context, i) once for each i below `chunks`, here and on the helpers; returns when all calls
/// have. Only while the world is stopped (or, in the experiment of gc/weak_concurrent.hpp, after that, with
/// the heap's lock held), by the collecting thread. Takes no lock.
void run_in_pause(std::size_t chunks, ChunkFunction function, void* context) noexcept;

}  // namespace interlox::gc::detail
