// SPDX-License-Identifier: BSD-3-Clause
// The workloads that change maps. Each measurement makes its map anew and drops it before the next one.

#include "gc/heap.hpp"
#include "tests/bench/keys.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/map_run.hpp"
#include "tests/bench/map_table.hpp"
#include "tests/bench/peers.hpp"

namespace interlox::bench {
namespace {

// The garbage of the measurements before is not collected within this one.
template <class Map>
void begin_clean() {
  if constexpr (Map::kCollected) gc::collect();
}

// Every thread offers all keys to one map that is empty at first, in a shuffled order of its own: with two
// threads half of the operations store and half find what the other one stored.
template <class Map>
Sample time_fill(const std::vector<Queries>& orders, unsigned threads) {
  begin_clean<Map>();
  Map map;
  std::vector<Value> sums(threads);
  const std::size_t keys = orders.front().size();
  const Sample sample = time_threads<typename Map::Thread>(threads, keys, [&](unsigned id) {
    const Queries& mine = orders[id];
    Value sum = 0;
    for (std::size_t i = 0; i < keys; ++i) sum += map.load_or_store(mine.keys[i], mine.values[i]);
    sums[id] = sum;
  });
  for (const Value sum : sums) expect(sum == orders.front().sum(0, keys), Map::kWho, "load_or_store");
  return sample;
}

// A thread takes out a random key of its own share and puts it back. An operation is both.
template <class Map>
Sample time_churn(const Queries& queries, unsigned threads, std::size_t pairs) {
  Map map;
  fill(map, queries.size());
  begin_clean<Map>();
  const std::size_t share = queries.size() / threads;
  std::vector<std::size_t> removed(threads);
  const Sample sample = time_threads<typename Map::Thread>(threads, pairs, [&](unsigned id) {
    const std::size_t first = share * id;  // the queries are shuffled, so a share is a random set of keys
    std::size_t at = first;
    std::size_t count = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
      count += map.erase(queries.keys[at]) ? 1 : 0;
      map.load_or_store(queries.keys[at], queries.values[at]);
      if (++at == first + share) at = first;
    }
    removed[id] = count;
  });
  for (const std::size_t count : removed) expect(count == pairs, Map::kWho, "erase");
  return sample;
}

// All threads insert and delete at random among a few keys.
template <class Map>
Sample time_contention(const Queries& queries, unsigned threads, std::size_t operations) {
  Map map;
  begin_clean<Map>();
  const std::size_t share = operations / threads;
  std::vector<Value> wrong(threads);
  const Sample sample = time_threads<typename Map::Thread>(threads, share, [&](unsigned id) {
    std::uint64_t state = 0x9e3779b97f4a7c15ULL * (id + 1);
    Value bad = 0;
    for (std::size_t i = 0; i < share; ++i) {
      state ^= state << 13;  // xorshift64
      state ^= state >> 7;
      state ^= state << 17;
      const std::size_t at = state >> 8 & (queries.size() - 1);
      if ((state >> 40 & 1) != 0) {
        bad |= map.load_or_store(queries.keys[at], queries.values[at]) ^ queries.values[at];
      } else {
        map.erase(queries.keys[at]);
      }
    }
    wrong[id] = bad;
  });
  for (const Value bad : wrong) expect(bad == 0, Map::kWho, "contention");
  return sample;
}

std::vector<Queries> orders(std::size_t keys, unsigned threads) {
  std::vector<Queries> all;
  for (unsigned i = 1; i <= threads; ++i) all.push_back(make_queries(0, keys, i));
  return all;
}

void measure_fill(MapRun& run, const std::string& id, std::size_t keys,
                  const std::vector<unsigned>& threads) {
  const auto each = orders(keys, threads.back());
  std::vector<Lane<Who>> lanes;
  Everyone::each_type([&]<class Map>() {
    lanes.push_back(
        {Map::kWho, Map::kMostThreads, [&each](unsigned count) { return time_fill<Map>(each, count); }});
  });
  run.rounds(id, threads, lanes);
}

}  // namespace

void run_changes(MapRun& run) {
  measure_fill(run, kFillMedium, kMedium, thread_counts());

  const Queries medium = make_queries(0, kMedium);
  const std::size_t pairs = run.plan().changes;
  std::vector<Lane<Who>> churn;
  Everyone::each_type([&]<class Map>() {
    churn.push_back({Map::kWho, Map::kMostThreads,
                     [&medium, pairs](unsigned count) { return time_churn<Map>(medium, count, pairs); }});
  });
  run.rounds(kChurn, thread_counts(), churn);

  const Queries few = make_queries(0, 8);
  const std::size_t operations = run.plan().contended;
  std::vector<Lane<Who>> contention;
  Everyone::each_type([&]<class Map>() {
    contention.push_back({Map::kWho, Map::kMostThreads, [&few, operations](unsigned count) {
                            return time_contention<Map>(few, count, operations);
                          }});
  });
  run.rounds(kContention, {1, 2, 8}, contention);
  gc::collect();
}

void run_large_changes(MapRun& run) {
  measure_fill(run, kFillLarge, run.plan().large, {1, 2});
  gc::collect();
}

}  // namespace interlox::bench
