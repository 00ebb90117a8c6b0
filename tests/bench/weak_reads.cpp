// SPDX-License-Identifier: BSD-3-Clause
// Reading weak references whose targets live, and registering them.
#include <algorithm>
#include <memory>
#include <random>

#include "gc/thread.hpp"
#include "tests/bench/weak_forms.hpp"

namespace interlox::bench {
namespace {

/// References in a shuffled order of their addresses, all registered, all targets alive.
template <class Ref>
class Readable {
 public:
  explicit Readable(std::size_t count) : heap_(count) {
    for (std::size_t i = 0; i < count; ++i) heap_.watch(registry_, i);
    std::shuffle(heap_.blocks.begin(), heap_.blocks.end(), std::mt19937_64(1));
    for (const Thing* const target : heap_.targets) sum_ += reinterpret_cast<std::uintptr_t>(target);
  }

  // Whole laps over all references: at least `reads` of them, on each thread from a place of its own.
  [[nodiscard]] Sample time(unsigned threads, std::size_t reads) const {
    const std::size_t size = heap_.blocks.size();
    const std::size_t laps = (reads + size - 1) / size;
    std::vector<std::uintptr_t> sums(threads);
    const auto run = [&](unsigned id, std::size_t times) {
      for (std::size_t lap = 0; lap < times; ++lap) sums[id] += lap_sum(size / threads * id);
    };
    const Sample sample = time_threads<gc::ThreadScope>(
        threads, laps * size, [&](unsigned id) { run(id, 1); }, [&](unsigned id) { run(id, laps); });
    for (const std::uintptr_t sum : sums) expect(sum == sum_ * (laps + 1), Ref::kForm, "read");
    return sample;
  }

 private:
  [[gnu::noinline]] std::uintptr_t lap_sum(std::size_t at) const {
    const auto* const blocks = heap_.blocks.data();
    std::uintptr_t sum = 0;
    for (std::size_t i = at; i < heap_.blocks.size(); ++i) sum += address(*blocks[i]);
    for (std::size_t i = 0; i < at; ++i) sum += address(*blocks[i]);
    return sum;
  }
  static std::uintptr_t address(const typename Ref::Block& block) noexcept {
    return reinterpret_cast<std::uintptr_t>(Ref::get(block));
  }

  typename Ref::Registry registry_;
  Heap<Ref> heap_;
  std::uintptr_t sum_ = 0;
};

// Registers fresh references that each thread has made before. The collector drops them all before the next
// measurement.
template <class Ref>
Sample time_registrations(unsigned threads, std::size_t count) {
  gc::collect();
  typename Ref::Registry registry;
  std::vector<std::unique_ptr<Heap<Ref>>> heaps(threads);
  return time_threads<gc::ThreadScope>(
      threads, count, [&](unsigned id) { heaps[id] = std::make_unique<Heap<Ref>>(count); },
      [&](unsigned id) {
        for (std::size_t i = 0; i < count; ++i) heaps[id]->watch(registry, i);
      });
}

}  // namespace

void run_weak_reads(WeakRun& run) {
  for (const std::size_t cells : kReadSizes) {
    const Readable<CellRef> ours(cells);
    const Readable<PlainRef> plain(cells);
    const Readable<LinkRef> links(cells);
    const std::size_t reads = run.plan().reads;
    run.rounds(
        read_id(cells),
        {{Form::kCell, 0, [&](unsigned threads) { return ours.time(threads, reads); }},
         {Form::kPlain, 0, [&](unsigned threads) { return plain.time(threads, reads); }},
         {Form::kLink, 0, [&](unsigned threads) { return links.time(threads, run.plan().link_reads); }}});
  }
}

void run_registrations(WeakRun& run) {
  const std::size_t count = run.plan().registrations;
  const auto lane = [&]<class Each>(Each /*form*/) {
    return Lane<Form>{Each::kForm, 0,
                      [count](unsigned threads) { return time_registrations<Each>(threads, count); }};
  };
  run.rounds(kRegister, {lane(CellRef{}), lane(LinkRef{})});
}

}  // namespace interlox::bench
