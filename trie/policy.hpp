// SPDX-License-Identifier: BSD-3-Clause
// The trie: a concurrent hash-trie map on the standard library alone. Start at hash_trie_map.hpp;
// this file says what a map asks of the world around it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace interlox::trie {

/// What a lock of a policy can do: BasicLockable, try_lock, and a statement of contracts.
template <class M>
concept PolicyMutex = std::default_initializable<M> && requires(M& mutex, const M& held) {
  mutex.lock();
  mutex.unlock();
  { mutex.try_lock() } -> std::convertible_to<bool>;
  held.assert_held();
};

/// Where a map gets its atomics, its locks and its memory from.
///
///   atomic<T>        has the interface of std::atomic<T>. A test may make every access a choice
///                    point of its scheduler.
///   mutex            one in every inner node; small, not reentrant, constant-initialised.
///   allocate(bytes, may_hold_pointers)
///                    at least `bytes` bytes, aligned to kNodeAlignment, contents unspecified: the
///                    map writes each field before it links the node. With may_hold_pointers false
///                    the memory will never hold a pointer and a collector need not scan it. Throws
///                    std::bad_alloc or a class derived from it. Called with no lock held, by any
///                    number of threads at once.
///   retired(node, bytes)
///                    the node was unlinked: nobody new can reach it, but threads that were inside
///                    the map may still read it, so it must not be reused before none of them can
///                    (a collector knows; an arena waits for the end of the map). Called exactly
///                    once for each node that was linked and then unlinked, by any thread, with no
///                    lock held. Nodes that were made and never linked are not reported.
///   yield_point()    called between the steps of an operation; does nothing in production.
///
/// The map keeps the policy by value and never copies it after construction.
template <class P>
concept Policy = PolicyMutex<typename P::mutex> && requires(P& policy, void* node, std::size_t bytes) {
  typename P::template atomic<void*>;
  typename P::template atomic<std::uint64_t>;
  { policy.allocate(bytes, true) } -> std::same_as<void*>;
  { policy.retired(node, bytes) }
  noexcept;
  { P::yield_point() }
  noexcept;
};

/// The alignment, in bytes, of what Policy::allocate returns: a granule of the collector.
inline constexpr std::size_t kNodeAlignment = 16;

}  // namespace interlox::trie
