// SPDX-License-Identifier: BSD-3-Clause
// The table of the map's targets, as data: what is measured, and how much better ours must be than whom.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/map_run.hpp"
#include "tests/bench/results.hpp"

namespace interlox::bench {

// The ids of the workloads.
inline constexpr const char* kLoadEight = "load-8";
inline constexpr const char* kLoad128 = "load-128";
inline constexpr const char* kLoadMedium = "load-medium";
inline constexpr const char* kLoadLarge = "load-large";
inline constexpr const char* kLoadAbsent = "load-absent";
inline constexpr const char* kManyMedium = "load-many-medium";
inline constexpr const char* kManyLarge = "load-many-large";
inline constexpr const char* kFillMedium = "fill-medium";
inline constexpr const char* kFillLarge = "fill-large";
inline constexpr const char* kChurn = "churn";
inline constexpr const char* kContention = "contention";
inline constexpr const char* kBytes = "bytes";
inline constexpr const char* kTiny = "tiny";
inline constexpr const char* kEmpty = "empty";
inline constexpr const char* kCollection = "collection";

/// The sizes of cost against size: 8, 32, 128, ... and `largest`.
[[nodiscard]] std::vector<std::size_t> sizes(std::size_t largest);
[[nodiscard]] std::string size_id(std::size_t keys);

/// What a workload is called, and in what its figures are shown.
struct Workload {
  std::string id;
  std::string title;
  std::string unit;
  bool speed = true;  // shown as operations a second; else a cost, as it was measured
  std::string note;
};

/// All workloads that have a chart of their own, in the order of the report.
[[nodiscard]] std::vector<Workload> workloads(const Plan& plan);

/// The targets, judged. The figures of all workloads must be there.
[[nodiscard]] std::vector<Target> judge(const MapRun& run);

/// A cost as the figure of the workload's unit.
[[nodiscard]] Figure shown(const Workload& workload, const Figure& cost);

/// Where ours must reach for the targets of a workload with so many threads.
[[nodiscard]] std::vector<Mark> marks(const MapRun& run, const Workload& workload, unsigned threads);

/// The better of the two locked maps in this workload.
[[nodiscard]] Who best_locked(const MapRun& run, const std::string& workload, unsigned threads);
/// The best of TBB, libcuckoo and cds_lfht.
[[nodiscard]] Who best_concurrent(const MapRun& run, const std::string& workload, unsigned threads);

}  // namespace interlox::bench
