// SPDX-License-Identifier: BSD-3-Clause
// Where scenarios are played and their histories judged.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/lin/history.hpp"

namespace interlox::lin {

struct Tally {
  std::uint64_t scenarios = 0;
  std::uint64_t runs = 0;
  std::uint64_t overlapping = 0;  // runs in which operations of one key, one of them a change, overlapped
  std::uint64_t operations = 0;
};

class Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// Plays the scenario of a seed so many times. False after a run that is not in order, which has been
  /// printed.
  virtual bool play(std::uint64_t seed, std::uint64_t runs) = 0;
  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

 protected:
  void begin_scenario() noexcept { ++tally_.scenarios; }
  /// Whether a run is in order: nothing was wrong by itself (`fault` is empty), and its history is
  /// linearizable. If not, prints it; `about` says what it was.
  bool judge(const std::string& about, std::uint64_t run, const std::string& fault, const History& history);

 private:
  Tally tally_;
};

struct Species;

/// On threads of this process.
[[nodiscard]] std::unique_ptr<Stage> make_stage(Species species);

/// In programs of the language: `command` is what runs them, with its options.
[[nodiscard]] std::unique_ptr<Stage> make_lox_stage(std::vector<std::string> command);

}  // namespace interlox::lin
