// SPDX-License-Identifier: BSD-3-Clause
#include "gc/weak_concurrent.hpp"

#include <cassert>
#include <sched.h>

#include "gc/bdwgc.hpp"
#include "gc/moment.hpp"

namespace interlox::gc::detail {

namespace {

// A thread's flag. The collecting thread finds it through the list, not as a thread_local; there is no
// collected pointer in it.
struct Reader {
  std::atomic<bool> probing{false};
  bool listed = false;
  Reader* next = nullptr;
};

constinit thread_local Reader self;
constinit Reader* readers = nullptr;  // W3

// One try under the flag. False if the phase is no longer the one given: then nothing was read.
bool probe(const std::atomic<void*>& cell, std::uint64_t phase, void*& target) noexcept {
  moment("the phase was odd");
  // (1) and (2) are seq_cst, as (5) and (6) are: either the collecting thread sees the flag and waits, or
  // this thread sees the phase that it has moved on to.
  self.probing.store(true, std::memory_order_seq_cst);  // (1)
  moment("the flag is set");
  const bool same = weak_phase.count.load(std::memory_order_seq_cst) == phase;  // (2)
  if (same) {
    moment("the phase was odd still");
    target = cell.load(std::memory_order_acquire);
    if (target != nullptr && GC_is_marked(target) == 0) target = nullptr;  // W2
    moment("the mark was read");
  }
  self.probing.store(false, std::memory_order_release);  // (7) pairs with (6)
  return same;
}

}  // namespace

void* weak_load_slow(const std::atomic<void*>& cell) noexcept {
  assert(self.listed && "weak cells are read by registered threads");
  for (;;) {
    const std::uint64_t phase = weak_phase.count.load(std::memory_order_acquire);  // (3) pairs with (4)
    void* target = nullptr;
    if (is_clearing(phase)) {
      if (probe(cell, phase, target)) return target;
    } else {
      target = cell.load(std::memory_order_acquire);
      if (weak_phase.count.load(std::memory_order_relaxed) == phase) return target;  // relaxed: weak_load()
    }
  }
}

void add_weak_reader() noexcept {
  const HeapLock hold;
  self.next = readers;
  self.listed = true;
  readers = &self;
}

void remove_weak_reader() noexcept {
  const HeapLock hold;
  Reader** at = &readers;
  while (*at != &self) at = &(*at)->next;
  *at = self.next;
  self.listed = false;
}

// A thread that the fork did not copy may have had its flag set, which nobody would clear.
void forget_other_weak_readers() noexcept {
  readers = self.listed ? &self : nullptr;
  self.next = nullptr;
}

void begin_weak_clearing() noexcept {
  // relaxed: the world is stopped
  const std::uint64_t phase = weak_phase.count.load(std::memory_order_relaxed);
  assert(!is_clearing(phase));
  weak_phase.count.store(phase + 1, std::memory_order_relaxed);
}

void finish_weak_clearing() noexcept {
  // relaxed: only the holder of the heap's lock writes it
  const std::uint64_t phase = weak_phase.count.load(std::memory_order_relaxed);
  assert(is_clearing(phase));
  clear_dead_weak_cells();
  // (4) pairs with (3): who finds it even finds the cells cleared. (5) of (1)
  weak_phase.count.store(phase + 1, std::memory_order_seq_cst);
  for (const Reader* reader = readers; reader != nullptr; reader = reader->next) {
    while (reader->probing.load(std::memory_order_seq_cst)) sched_yield();  // (6)
  }
}

}  // namespace interlox::gc::detail
