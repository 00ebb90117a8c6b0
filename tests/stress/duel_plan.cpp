// SPDX-License-Identifier: BSD-3-Clause
#include "tests/stress/duel_plan.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "tests/trie/map_kit.hpp"

namespace interlox::trie::duel {

namespace {

using test::kScale;
using test::Random;

// The most keys of a round: chains and long shared prefixes cost time that goes with the square.
std::size_t most_keys(Hash hash) {
  switch (hash) {
    case Hash::kConstant:
      return 64;
    case Hash::kLowBits:
    case Hash::kHighBits:
    case Hash::kOneLeaf:
      return 512;
    case Hash::kTopByte:
      return 4096;
    case Hash::kBothEnds:
    case Hash::kBuckets:
      return 20'000;
    default:
      return 100'000;
  }
}

enum class Size : std::uint8_t { kSmall, kMedium, kLarge };

template <std::size_t count>
std::size_t one_of(Random& random, const std::array<std::size_t, count>& choices) {
  return choices[random.below(count)];
}

// Half of the rounds are small, where threads meet most, and few large, which take most of the time.
Size draw_size(Random& random) {
  const std::size_t luck = random.below(32);
  return luck < 16 ? Size::kSmall : luck < 30 ? Size::kMedium : Size::kLarge;
}

void draw_keys(Plan& plan, Size size, Random& random) {
  const std::size_t most =
      std::max<std::size_t>(64, most_keys(plan.hash.kind) / static_cast<std::size_t>(kScale));
  const std::size_t own = size == Size::kSmall    ? one_of<4>(random, {8, 16, 32, 64})
                          : size == Size::kMedium ? one_of<4>(random, {64, 256, 1000, 4000})
                                                  : one_of<3>(random, {20'000, 20'000, 100'000});
  plan.own = (std::min(own, most) + plan.threads - 1) / plan.threads * plan.threads;
  plan.clears = random.below(6) == 0;
  if (!plan.clears) {
    const bool small = size == Size::kSmall;
    plan.residents = std::min(one_of<4>(random, {0, 3, small ? 0U : 40U, small ? 10U : 1000U}), most / 4);
    plan.shared = std::min(one_of<4>(random, {small ? 4U : 0U, 8, 16, small ? 32U : 512U}), most / 4);
    if (plan.shared != 0) plan.shared_percent = static_cast<unsigned>(one_of<3>(random, {10, 50, 90}));
  }
  plan.hash.buckets = static_cast<std::uint32_t>(1 + plan.keys() / (2 + random.below(16)));
}

void draw_phases(Plan& plan, Random& random) {
  plan.phases.push_back(Phase::kFill);
  for (std::size_t more = random.below(5); more > 0; --more) {
    constexpr std::array kPhases{Phase::kChurn, Phase::kChurn, Phase::kDrain, Phase::kFill};
    plan.phases.push_back(kPhases[random.below(kPhases.size())]);
  }
  if (random.below(3) != 0) plan.phases.push_back(Phase::kDrain);
}

// So many cycles that the round lasts some tens of milliseconds, or one of a large map.
void draw_length(Plan& plan, Size size, Random& random) {
  plan.jitter = static_cast<std::uint32_t>(size == Size::kSmall    ? one_of<4>(random, {0, 5, 15, 50})
                                           : size == Size::kMedium ? one_of<4>(random, {0, 15, 150, 1500})
                                                                   : one_of<2>(random, {0, 1500}));
  const std::size_t slowness = plan.jitter == 0 ? 1 : 1 + 50 / plan.jitter;
  const std::size_t budget = (20'000 + random.below(80'000)) / static_cast<std::size_t>(kScale) / slowness;
  const std::size_t cycle = plan.phases.size() * plan.own * 100 / (100 - plan.shared_percent);
  plan.in_step = random.below(2) == 0;
  // Meeting costs more than the few operations of a short phase.
  plan.cycles = static_cast<unsigned>(std::clamp<std::size_t>(budget / cycle, 1, plan.in_step ? 200 : 2000));
}

}  // namespace

Plan make_plan(std::uint64_t seed, unsigned round, unsigned most_threads) {
  Random random(hash_integer(round, seed));
  Plan plan;
  plan.seed = seed;
  plan.round = round;
  plan.strings = random.below(2) == 0;
  plan.wide = random.below(2) == 0;
  plan.hash.kind = random.below(8) == 0 ? Hash::kGood : static_cast<Hash>(random.below(kHashes));
  plan.threads = random.below(8) == 0   ? 1 + static_cast<unsigned>(random.below(most_threads))
                 : random.below(3) != 0 ? most_threads
                                        : std::min(2U, most_threads);
  const Size size = draw_size(random);
  draw_keys(plan, size, random);
  draw_phases(plan, random);
  draw_length(plan, size, random);
  plan.walkers = std::min(plan.threads, static_cast<unsigned>(random.below(3)));
  plan.failures = std::array{0U, 0U, 0U, 2U, 32U}[random.below(5)];
  plan.drains = random.below(8) != 0;
  return plan;
}

std::size_t Plan::window(unsigned cycle) const {
  return std::max<std::size_t>(1, own_per_thread() >> (3 * (hash_integer(cycle, seed + round) % 3)));
}

bool Plan::checked_after(unsigned cycle, std::size_t phase) const {
  // About every two hundred keys' worth of operations, so that checking takes a small part of the time.
  const std::size_t rarity = 1 + 10 * keys() / (1 + window(cycle) * threads);
  return hash_integer(cycle * 64 + phase, ~seed) % rarity == 0;
}

std::string Plan::text() const {
  std::ostringstream out;
  out << "seed " << seed << ", round " << round << ": " << (strings ? "string" : "integer") << " keys, "
      << (wide ? "24-byte" : "int") << " values, hash: " << hash.kind;
  if (hash.kind == Hash::kBuckets) out << " (" << hash.buckets << ")";
  out << ", " << threads << " threads, " << residents << " resident, " << shared << " shared ("
      << shared_percent << " %), " << own << " own keys, " << cycles << " x";
  for (const Phase phase : phases) {
    out << ' ' << std::array{"fill", "churn", "drain"}.at(static_cast<std::size_t>(phase));
  }
  if (in_step) out << " in step";
  if (walkers != 0) out << ", " << walkers << " iterating";
  if (clears) out << ", clears";
  if (jitter != 0) out << ", a turn lost in " << jitter;
  if (failures != 0) out << ", an allocation fails in 1 of " << failures;
  if (drains) out << ", drained";
  return out.str();
}

}  // namespace interlox::trie::duel
