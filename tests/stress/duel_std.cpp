// SPDX-License-Identifier: BSD-3-Clause
// The duel on the standard library alone.
#include "tests/stress/duel.hpp"
#include "tests/stress/duel_policy.hpp"
#include "tests/stress/duel_round.hpp"
#include "trie/std_policy.hpp"

namespace interlox::trie::duel {

namespace {

struct StdWorld {
  using Policy = StdPolicy;
  using HarshPolicy = PoisonPolicy;
  struct ThreadScope {
    ThreadScope() {}  // a thread needs nothing
  };
  struct Trouble {
    Trouble() {}  // and nothing gets in its way
  };
};

}  // namespace

std::string play_on_std(const Plan& plan) { return play_in<StdWorld>(plan); }

}  // namespace interlox::trie::duel
