// SPDX-License-Identifier: BSD-3-Clause
// The collector's events, for any number of listeners.
#pragma once

#include <cstdint>

namespace interlox::gc {

/// The steps of one collection, in their order. The heap's lock is held by the collecting thread from kStart
/// to kEnd, and the other registered threads stand still from kPostStopWorld to kPreStartWorld. A mark that
/// is given up fires no kMarkEnd but does fire kPreStartWorld, so what needs finished marks hangs on
/// kMarkEnd. (Memory is swept lazily: after kReclaimEnd too, as allocations need it.)
enum class Event : std::uint8_t {
  kStart,           ///< the heap's lock is held
  kPreStopWorld,    ///< the other threads are about to be stopped
  kPostStopWorld,   ///< they stand still
  kMarkStart,       ///< what is reachable is being looked for
  kMarkEnd,         ///< it has been found: is_marked() tells; cells of what is dead are cleared (gc/weak.hpp)
  kPreStartWorld,   ///< the other threads are about to go on
  kPostStartWorld,  ///< they run
  kReclaimStart,    ///< dead blocks are being given to the free lists, as far as that is not left for later
  kReclaimEnd,      ///< that is done
  kEnd,             ///< the heap's lock is about to be let go of
};

/// The event's name in snake_case, for logs.
[[nodiscard]] const char* event_name(Event event) noexcept;

/// A listener is called on the collecting thread with the heap's lock held, and possibly with the world
/// stopped: any other thread may stand anywhere, inside malloc or with any mutex held. So a listener takes
/// no lock, allocates nothing from anywhere, does no I/O, throws nothing, uses no thread_local, and calls
/// nothing of gc/ but is_marked(). It may read and write atomics and memory that never moves.
using EventFunction = void (*)(void* context, Event event) noexcept;

/// How many listeners there may be at once.
inline constexpr int kMaxEventListeners = 16;

/// Adds a listener; called in the order of addition. Throws std::length_error when there are
/// kMaxEventListeners already. Any thread after initialize(), not from a listener; locks the heap, so no
/// collection is under way when it returns, and the next one calls the listener from kStart.
void add_event_listener(EventFunction function, void* context);

/// Removes the listener added with these two values, once if it was added more than once; returns whether
/// there was one. After it returns the listener is not running and won't be called. Otherwise as
/// add_event_listener().
bool remove_event_listener(EventFunction function, void* context) noexcept;

/// True if the collection under way has found the block reachable. Only inside a listener at kMarkEnd. The
/// address is the first byte of a block of the collected heap that no earlier collection has found dead: of
/// a reclaimed block the collector may have forgotten even the page. Takes no lock.
[[nodiscard]] bool is_marked(const void* block) noexcept;

}  // namespace interlox::gc
