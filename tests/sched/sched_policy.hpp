// SPDX-License-Identifier: BSD-3-Clause
// What a map asks of the world around it (trie/policy.hpp), in the scheduler's world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "tests/support/sched/atomic.hpp"
#include "tests/support/sched/world.hpp"
#include "trie/computation.hpp"

namespace interlox::trie::test::interleave {

using interlox::test::sched::Arena;
using interlox::test::sched::world;
using interlox::test::sched::World;

/// Atomics of the world, and memory of its arena, which may be refused. Threads park at once.
struct SchedPolicy {
  template <class T>
  using atomic = interlox::test::sched::Atomic<T>;
  static constexpr int kSpins = 0;

  static void* allocate(std::size_t bytes, bool may_hold_pointers) {
    if (world.refuses()) throw std::bad_alloc();
    return world.allocate(bytes, may_hold_pointers);
  }
  static void retired(void* node, std::size_t /*bytes*/) noexcept { world.retired(node); }
  static void yield_point() noexcept {}
  static std::uint32_t this_thread() noexcept { return world.running() ? world.view().thread : 0; }
};

}  // namespace interlox::trie::test::interleave

/// What a map keeps of its computations is no part of its tree: the books of the tree know nothing of it.
template <>
class interlox::trie::detail::BorrowedPolicy<interlox::trie::test::interleave::SchedPolicy>
    : public interlox::trie::test::interleave::SchedPolicy {
 public:
  explicit BorrowedPolicy(SchedPolicy& /*lender*/) noexcept {}
  static void retired(void* node, std::size_t /*bytes*/) noexcept {
    using interlox::trie::test::interleave::Arena;
    interlox::trie::test::interleave::world.retired(node, Arena::Account::kOther);
  }
};
