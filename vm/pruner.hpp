// SPDX-License-Identifier: BSD-3-Clause
// The thread that takes dead entries out of the process's canonical sets.
#pragma once

namespace interlox::vm {

/// A set that elements die in, as the pruner sees it.
struct Prunable {
  void* set;
  bool (*needs_pruning)(const void* set) noexcept;  // may be asked while the world is stopped
  void (*prune_all)(void* set) noexcept;            // any thread; not for long
};

namespace detail {
void add_prunable(const Prunable& prunable) noexcept;
}

/// From now on dead entries are removed from `set`, a trie::CanonicalSet that lives as long as the process,
/// soon after each collection that leaves some. On a thread of its own, which the first call starts; should
/// that fail, inserts and collect_and_tidy() (collecting.hpp) still do it. The calling thread must be
/// registered.
template <class Set>
void keep_pruned(Set& set) noexcept {
  detail::add_prunable({&set,
                        [](const void* of) noexcept { return static_cast<const Set*>(of)->needs_pruning(); },
                        [](void* of) noexcept { static_cast<Set*>(of)->prune_all(); }});
}

/// Returns once all entries are removed that were dead before the call. Any registered thread.
void prune_all_sets() noexcept;

}  // namespace interlox::vm
