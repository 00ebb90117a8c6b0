// SPDX-License-Identifier: BSD-3-Clause
// Timing a piece of work on several threads that begin together.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <thread>
#include <vector>

namespace interlox::bench {

/// Nanoseconds an operation, over the operations of all threads together.
struct Sample {
  double wall_ns = 0;  // what a user waits; halves when two threads scale perfectly
  double cpu_ns = 0;   // what the threads ran: says what other load on the machine hides
};

using Clock = std::chrono::steady_clock;

/// CPU time that the calling thread has used.
[[nodiscard]] inline double thread_cpu_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Where threads meet before they are timed. From when all are there, they stay busy for a while: the system
/// then gives each a core of its own, as far as there are cores, where it may have begun two of them on one.
class StartLine {
 public:
  explicit StartLine(unsigned threads) : missing_(threads) {}

  void wait() noexcept {
    if (missing_.fetch_sub(1) == 1) start_.store((Clock::now() + kBusy).time_since_epoch().count());
    while (start_.load() == 0) std::this_thread::yield();
    while (Clock::now().time_since_epoch().count() < start_.load()) {
    }
  }

 private:
  static constexpr std::chrono::milliseconds kBusy{3};
  std::atomic<unsigned> missing_;
  std::atomic<Clock::rep> start_{0};
};

/// Runs body(id) on `threads` new threads, which hold a Scope each, from one moment on; each does
/// `operations`. The time is from the first thread's begin to the last one's end, without their making and
/// without prepare(id), which each of them calls first.
template <class Scope, class Prepare, class Body>
Sample time_threads(unsigned threads, std::size_t operations, const Prepare& prepare, const Body& body) {
  struct Times {
    Clock::time_point begin;
    Clock::time_point end;
    double cpu = 0;
  };
  std::vector<Times> times(threads);
  StartLine start(threads);
  {
    std::vector<std::jthread> workers;
    for (unsigned id = 0; id < threads; ++id) {
      workers.emplace_back([&, id] {
        const Scope scope;
        prepare(id);
        start.wait();
        Times mine;
        const double cpu = thread_cpu_ns();
        mine.begin = Clock::now();
        body(id);
        mine.end = Clock::now();
        mine.cpu = thread_cpu_ns() - cpu;
        times[id] = mine;
      });
    }
  }
  Times all = times.front();
  for (std::size_t i = 1; i < times.size(); ++i) {
    all.begin = std::min(all.begin, times[i].begin);
    all.end = std::max(all.end, times[i].end);
    all.cpu += times[i].cpu;
  }
  const std::chrono::duration<double, std::nano> wall = all.end - all.begin;
  const double count = static_cast<double>(operations) * threads;
  return {wall.count() / count, all.cpu / count};
}

template <class Scope, class Body>
Sample time_threads(unsigned threads, std::size_t operations, const Body& body) {
  return time_threads<Scope>(
      threads, operations, [](unsigned /*id*/) {}, body);
}

}  // namespace interlox::bench
