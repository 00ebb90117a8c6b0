// SPDX-License-Identifier: BSD-3-Clause
#include "vm/collecting.hpp"

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "vm/cleanup.hpp"
#include "vm/pruner.hpp"

namespace interlox::vm {

void collect_and_tidy(std::chrono::steady_clock::time_point deadline) noexcept {
  gc::clear_stack();
  gc::collect();
  prune_all_sets();
  await_cleanups(deadline);
}

}  // namespace interlox::vm
