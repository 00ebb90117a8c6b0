// SPDX-License-Identifier: BSD-3-Clause
// The seed's published claims, as ratios between things measured in the same run, rounds interleaved.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/bench_maps.hpp"

namespace interlox::bench {
namespace {

const std::vector<std::string>& keys() {
  static const auto all = make_keys(kLarge);
  return all;
}

/// Nanoseconds an operation, all threads together.
struct Figure {
  double wall = 0;  // what a user waits
  double cpu = 0;  // what the threads ran: on a machine that does other work too, the better judge of scaling
};

double thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Each thread runs body(id) from one moment on; body says how many operations it did.
Figure time_threads(unsigned threads, const std::function<std::size_t(unsigned)>& body) {
  using Clock = std::chrono::steady_clock;
  std::atomic<unsigned> ready{0};
  std::atomic<bool> go{false};
  std::atomic<std::size_t> operations{0};
  std::atomic<double> cpu{0};
  Clock::time_point begin;
  {
    std::vector<std::jthread> workers;
    for (unsigned id = 0; id < threads; ++id) {
      workers.emplace_back([&, id] {
        const ThreadScope scope;
        ++ready;
        while (!go.load(std::memory_order_acquire)) std::this_thread::yield();
        const double start = thread_cpu_ns();
        operations += body(id);
        cpu += thread_cpu_ns() - start;
      });
    }
    while (ready != threads) std::this_thread::yield();
    begin = Clock::now();
    go.store(true, std::memory_order_release);
  }
  const std::chrono::duration<double, std::nano> spent = Clock::now() - begin;
  const auto count = static_cast<double>(operations.load());
  return {spent.count() / count, cpu.load() / count};
}

constexpr int kPasses = 16;  // over all keys, a measurement

template <class Map>
Figure time_load(const Map& map, unsigned threads) {
  return time_threads(threads, [&](unsigned id) {
    std::size_t found = 0;
    // threads start at different keys, as they would in real life
    for (std::size_t i = 0; i < kPasses * kLarge; ++i) {
      found += map.load(keys()[(i + id * (kLarge / 2)) % kLarge]).has_value() ? 1 : 0;
    }
    return found;
  });
}

// As in Go's benchmark: an empty map, and all keys again and again. The first pass stores, the rest load.
template <class Map>
Figure time_load_or_store(unsigned threads, int passes) {
  Map map;
  return time_threads(threads, [&](unsigned) {
    std::size_t done = 0;
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t i = 0; i < kLarge; ++i, ++done) map.load_or_store(keys()[i], static_cast<int>(i));
    }
    return done;
  });
}

/// One row of figures, one for each round.
struct Row {
  std::string name;
  std::function<Figure()> measure;
  std::vector<Figure> figures;
  [[nodiscard]] double median(double Figure::*which) const {
    std::vector<double> sorted;
    for (const auto& figure : figures) sorted.push_back(figure.*which);
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

template <class Map>
void add_rows(std::vector<Row>& rows, const std::string& name) {
  for (const unsigned threads : {1U, 2U}) {
    const std::string suffix = " " + name + " x" + std::to_string(threads);
    rows.push_back({"load" + suffix,
                    [threads] {
                      Map map;  // on the stack, where a collector sees it
                      for (std::size_t i = 0; i < kLarge; ++i)
                        map.load_or_store(keys()[i], static_cast<int>(i));
                      return time_load(map, threads);
                    },
                    {}});
    rows.push_back({"fill" + suffix, [threads] { return time_load_or_store<Map>(threads, 1); }, {}});
    rows.push_back(
        {"load_or_store" + suffix, [threads] { return time_load_or_store<Map>(threads, kPasses); }, {}});
  }
}

}  // namespace

void print_ratios(int rounds) {
  std::vector<Row> rows;
#ifdef INTERLOX_BENCH_COLLECTOR
  const std::string ours = "trie(collector)";
  add_rows<CollectedMap>(rows, ours);
  add_rows<ArenaMap>(rows, "trie(arena)");
#else
  const std::string ours = "trie(arena)";
  add_rows<ArenaMap>(rows, ours);
#endif
  add_rows<LockedMap<std::mutex>>(rows, "table+mutex");
  add_rows<LockedMap<std::shared_mutex>>(rows, "table+shared_mutex");
  for (int round = 0; round < rounds; ++round) {
    for (auto& row : rows) row.figures.push_back(row.measure());
  }
  std::printf("\n%zu string keys, %d interleaved rounds, medians of ns an operation\n", kLarge, rounds);
  std::printf("  %-42s %8s %8s\n", "", "wall", "CPU");
  for (const auto& row : rows) {
    std::printf("  %-42s %8.1f %8.1f\n", row.name.c_str(), row.median(&Figure::wall),
                row.median(&Figure::cpu));
  }
  const auto at = [&](const std::string& name, double Figure::*which = &Figure::wall) {
    return std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; })
        ->median(which);
  };
  const std::string one = "load " + ours + " x1";
  const std::string two = "load " + ours + " x2";
  std::printf("\nratios (above 1: the trie is ahead)\n");
  std::printf("  load, 2 threads against 1, wall             %6.2f\n", at(one) / at(two));
  std::printf("  load, 2 threads against 1, were both cores ours (2 x CPU) %6.2f\n",
              2 * at(one, &Figure::cpu) / at(two, &Figure::cpu));
  for (const std::string what : {"load_or_store", "fill", "load"}) {
    for (const std::string threads : {"x1", "x2"}) {
      for (const std::string table : {"table+mutex", "table+shared_mutex"}) {
        const double theirs = at(what + " " + table + " " + threads);
        std::printf("  %-13s %s against %-18s %6.2f\n", what.c_str(), threads.c_str(), table.c_str(),
                    theirs / at(what + " " + ours + " " + threads));
      }
    }
  }
}

}  // namespace interlox::bench
