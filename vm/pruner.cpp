// SPDX-License-Identifier: BSD-3-Clause
#include "vm/pruner.hpp"

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <exception>
#include <mutex>

#include "gc/alarm.hpp"
#include "gc/thread.hpp"
#include "gc/trace.hpp"

namespace interlox::vm {
namespace {

constexpr std::size_t kMost = 8;
constexpr gc::trace::Event kPruneEvent{"prune tables", gc::trace::Category::cleanup};

// Added to under the mutex; read without it, by the collector's listener too: an element is written before
// it counts.
constinit std::mutex adding;
constinit std::array<Prunable, kMost> prunables{};
constinit std::atomic<std::size_t> count{0};

bool is_due(void* /*context*/) noexcept {
  const std::size_t known = count.load(std::memory_order_acquire);  // (1) pairs with (2)
  for (std::size_t i = 0; i < known; ++i) {
    if (prunables[i].needs_pruning(prunables[i].set)) return true;
  }
  return false;
}

[[noreturn]] void prune_for_ever(gc::Alarm* alarm) noexcept {
  gc::trace::name_thread("Pruner");
  for (;;) {
    alarm->wait();
    prune_all_sets();
  }
}

void start() noexcept {
  try {
    gc::start_thread(prune_for_ever, new gc::Alarm(is_due, nullptr)).detach();  // both for ever
  } catch (const std::exception&) {
    return;  // who inserts and who collects prunes, too
  }
}

}  // namespace

void detail::add_prunable(const Prunable& prunable) noexcept {
  const std::lock_guard hold(adding);
  const std::size_t index = count.load(std::memory_order_relaxed);  // relaxed: the mutex orders it
  assert(index < kMost);
  prunables[index] = prunable;
  count.store(index + 1, std::memory_order_release);  // (2) pairs with (1)
  if (index == 0) start();
}

void prune_all_sets() noexcept {
  const gc::trace::Span span(kPruneEvent);
  const std::size_t known = count.load(std::memory_order_acquire);  // (1) pairs with (2)
  for (std::size_t i = 0; i < known; ++i) prunables[i].prune_all(prunables[i].set);
}

}  // namespace interlox::vm
