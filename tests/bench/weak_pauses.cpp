// SPDX-License-Identifier: BSD-3-Clause
// What weak references add to a full collection: to the time that the world is stopped, and to the whole of
// it, in which whoever needs the heap's lock waits.
#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>

#include "gc/clear_stack.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "tests/bench/weak_forms.hpp"

namespace interlox::bench {
namespace {

struct Times {
  double pause_ms = 0;
  double whole_ms = 0;
};

Times time_collection() {
  const auto begin = Clock::now();
  gc::collect();
  const std::chrono::duration<double, std::milli> whole = Clock::now() - begin;
  return {static_cast<double>(gc::stats().pause_ns_last) / 1e6, whole.count()};
}

std::vector<std::size_t> order_of(std::size_t count, Order order) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (order == Order::kShuffled) std::shuffle(all.begin(), all.end(), std::mt19937_64(1));
  return all;
}

// The collection that finds `dead` of 100 targets dead, spread evenly over the heap. `watched`: the
// references are registered; else it is the same heap without.
template <class Ref>
[[gnu::noinline]] Times time_dying(std::size_t count, unsigned dead, Order order, bool watched) {
  typename Ref::Registry registry;
  Heap<Ref> heap(count);
  if (watched) {
    for (const std::size_t i : order_of(count, order)) heap.watch(registry, i);
  }
  gc::collect();
  gc::collect();  // nothing else is left to die, and all that lives is marked once more
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 100 < dead) heap.targets[i] = nullptr;
  }
  const Times times = time_collection();
  if (!watched) return times;
  std::size_t null = 0;
  for (const auto* const block : heap.blocks) null += Ref::get(*block) == nullptr ? 1 : 0;
  const std::size_t due = count / 100 * dead;  // one or the other may be kept by chance
  expect(null <= due && null + 100 >= due, Ref::kForm, "after a collection");
  return times;
}

// On a thread of its own, whose stack keeps nothing of the measurements before.
template <class Ref>
Times time_aside(std::size_t count, unsigned dead, Order order, bool watched) {
  Times times;
  gc::start_thread([&] { times = time_dying<Ref>(count, dead, order, watched); }).join();
  gc::collect();  // its heap goes
  return times;
}

// What the references of one form add, in one round: a collection with them less one without.
template <class Ref>
void measure_added(WeakRun& run, std::size_t count, unsigned dead, Order order, bool counts) {
  const Times without = time_aside<Ref>(count, dead, order, false);
  const Times with = time_aside<Ref>(count, dead, order, true);
  if (!counts) return;
  constexpr double kNothing = 0.001;  // less can't be told from noise, and the difference may be below 0
  run.add(pause_id(count, order), dead, Ref::kForm, std::max(with.pause_ms - without.pause_ms, kNothing));
  run.add(collection_id(count, order), dead, Ref::kForm,
          std::max(with.whole_ms - without.whole_ms, kNothing));
}

void run_pauses_of(WeakRun& run, std::size_t count, Order order) {
  const int rounds = run.plan().rounds;
  for (int round = 0; round <= rounds; ++round) {
    WeakRun::show_round(pause_id(count, order), round, rounds);
    for (const unsigned dead : kDead) {
      const bool links_first = round % 2 == 1;
      if (links_first) measure_added<LinkRef>(run, count, dead, order, round != 0);
      measure_added<CellRef>(run, count, dead, order, round != 0);
      if (!links_first) measure_added<LinkRef>(run, count, dead, order, round != 0);
    }
  }
}

}  // namespace

void run_pauses(WeakRun& run) {
  for (const std::size_t count : kPauseSizes) run_pauses_of(run, count, Order::kAllocated);
  run_pauses_of(run, kPauseSizes.back(), Order::kShuffled);
}

}  // namespace interlox::bench
