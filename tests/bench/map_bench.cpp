// SPDX-License-Identifier: BSD-3-Clause
// The five benchmarks of Go's internal/concurrent, in Google Benchmark, on 1 and 2 threads; then the ratios.
//   interlox_bench_map [--ratios=ROUNDS | --ratios-only[=ROUNDS]] [--benchmark_...]
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "tests/bench/bench_maps.hpp"

namespace interlox::bench {
namespace {

const std::vector<std::string>& keys_of(std::size_t count) {
  static const auto small = make_keys(kSmall);
  static const auto medium = make_keys(kMedium);
  static const auto large = make_keys(kLarge);
  return count == kSmall ? small : count == kMedium ? medium : large;
}

// The first thread makes the map on its own stack, where a collector sees it; the others find it here. The
// start and the end of the measured loop are barriers.
template <class Map>
Map* shared_map = nullptr;

template <class Map, bool fill, class Step>
void run(benchmark::State& state, const Step& step) {
  const ThreadScope scope;
  const auto& keys = keys_of(static_cast<std::size_t>(state.range(0)));
  std::optional<Map> map;
  if (state.thread_index() == 0) {
    shared_map<Map> = &map.emplace();
    if (fill) {
      for (std::size_t i = 0; i < keys.size(); ++i) map->load_or_store(keys[i], static_cast<int>(i));
    }
  }
  std::size_t i = 0;
  Map* here = nullptr;
  for (auto _ : state) {
    if (here == nullptr) here = shared_map<Map>;
    step(*here, keys[i], static_cast<int>(i));
    if (++i == keys.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

template <class Map>
void Load(benchmark::State& state) {
  run<Map, true>(
      state, [](const Map& map, const std::string& key, int) { benchmark::DoNotOptimize(map.load(key)); });
}

template <class Map>
void LoadOrStore(benchmark::State& state) {
  run<Map, false>(state, [](Map& map, const std::string& key, int i) {
    benchmark::DoNotOptimize(map.load_or_store(key, i));
  });
}

#define INTERLOX_BENCH_MAP(Map)                                                                            \
  BENCHMARK_TEMPLATE(Load, Map)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge)->ThreadRange(1, 2)->UseRealTime(); \
  BENCHMARK_TEMPLATE(LoadOrStore, Map)->Arg(kMedium)->Arg(kLarge)->ThreadRange(1, 2)->UseRealTime()

using MutexTable = LockedMap<std::mutex>;
using SharedMutexTable = LockedMap<std::shared_mutex>;

#ifdef INTERLOX_BENCH_COLLECTOR
INTERLOX_BENCH_MAP(CollectedMap);
#endif
INTERLOX_BENCH_MAP(ArenaMap);
INTERLOX_BENCH_MAP(MutexTable);
INTERLOX_BENCH_MAP(SharedMutexTable);

}  // namespace
}  // namespace interlox::bench

int main(int argc, char* argv[]) {
#ifdef INTERLOX_BENCH_COLLECTOR
  interlox::gc::initialize();
#endif
  int rounds = 7;
  bool only_ratios = false;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool ratios = argument.starts_with("--ratios");
    if (!ratios) {
      argv[kept++] = argv[i];
      continue;
    }
    only_ratios = only_ratios || argument.starts_with("--ratios-only");
    if (const auto at = argument.find('='); at != std::string_view::npos)
      rounds = std::atoi(argv[i] + at + 1);
  }
  argc = kept;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv) || rounds < 1) return 64;
  if (!only_ratios) benchmark::RunSpecifiedBenchmarks();
  interlox::bench::print_ratios(rounds);
  benchmark::Shutdown();
  return 0;
}
