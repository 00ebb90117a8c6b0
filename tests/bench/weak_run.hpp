// SPDX-License-Identifier: BSD-3-Clause
// One run of the benchmarks of weak references: who is measured, how much is done, and the figures found.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/figures.hpp"

namespace interlox::bench {

enum class Form { kCell, kPlain, kLink, kHandle, kSymbol, kMap };

struct FormName {
  const char* text;  // weak_part.cpp says more of each
  Role role;
};

[[nodiscard]] inline const FormName& name_of(Form form) {
  static constexpr std::array<FormName, 6> kNames{{
      {"weak cell", Role::kOurs},
      {"plain load", Role::kCeiling},
      {"disappearing link", Role::kBaseline},
      {"unique handle", Role::kOurs},
      {"symbol", Role::kVariant},
      {"map", Role::kCeiling},
  }};
  return kNames[static_cast<std::size_t>(form)];
}

/// How much of everything. --quick keeps every workload.
struct WeakPlan {
  bool quick = false;
  int rounds = 7;
  std::size_t reads = 5'000'000;        // a thread and measurement
  std::size_t link_reads = 1'000'000;   // likewise
  std::size_t registrations = 200'000;  // likewise; and of new handles
  std::size_t makes = 2'000'000;        // of handles that exist; likewise

  [[nodiscard]] static WeakPlan make(bool quick) {
    if (!quick) return {};
    return {.quick = true,
            .rounds = 3,
            .reads = 1'000'000,
            .link_reads = 200'000,
            .registrations = 50'000,
            .makes = 500'000};
  }
};

class WeakRun : public Figures<Form> {
 public:
  explicit WeakRun(const WeakPlan& plan) : plan_(plan) {}

  [[nodiscard]] const WeakPlan& plan() const noexcept { return plan_; }

  void rounds(const std::string& workload, const std::vector<Lane<Form>>& lanes) {
    Figures::rounds(workload, plan_.rounds, {1, 2}, lanes);
  }

 private:
  const WeakPlan plan_;
};

/// Every workload checks what it reads: throws std::runtime_error, naming the culprit.
void expect(bool right, Form form, const char* what);

// How many cells are read from, and how many handles there are when a collection comes.
inline constexpr std::array<std::size_t, 2> kReadSizes{1'000, 100'000};
inline constexpr std::array<std::size_t, 3> kPauseSizes{10'000, 100'000, 1'000'000};
// How many strings there are whose handles are asked for.
inline constexpr std::array<std::size_t, 3> kPresentSizes{10'000, 131'072, 1'000'000};
// Of 100 targets so many have died; stands where Figures has the number of threads.
inline constexpr std::array<unsigned, 3> kDead{0, 50, 100};

/// In which order the handles were registered, seen from where they lie in the heap.
enum class Order { kAllocated, kShuffled };

// The ids of the workloads.
inline constexpr const char* kRegister = "register";
inline constexpr const char* kNew = "new";
inline constexpr const char* kHandleBytes = "bytes-a-handle";
inline constexpr const char* kLeftBehind = "left-behind";  // dead entries
[[nodiscard]] std::string present_id(std::size_t strings);
[[nodiscard]] std::string read_id(std::size_t cells);
/// What handles add to the time that the world is stopped, and to a full collection as a whole.
[[nodiscard]] std::string pause_id(std::size_t handles, Order order);
[[nodiscard]] std::string collection_id(std::size_t handles, Order order);

void run_weak_reads(WeakRun& run);
void run_registrations(WeakRun& run);
void run_pauses(WeakRun& run);
void run_present(WeakRun& run);
void run_new(WeakRun& run);
void run_handle_memory(WeakRun& run);
void run_left_behind(WeakRun& run);

}  // namespace interlox::bench
