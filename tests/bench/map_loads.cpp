// SPDX-License-Identifier: BSD-3-Clause
// The workloads that only read: the maps of a workload are filled once and all stay alive during its rounds.
#include <algorithm>
#include <array>
#include <fstream>

#include "gc/heap.hpp"
#include "tests/bench/cat.hpp"
#include "tests/bench/keys.hpp"
#include "tests/bench/machine.hpp"
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

// Loads `loads` queries, `at` first; returns the sum of the values.
template <class Map>
Value load_some(const Map& map, const Queries& queries, std::size_t at, std::size_t loads) {
  const std::string* const keys = queries.keys.data();
  const std::size_t size = queries.size();
  Value sum = 0;
  for (std::size_t i = 0; i < loads; ++i) {
    if (const std::optional<Value> value = map.load(keys[at])) sum += *value;
    if (++at == size) at = 0;
  }
  return sum;
}

// The same, kBatch at a time, of which `at` and `loads` are multiples; so must the queries' number be.
template <class Map>
Value load_some_at_once(const Map& map, const Queries& queries, std::size_t at, std::size_t loads) {
  const std::span<const std::string> keys(queries.keys);
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
  return sum;
}

// Times `some`, one of the above, after a lap that fetches what fits into the caches: the maps of a workload
// take turns, and none should pay for the one before.
template <class Map, class Some>
Sample time_loads(const Map& map, const Queries& queries, unsigned threads, std::size_t loads, bool present,
                  const Some& some) {
  std::vector<Value> sums(threads);
  const auto start = [&](unsigned id) { return start_of(id, threads, queries.size()); };
  const auto run = [&](unsigned id, std::size_t count) { sums[id] = some(map, queries, start(id), count); };
  const Sample sample = time_threads<typename Map::Thread>(
      threads, loads, [&](unsigned id) { run(id, std::min(queries.size(), kMedium)); },
      [&](unsigned id) { run(id, loads); });
  for (unsigned id = 0; id < threads; ++id) {
    expect(sums[id] == (present ? queries.sum(start(id), loads) : 0), Map::kWho, "load");
  }
  return sample;
}

template <class Maps, class Measure>
std::vector<Lane<Who>> lanes_of(Maps& maps, const Measure& measure) {
  std::vector<Lane<Who>> lanes;
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
  run.rounds(id, threads, lanes_of(maps, [&]<class Map>(const Map& map, unsigned count) {
               return time_loads(map, queries, count, loads, true, load_some<Map>);
             }));
}

template <class Maps>
void measure_load_many(MapRun& run, Maps& maps, const std::string& id, std::size_t keys) {
  const Queries queries = make_queries(0, keys);
  const std::size_t loads = run.plan().loads;
  run.rounds(id, {1, 2}, lanes_of(maps, [&]<class Map>(const Map& map, unsigned count) {
               return time_loads(map, queries, count, loads, true, load_some_at_once<Map>);
             }));
}

void run_small(MapRun& run, const std::string& id, std::size_t keys) {
  Readers maps;
  fill_all(maps, keys);
  measure_loads(run, maps, id, keys, run.plan().loads, {1, 2});
}

void run_medium(MapRun& run) {
  Readers maps;
  fill_all(maps, kMedium);
  measure_loads(run, maps, kLoadMedium, kMedium, run.plan().loads, thread_counts());
  measure_load_many(run, maps, kManyMedium, kMedium);
  const Queries absent = make_queries(kMedium, kMedium);
  const std::size_t loads = run.plan().loads;
  run.rounds(kLoadAbsent, {1, 2}, lanes_of(maps, [&]<class Map>(const Map& map, unsigned count) {
               return time_loads(map, absent, count, loads, false, load_some<Map>);
             }));
}

void run_large(MapRun& run) {
  Readers maps;
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
  using Sized = Lineup<Ours, SeedLayout, MutexMap, SharedMutexMap, Tbb, Cuckoo, Urcu, Flat, OneMiss>;
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
