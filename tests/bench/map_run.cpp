// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/map_run.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "tests/bench/cat.hpp"
#include "tests/bench/options.hpp"

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

std::vector<unsigned> thread_counts() {
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 2U, 64U);
  std::vector<unsigned> counts;
  for (unsigned count = 1; count < cores; count *= 2) counts.push_back(count);
  counts.push_back(cores);
  return counts;
}

void MapRun::rounds(const std::string& workload, const std::vector<unsigned>& threads,
                    const std::vector<Lane>& lanes) {
  for (int round = 0; round <= plan_.rounds; ++round) {
    progress(round == 0
                 ? cat(workload, ": warming up")
                 : cat(workload, ": round ", std::to_string(round), " of ", std::to_string(plan_.rounds)));
    for (const unsigned count : threads) {
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        const Lane& lane = lanes[(i + static_cast<std::size_t>(round)) % lanes.size()];
        if (lane.most_threads != 0 && count > lane.most_threads) continue;
        const Sample sample = lane.measure(count);
        if (round != 0) add(workload, count, lane.who, sample.wall_ns, sample.cpu_ns);
      }
    }
  }
}

void MapRun::add(const std::string& workload, unsigned threads, Who who, double cost, double cpu) {
  Rounds& rounds = figures_[{workload, threads, who}];
  rounds.cost.push_back(cost);
  rounds.cpu.push_back(cpu);
}

bool MapRun::has(const std::string& workload, unsigned threads, Who who) const {
  return figures_.contains({workload, threads, who});
}

Figure MapRun::cost(const std::string& workload, unsigned threads, Who who) const {
  return summarize(figures_.at({workload, threads, who}).cost);
}

Figure MapRun::cpu(const std::string& workload, unsigned threads, Who who) const {
  return summarize(figures_.at({workload, threads, who}).cpu);
}

std::vector<unsigned> MapRun::threads_of(const std::string& workload) const {
  std::vector<unsigned> counts;
  for (const auto& [key, rounds] : figures_) {
    const auto& [name, threads, who] = key;
    if (name == workload && (counts.empty() || counts.back() != threads)) counts.push_back(threads);
  }
  return counts;
}

}  // namespace interlox::bench
