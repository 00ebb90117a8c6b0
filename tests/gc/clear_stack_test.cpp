// SPDX-License-Identifier: BSD-3-Clause
#include "gc/clear_stack.hpp"

#include <cstddef>

#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;

namespace {

constexpr std::size_t kBlocks = 1500;

// Leaves a frame full of pointers below the caller.
[[gnu::noinline]] void leave_pointers(interlox::test::Watcher& watcher) {
  void* volatile frame[kBlocks];
  for (void* volatile& word : frame) word = watcher.watch(gc::allocate(32));
}

}  // namespace

TEST_CASE("clear_stack forgets what dead frames held") {
  interlox::test::Watcher watcher(kBlocks);
  leave_pointers(watcher);
  CHECK(watcher.collect_until_dead());
}
