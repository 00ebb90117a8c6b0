// SPDX-License-Identifier: BSD-3-Clause
#include "tests/lin/scenario.hpp"

#include <algorithm>
#include <sstream>

namespace interlox::lin {
namespace {

/// How crowded a map is: what makes its root grow at the next entry, a leaf split, a chain begin; and at the
/// next removal shrink and merge. The thresholds are those of trie/maintenance.hpp; numbers around them are
/// drawn as well.
void draw_shape(Random& random, Scenario& scenario) {
  constexpr std::array<std::uint8_t, 10> kSpread{0, 1, 3, 4, 7, 8, 12, 15, 16, 40};
  constexpr std::array<std::uint8_t, 4> kShifts{0, 8, 50, 57};
  scenario.hash.kind = static_cast<Hash>(random.below(3));
  switch (scenario.hash.kind) {
    case Hash::kGood:
      scenario.added = kSpread[random.below(kSpread.size())];
      break;
    case Hash::kConstant:
      scenario.added = static_cast<std::uint8_t>(random.below(5));
      break;
    case Hash::kCrowded:
      scenario.hash.distinct = static_cast<std::uint8_t>(6 + random.below(18));
      scenario.hash.places = random.one_in(3) ? 2 : 1;
      scenario.hash.shift = kShifts[random.below(kShifts.size())];
      scenario.added = static_cast<std::uint8_t>(3 + random.below(18));
      break;
  }
  scenario.kept = scenario.added;
  if (random.one_in(2))
    scenario.kept = static_cast<std::uint8_t>(std::min<std::size_t>(random.below(10), scenario.added));
  if (scenario.kept != 0) scenario.initial[kRest] = kRestValue;
}

void draw_times(Random& random, Scenario& scenario) {
  constexpr std::array<std::uint32_t, 5> kPeriods{0, 3, 8, 20, 60};
  scenario.period = kPeriods[random.below(kPeriods.size())];
}

/// A value that nobody else stores, or one of two that come again and again.
Value draw_value(Random& random, unsigned thread, std::size_t step) {
  if (random.one_in(2)) return static_cast<Value>(2 + random.below(2));
  return static_cast<Value>(10 * (thread + 1) + step);
}

Step draw_map_step(Random& random, const std::array<Call, 3>& favourites, std::size_t keys, unsigned thread,
                   std::size_t index) {
  constexpr std::array<Call, 3> kReads{Call::kLoad, Call::kLoadMany, Call::kForEach};
  Call call = static_cast<Call>(random.below(kCalls));
  switch (random.below(4)) {
    case 0:
      break;
    case 1:
      call = kReads[random.below(kReads.size())];
      break;
    default:
      call = favourites[random.below(favourites.size())];
  }
  Step step;
  step.call = static_cast<std::uint8_t>(call);
  step.key = static_cast<std::uint8_t>(random.below(keys));
  step.value = draw_value(random, thread, index);
  step.old = static_cast<Value>(2 + random.below(2));
  step.hashed = random.one_in(4);
  if (random.one_in(16)) step.failing = static_cast<std::uint8_t>(1 + random.below(3));
  return step;
}

Step draw_set_step(Random& random, std::size_t keys, unsigned thread, std::size_t index) {
  constexpr std::array<SetCall, 10> kOften{
      SetCall::kMake,    SetCall::kMake,    SetCall::kMake,    SetCall::kFind,  SetCall::kFind,
      SetCall::kCollect, SetCall::kCollect, SetCall::kCollect, SetCall::kPrune, SetCall::kForEach};
  Step step;
  step.call = static_cast<std::uint8_t>(kOften[random.below(kOften.size())]);
  step.key = static_cast<std::uint8_t>(random.below(keys));
  step.value = static_cast<Value>(10 * (thread + 1) + index);  // an element's number
  if (random.one_in(16)) step.failing = static_cast<std::uint8_t>(1 + random.below(3));
  return step;
}

std::string name(Hash hash) {
  constexpr std::array<const char*, 3> kHashNames{"good", "constant", "crowded"};
  return kHashNames.at(static_cast<std::size_t>(hash));
}

}  // namespace

bool Scenario::has(Call call) const {
  return std::any_of(steps.begin(), steps.end(), [&](const auto& of_thread) {
    return std::any_of(of_thread.begin(), of_thread.end(),
                       [&](const Step& step) { return step.call == static_cast<std::uint8_t>(call); });
  });
}

Scenario draw_map(std::uint64_t seed) {
  Random random(seed);
  Scenario scenario;
  scenario.seed = seed;
  draw_shape(random, scenario);
  draw_times(random, scenario);
  scenario.wide = random.one_in(4);
  const std::size_t keys = 1 + random.below(kAsked);
  for (std::size_t key = 0; key < keys; ++key) {
    if (random.one_in(2)) scenario.initial[key] = static_cast<Value>(2 + random.below(2));
  }
  // Half of the calls are of three kinds, so that each pair of kinds meets often somewhere; and a quarter are
  // reads, since it takes two that disagree to show some faults.
  std::array<Call, 3> favourites{};
  for (Call& call : favourites) call = static_cast<Call>(random.below(kCalls));
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    const std::size_t count = 2 + random.below(2);
    for (std::size_t i = 0; i < count; ++i) {
      scenario.steps[thread].push_back(draw_map_step(random, favourites, keys, thread, i));
    }
  }
  return scenario;
}

Scenario draw_set(std::uint64_t seed) {
  Random random(seed);
  Scenario scenario;
  scenario.seed = seed;
  draw_shape(random, scenario);
  draw_times(random, scenario);
  const std::size_t keys = 1 + random.below(kAsked);
  for (std::size_t key = 0; key < keys; ++key) {
    State& where = random.one_in(2) ? scenario.initial : scenario.dead;
    if (!random.one_in(3)) where[key] = static_cast<Value>(key + 1);
  }
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    const std::size_t count = 2 + random.below(2);
    for (std::size_t i = 0; i < count; ++i) {
      scenario.steps[thread].push_back(draw_set_step(random, keys, thread, i));
    }
  }
  return scenario;
}

std::string text(const Scenario& scenario) {
  std::ostringstream out;
  out << "scenario " << scenario.seed << ": hash " << name(scenario.hash.kind);
  if (scenario.hash.kind == Hash::kCrowded) {
    out << " (" << unsigned{scenario.hash.distinct} << " hashes in " << unsigned{scenario.hash.places}
        << " slots, from bit " << unsigned{scenario.hash.shift} << " on)";
  }
  out << (scenario.wide ? ", wide values" : "") << ", " << unsigned{scenario.added} << " others added, "
      << unsigned{scenario.kept} << " kept, a turn lost in " << scenario.period << " accesses";
  return out.str();
}

}  // namespace interlox::lin
