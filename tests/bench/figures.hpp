// SPDX-License-Identifier: BSD-3-Clause
// The figures of a part: what each contender of each workload cost in each round, and the rounds themselves.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tests/bench/cat.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/results.hpp"

namespace interlox::bench {

/// A contender of a workload: measures it once with so many threads.
template <class Who>
struct Lane {
  Who who;
  unsigned most_threads;  // 0: any number
  std::function<Sample(unsigned threads)> measure;
};

/// Who says whom a figure belongs to: an enum of the part.
template <class Who>
class Figures {
 public:
  /// Measures every lane with each number of threads, once a round and in turn, after a round that only warms
  /// up. Who is first moves on by one a round.
  void rounds(const std::string& workload, int rounds, const std::vector<unsigned>& threads,
              const std::vector<Lane<Who>>& lanes) {
    for (int round = 0; round <= rounds; ++round) {
      show_round(workload, round, rounds);
      for (const unsigned count : threads) {
        for (std::size_t i = 0; i < lanes.size(); ++i) {
          const Lane<Who>& lane = lanes[(i + static_cast<std::size_t>(round)) % lanes.size()];
          if (lane.most_threads != 0 && count > lane.most_threads) continue;
          const Sample sample = lane.measure(count);
          if (round != 0) add(workload, count, lane.who, sample.wall_ns, sample.cpu_ns);
        }
      }
    }
  }

  /// Adds one figure, of one round; `cost` is a time or a size, less is better.
  void add(const std::string& workload, unsigned threads, Who who, double cost, double cpu = 0) {
    Rounds& rounds = figures_[{workload, threads, who}];
    rounds.cost.push_back(cost);
    rounds.cpu.push_back(cpu);
  }

  [[nodiscard]] bool has(const std::string& workload, unsigned threads, Who who) const {
    return figures_.contains({workload, threads, who});
  }
  [[nodiscard]] Figure cost(const std::string& workload, unsigned threads, Who who) const {
    return summarize(figures_.at({workload, threads, who}).cost);
  }
  [[nodiscard]] Figure cpu(const std::string& workload, unsigned threads, Who who) const {
    return summarize(figures_.at({workload, threads, who}).cpu);
  }

  /// The numbers of threads that a workload was measured with.
  [[nodiscard]] std::vector<unsigned> threads_of(const std::string& workload) const {
    std::vector<unsigned> counts;
    for (const auto& [key, rounds] : figures_) {
      const auto& [name, threads, who] = key;
      if (name == workload && (counts.empty() || counts.back() != threads)) counts.push_back(threads);
    }
    return counts;
  }

  /// Says on standard error which round begins; 0 is the one that warms up.
  static void show_round(const std::string& workload, int round, int rounds) {
    progress(round == 0 ? cat(workload, ": warming up")
                        : cat(workload, ": round ", std::to_string(round), " of ", std::to_string(rounds)));
  }

 private:
  using Key = std::tuple<std::string, unsigned, Who>;
  struct Rounds {
    std::vector<double> cost;
    std::vector<double> cpu;
  };

  std::map<Key, Rounds> figures_;
};

/// A time as a speed in millions a second.
[[nodiscard]] inline Figure million_a_second(const Figure& nanoseconds) noexcept {
  constexpr double kMillionASecond = 1e3;
  return {kMillionASecond / nanoseconds.median, kMillionASecond / nanoseconds.highest,
          kMillionASecond / nanoseconds.lowest};
}

/// Of at least one value, each above 0.
[[nodiscard]] inline double geometric_mean(const std::vector<double>& values) {
  double logarithms = 0;
  for (const double value : values) logarithms += std::log(value);
  return std::exp(logarithms / static_cast<double>(values.size()));
}

/// "1 thread", "2 threads".
[[nodiscard]] inline std::string threads_text(unsigned threads) {
  return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace interlox::bench
