// SPDX-License-Identifier: BSD-3-Clause
// The trie: a concurrent hash-trie map on the standard library alone. Start at hash_trie_map.hpp;
// this file says what a map asks of the world around it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace interlox::trie {

/// Where a map gets its atomics and its memory from.
///
///   atomic<T>        has the interface of std::atomic<T>, wait() and notify_all() included. A test may
///                    make every access a choice point of its scheduler.
///   allocate(bytes, may_hold_pointers)
///                    at least `bytes` bytes, aligned to kNodeAlignment (to 64 for 64 bytes, where that is
///                    cheap: a leaf is then one cache line), contents unspecified: the map writes each
///                    field before it links the node. With may_hold_pointers false the memory will never
///                    hold a pointer and a collector need not scan it; otherwise it may hold pointers to
///                    nodes with a tag of up to 7 in the lowest bits. Throws std::bad_alloc or a class
///                    derived from it. Called with no leaf locked, by any number of threads at once. Must
///                    not use the map itself: while a root shrinks, other changes wait for it.
///   retired(node, bytes)
///                    the node was unlinked: nobody new can reach it, but threads that were inside
///                    the map may still read it, so it must not be reused before none of them can
///                    (a collector knows; an arena waits for the end of the map). Called exactly
///                    once for each node that was linked and then unlinked, by any thread, with no
///                    lock held. Nodes that were made and never linked are not reported.
///   yield_point()    called between the steps of an operation; does nothing in production.
///   this_thread()    only where std::this_thread doesn't tell the threads apart, as in a test that plays all
///                    of them on one: a number for the thread that calls (trie/this_thread.hpp).
///
/// The map keeps the policy by value and never copies it after construction.
template <class P>
concept Policy = requires(P& policy, void* node, std::size_t bytes) {
  typename P::template atomic<std::uintptr_t>;
  typename P::template atomic<std::uint64_t>;
  { policy.allocate(bytes, true) } -> std::same_as<void*>;
  { policy.retired(node, bytes) }
  noexcept;
  { P::yield_point() }
  noexcept;
};

/// What a canonical set (canonical_set.hpp) asks for beyond a map: references that keep nothing alive.
///
///   WeakCell         one word, made empty by its default constructor; the second word of a node that was
///                    allocated with may_hold_pointers false, whose first word is its hash
///     get()          the target, or null: from some moment on for ever. What a thread has got from get(), or
///                    made itself, lives while that thread has it on its stack
///     abandon()      gives the target up, which the caller holds: the cell then counts as never made
///   watch(cell, t)   makes an empty cell refer to t, which the caller holds. Throws as allocate() does.
///   Called
///                    with no leaf locked
///   take_dead(hashes)
///                    up to hashes.size() hashes of the nodes whose cells have become null, each once. Each
///                    call synchronizes with the next one, as under a lock: who finds nothing to take knows
///                    of those who have taken it (CanonicalSet::prune_all)
///   waiting()        how many of those there are to take, as of some moment ago
///   cleared()        how many cells have become null so far, abandoned ones aside
template <class P>
concept WeakPolicy = Policy<P> &&
    requires(P& policy, typename P::WeakCell& cell, void* target, std::span<std::uint64_t> hashes) {
  { std::as_const(cell).get() } -> std::same_as<void*>;
  {cell.abandon()};
  {policy.watch(cell, target)};
  { policy.take_dead(hashes) } -> std::same_as<std::size_t>;
  { policy.waiting() } -> std::convertible_to<std::size_t>;
  { policy.cleared() } -> std::convertible_to<std::uint64_t>;
};

/// The alignment, in bytes, of what Policy::allocate returns: a granule of the collector.
inline constexpr std::size_t kNodeAlignment = 16;

}  // namespace interlox::trie
