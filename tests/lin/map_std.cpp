// SPDX-License-Identifier: BSD-3-Clause
// The map on the standard library alone, as a subject.
#include "tests/lin/map_subject.hpp"
#include "tests/stress/duel_policy.hpp"
#include "trie/std_policy.hpp"

namespace interlox::lin {
namespace {

template <class V>
SubjectPointer make_on_std(const Scenario& scenario) {
  using Policy = trie::duel::JumpyPolicy<trie::StdPolicy>;
  return {new MapSubject<V, Policy>(scenario), [](Subject* subject) { delete subject; }};
}

}  // namespace

Species map_on_std() {
  return {"std",
          [](const Scenario& scenario) {
            return scenario.wide ? make_on_std<Wide>(scenario) : make_on_std<std::uint64_t>(scenario);
          },
          draw_map, [](std::function<void()> body) { return std::jthread(std::move(body)); }};
}

}  // namespace interlox::lin
