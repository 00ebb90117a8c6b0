// SPDX-License-Identifier: BSD-3-Clause
// One run of the benchmarks of threads: measuring, and the figures found.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/figures.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/threads_table.hpp"

namespace interlox::bench {

/// What is measured of a load with so many threads; Figures has it in the place of a contender.
enum class Quantity {
  kTime,         // wall ms for one thread's work: all threads' time by their number; and CPU ms, of them all
  kStopped,      // of that time, the share in which the world stood still, in percent
  kCollections,  // in that time, for one thread's work
};

class ThreadsRun : public Figures<Quantity> {
 public:
  explicit ThreadsRun(bool quick) : quick_(quick) {}

  [[nodiscard]] bool quick() const noexcept { return quick_; }
  [[nodiscard]] int round_count() const noexcept { return quick_ ? 5 : 9; }

  /// Measures the load with each number of threads, once a round; which is first changes from round to round.
  /// Throws std::runtime_error if the program fails, or if its answers differ. The calling thread needs a
  /// vm::ThreadScope.
  void measure(const Load& load);

 private:
  /// Does the work once on the calling thread, and gives its answer; `id` is like no other's before.
  using Work = std::function<double(unsigned id)>;

  /// What one measurement found.
  struct Round {
    Sample time;
    double stopped_ns = 0;
    double collections = 0;
    bool right = false;  // all threads gave the right answer
  };

  void measure(const std::string& id, const Work& work);
  Round measure_once(const Work& work, unsigned threads, double right);

  const bool quick_;
  unsigned next_id_ = 0;
};

}  // namespace interlox::bench
