// SPDX-License-Identifier: BSD-3-Clause
// The map on the collected heap, as a subject.
#include <new>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/lin/map_subject.hpp"
#include "tests/stress/duel_policy.hpp"

namespace interlox::lin {
namespace {

template <class V>
SubjectPointer make_collected(const Scenario& scenario) {
  using Collected = MapSubject<V, trie::duel::JumpyPolicy<gc::TriePolicy>>;
  return {::new (gc::allocate_uncollectable(sizeof(Collected))) Collected(scenario), [](Subject* subject) {
            subject->~Subject();
            gc::free_uncollectable(subject);
          }};
}

}  // namespace

Species map_on_collected_heap() {
  gc::initialize();
  return {"gc",
          [](const Scenario& scenario) {
            return scenario.wide ? make_collected<Wide>(scenario) : make_collected<std::uint64_t>(scenario);
          },
          draw_map, [](std::function<void()> body) { return gc::start_thread(std::move(body)); }};
}

}  // namespace interlox::lin
