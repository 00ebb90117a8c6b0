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

/// What a map does to its structure, beside linking and unlinking single entries.
enum class StructureEvent : std::uint8_t {
  kGrowth,     ///< the root has been replaced by one of twice the size
  kShrinkage,  ///< by one of half the size
  kClear,      ///< by an empty one, and the old tree is closed
  kSplit,      ///< a full leaf has been replaced
  kMerge,      ///< a branch has been replaced by one leaf
  kWait,       ///< a thread has waited for a leaf's lock or a frozen slot, longer than it spins
};

/// A policy that wants to be told, which none has to:
///
///   clock()          a time, or 0 when nobody wants to know how long things take
///   noted(event, began, slots)
///                    it has happened, from `began`, which clock() gave (0 for splits and merges, which are
///                    too many and too short to be timed), to now; `slots` is the size of the new root, of
///                    the old one for kClear, else 0. Called with no lock held but for kWait, which a thread
///                    that holds a leaf may have waited; by any number of threads at once. Must not use the
///                    map.
template <class P>
concept NotedPolicy = requires(std::uint64_t began, std::size_t slots) {
  { P::clock() }
  noexcept->std::same_as<std::uint64_t>;
  { P::noted(StructureEvent::kWait, began, slots) }
  noexcept;
};

/// A policy that wants to see each change of a tree, so that every moment of it can be drawn again:
///
///   recorder()       null while nobody wants that; else a pointer to what takes it down, whose functions are
///                    those that trie/record.hpp calls: lock() and unlock() around a change, for one thread
///                    at a time; births of nodes with what they hold; changes of single words. It learns of
///                    retired nodes by retired().
template <class P>
concept RecordedPolicy = requires {
  P::recorder()->unlock();
};

namespace detail {

/// What these do for a policy that does not want to be told is nothing.
template <class P>
std::uint64_t clock() noexcept {
  if constexpr (NotedPolicy<P>) return P::clock();
  return 0;
}
template <class P>
void note(StructureEvent event, std::uint64_t began = 0, std::size_t slots = 0) noexcept {
  if constexpr (NotedPolicy<P>) P::noted(event, began, slots);
}

}  // namespace detail

/// What a canonical set (canonical_set.hpp) asks for beyond a map: references that keep nothing alive.
///
///   WeakCell         one word, made empty by its default constructor; the second word of a node that was
///                    allocated with may_hold_pointers false, whose first word is its hash
///     get()          the target, or null: from some moment on for ever. What a thread has got from get(), or
///                    made itself, lives while that thread has it on its stack
///     abandon()      gives the target up, which the caller holds: the cell then counts as never made
///   watch(cell, t)   makes an empty cell refer to t, which the caller holds. Throws as allocate() does.
///                    Called with no leaf locked
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
