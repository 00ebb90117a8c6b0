// SPDX-License-Identifier: BSD-3-Clause
// The workloads that only read: the maps of a workload are filled once and all stay alive during its rounds.
#include <array>
#include <fstream>

#include "gc/heap.hpp"
#include "tests/bench/cat.hpp"
#include "tests/bench/keys.hpp"
#include "tests/bench/map_run.hpp"
#include "tests/bench/map_table.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/peers.hpp"

namespace interlox::bench {
namespace {

// Each thread goes round the shuffled queries from a place of its own, as it would in real life.
std::size_t start_of(unsigned id, unsigned threads, std::size_t queries) {
  return queries / threads * id / kBatch * kBatch;
}

template <class Map>
Sample time_load(const Map& map, const Queries& queries, unsigned threads, std::size_t loads, bool present) {
  std::vector<Value> sums(threads);
  const Sample sample = time_threads<typename Map::Thread>(threads, loads, [&](unsigned id) {
    const std::string* const keys = queries.keys.data();
    const std::size_t size = queries.size();
    std::size_t at = start_of(id, threads, size);
    Value sum = 0;
    for (std::size_t i = 0; i < loads; ++i) {
      if (const std::optional<Value> value = map.load(keys[at])) sum += *value;
      if (++at == size) at = 0;
    }
    sums[id] = sum;
  });
  for (unsigned id = 0; id < threads; ++id) {
    const Value right = present ? queries.sum(start_of(id, threads, queries.size()), loads) : 0;
    expect(sums[id] == right, Map::kWho, "load");
  }
  return sample;
}

// The size of the queries is a multiple of kBatch, and so is `loads`.
template <class Map>
Sample time_load_many(const Map& map, const Queries& queries, unsigned threads, std::size_t loads) {
  std::vector<Value> sums(threads);
  const Sample sample = time_threads<typename Map::Thread>(threads, loads, [&](unsigned id) {
    const std::span<const std::string> keys(queries.keys);
    std::size_t at = start_of(id, threads, keys.size());
    std::array<std::optional<Value>, kBatch> values;
    Value sum = 0;
    for (std::size_t i = 0; i < loads; i += kBatch) {
      const auto batch = keys.subspan(at, kBatch);
      if constexpr (requires { requires Map::kLoadsMany; }) {
        map.load_many(batch, values);
      } else {
        for (std::size_t k = 0; k < kBatch; ++k) values[k] = map.load(batch[k]);
      }
      for (const auto& value : values) sum += value.value_or(0);
      at += kBatch;
      if (at == keys.size()) at = 0;
    }
    sums[id] = sum;
  });
  for (unsigned id = 0; id < threads; ++id) {
    const std::size_t begin = start_of(id, threads, queries.size());
    expect(sums[id] == queries.sum(begin, loads), Map::kWho, "load_many");
  }
  return sample;
}

template <class Maps, class Measure>
std::vector<Lane> lanes_of(Maps& maps, const Measure& measure) {
  std::vector<Lane> lanes;
  maps.each([&](auto& map) {
    using Map = std::remove_reference_t<decltype(map)>;
    lanes.push_back(
        {Map::kWho, Map::kMostThreads, [&map, measure](unsigned threads) { return measure(map, threads); }});
  });
  return lanes;
}

template <class Maps>
void fill_all(Maps& maps, std::size_t keys) {
  progress(cat("filling the maps with ", grouped(keys), " keys"));
  maps.each([&](auto& map) { fill(map, keys); });
  gc::collect();  // what filling left behind is not met later
}

template <class Maps>
void measure_loads(MapRun& run, Maps& maps, const std::string& id, std::size_t keys, std::size_t loads,
                   const std::vector<unsigned>& threads) {
  const Queries queries = make_queries(0, keys);
  run.rounds(id, threads, lanes_of(maps, [&](const auto& map, unsigned count) {
               return time_load(map, queries, count, loads, true);
             }));
}

template <class Maps>
void measure_load_many(MapRun& run, Maps& maps, const std::string& id, std::size_t keys) {
  const Queries queries = make_queries(0, keys);
  const std::size_t loads = run.plan().loads;
  run.rounds(id, {1, 2}, lanes_of(maps, [&](const auto& map, unsigned count) {
               return time_load_many(map, queries, count, loads);
             }));
}

void run_small(MapRun& run, const std::string& id, std::size_t keys) {
  Everyone maps;
  fill_all(maps, keys);
  measure_loads(run, maps, id, keys, run.plan().loads, {1, 2});
}

void run_medium(MapRun& run) {
  Everyone maps;
  fill_all(maps, kMedium);
  measure_loads(run, maps, kLoadMedium, kMedium, run.plan().loads, thread_counts());
  measure_load_many(run, maps, kManyMedium, kMedium);
  const Queries absent = make_queries(kMedium, kMedium);
  const std::size_t loads = run.plan().loads;
  run.rounds(kLoadAbsent, {1, 2}, lanes_of(maps, [&](const auto& map, unsigned count) {
               return time_load(map, absent, count, loads, false);
             }));
}

void run_large(MapRun& run) {
  Everyone maps;
  fill_all(maps, run.plan().large);
  measure_loads(run, maps, kLoadLarge, run.plan().large, run.plan().loads, {1, 2});
  measure_load_many(run, maps, kManyLarge, run.plan().large);
}

std::size_t available_bytes() {
  std::ifstream in("/proc/meminfo");
  for (std::string name; in >> name;) {
    std::size_t kilobytes = 0;
    if (name == "MemAvailable:" && in >> kilobytes) return kilobytes << 10;
  }
  return SIZE_MAX;  // unknown: as much as it takes
}

}  // namespace

void run_loads(MapRun& run) {
  run_small(run, kLoadEight, 8);
  run_small(run, kLoad128, 128);
  run_medium(run);
  run_large(run);
  gc::collect();
}

void run_sizes(MapRun& run) {
  using Sized = Lineup<Ours, SeedLayout, MutexMap, SharedMutexMap, Tbb, Cuckoo, Urcu, Flat>;
  constexpr std::size_t kBytesOfAKey = 1'200;  // in all maps and the queries, generously
  for (const std::size_t keys : sizes(run.plan().largest_of_sizes)) {
    if (keys * kBytesOfAKey > available_bytes()) {
      progress(cat(grouped(keys), " keys and more: left out, for they need more memory than there is"));
      break;
    }
    Sized maps;
    fill_all(maps, keys);
    measure_loads(run, maps, size_id(keys), keys, run.plan().loads / 2, {1});
  }
  gc::collect();
}

}  // namespace interlox::bench
