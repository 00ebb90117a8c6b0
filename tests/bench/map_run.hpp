// SPDX-License-Identifier: BSD-3-Clause
// One run of the map's benchmarks: how much is done, the rounds, and the figures found.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/contenders.hpp"
#include "tests/bench/figures.hpp"

namespace interlox::bench {

/// How much of everything. --quick keeps every workload and makes some smaller.
struct Plan {
  bool quick = false;
  int rounds = 7;
  std::size_t large = 2'000'000;        // keys of the large maps
  std::size_t loads = 2'000'000;        // a thread and measurement; half of it for cost against size
  std::size_t changes = 400'000;        // deletes with re-inserts, likewise
  std::size_t contended = 1'000'000;    // operations on 8 keys, of all threads
  std::size_t memory_keys = 1'000'000;  // of 20 bytes
  std::size_t tiny_maps = 1'000'000;
  std::size_t largest_of_sizes = 4'194'304;  // cost against size

  [[nodiscard]] static Plan make(bool quick);
};

inline constexpr std::size_t kMedium = 131'072;  // the keys of the seed's large benchmark
inline constexpr std::size_t kBatch = 16;        // keys a call of load_many

class MapRun : public Figures<Who> {
 public:
  explicit MapRun(const Plan& plan) : plan_(plan) {}

  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }

  void rounds(const std::string& workload, const std::vector<unsigned>& threads,
              const std::vector<Lane<Who>>& lanes) {
    Figures::rounds(workload, plan_.rounds, threads, lanes);
  }

 private:
  const Plan plan_;
};

/// Every workload checks what its contenders answered: throws std::runtime_error, naming the culprit.
void expect(bool right, Who who, const char* what);

// The workloads, in the order in which they are run: what counts bytes wants a young heap, and what makes
// small maps should not profit from the heap that a large one left behind. Ids and titles: map_table.hpp.
void run_memory(MapRun& run);
void run_changes(MapRun& run);
void run_loads(MapRun& run);
void run_sizes(MapRun& run);
void run_large_changes(MapRun& run);
void run_collections(MapRun& run);

}  // namespace interlox::bench
