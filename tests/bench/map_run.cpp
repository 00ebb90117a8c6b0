// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/map_run.hpp"

#include <stdexcept>

#include "tests/bench/cat.hpp"

namespace interlox::bench {

Plan Plan::make(bool quick) {
  Plan plan;
  if (!quick) return plan;
  plan.quick = true;
  plan.rounds = 3;
  plan.large = 500'000;
  plan.loads = 400'000;
  plan.changes = 65'536;
  plan.contended = 200'000;
  plan.memory_keys = 250'000;
  plan.tiny_maps = 100'000;
  plan.largest_of_sizes = 131'072;
  return plan;
}

void expect(bool right, Who who, const char* what) {
  if (!right) throw std::runtime_error(cat(name_of(who).text, " gave wrong answers: ", what));
}

}  // namespace interlox::bench
