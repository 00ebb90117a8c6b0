// SPDX-License-Identifier: BSD-3-Clause
// What is tested, seen from the threads that use it: one map or set, for one run.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/lin/history.hpp"
#include "tests/lin/recorder.hpp"
#include "tests/lin/scenario.hpp"

namespace interlox::lin {

class Subject {
 public:
  explicit Subject(const Scenario& scenario) : scenario_(scenario) {}
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  /// Takes the steps of a thread, and records them. For all threads at once.
  void play(unsigned thread) {
    for (const Step& step : scenario_.steps[thread]) record(thread, step);
  }
  /// Records what is there when the threads have ended, and sees whether it is in order.
  void look_over() {
    Log& log = logs_[kThreads];
    const std::size_t first = log.size();
    const Tick invoked = clock_.now();
    look(log);
    log.stamp(first, invoked, clock_.now());
  }

  /// All that was recorded.
  [[nodiscard]] History history() const {
    History history{scenario_.initial, {}};
    for (unsigned thread = 0; thread <= kThreads; ++thread) {
      for (Operation operation : logs_[thread].operations()) {
        operation.thread = static_cast<std::uint8_t>(thread);
        history.operations.push_back(operation);
      }
    }
    return history;
  }
  /// What was wrong with an answer by itself; empty if nothing was.
  [[nodiscard]] std::string fault() const {
    const char* const fault = fault_.load(std::memory_order_relaxed);
    return fault == nullptr ? disorder_ : fault;
  }

 protected:
  /// Does one step, and adds what it did to the log, without times.
  virtual void take(const Step& step, Log& log) = 0;
  virtual void look(Log& log) = 0;

  [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }
  /// `what` must live as long as the program. For all threads.
  void expect(bool held, const char* what) noexcept {
    if (!held) fault_.store(what, std::memory_order_relaxed);
  }
  /// For look() alone: what check() has found.
  void expect_order(std::optional<std::string> disorder) {
    if (disorder) disorder_ = *std::move(disorder);
  }

 private:
  void record(unsigned thread, const Step& step) {
    Log& log = logs_[thread];
    const std::size_t first = log.size();
    const Tick invoked = clock_.now();
    take(step, log);
    log.stamp(first, invoked, clock_.now());
  }

  const Scenario& scenario_;
  Clock clock_;
  std::array<Log, kThreads + 1> logs_;
  std::atomic<const char*> fault_{nullptr};
  std::string disorder_;
};

using SubjectPointer = std::unique_ptr<Subject, void (*)(Subject*)>;

/// A kind of subject: how one is made, how its scenarios are drawn, how its threads are started.
struct Species {
  std::string name;
  SubjectPointer (*make)(const Scenario& scenario);
  Scenario (*draw)(std::uint64_t seed);
  Team::Start start;
};

[[nodiscard]] Species map_on_std();
[[nodiscard]] Species set_on_std();
/// Initializes the collector.
[[nodiscard]] Species map_on_collected_heap();

}  // namespace interlox::lin
