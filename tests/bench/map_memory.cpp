// SPDX-License-Identifier: BSD-3-Clause
// What maps cost in bytes, and what they cost the collector. All bytes are measured, none computed: on the
// collected heap by what is in use after a full collection, else by what malloc has handed out.
#include <algorithm>
#include <chrono>
#include <malloc.h>
#include <memory>
#include <new>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "tests/bench/cat.hpp"
#include "tests/bench/keys.hpp"
#include "tests/bench/map_run.hpp"
#include "tests/bench/map_table.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/peers.hpp"

namespace interlox::bench {
namespace {

double collected_bytes() {
  gc::clear_stack();  // of what could keep a dead map
  gc::collect();
  gc::collect();
  return static_cast<double>(gc::stats().used_bytes);
}

double malloc_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

template <class Map>
double bytes_in_use() {
  return Map::kCollected ? collected_bytes() : malloc_bytes();
}

// Bytes an entry of a map on this stack, its own object left out.
template <class Map, class... Args>
[[gnu::noinline]] double bytes_an_entry(std::size_t keys, Args... args) {
  const double before = bytes_in_use<Map>();
  Map map(args...);
  fill(map, keys, twenty_digits);
  return (bytes_in_use<Map>() - before) / static_cast<double>(keys);
}

/// One of many maps in an array: std::unordered_map with no lock, as what a small map is compared with.
class PlainStdMap {
 public:
  static constexpr bool kCollected = false;
  using Thread = AnyThread;
  Value load_or_store(const std::string& key, Value value) {
    return map_.try_emplace(key, value).first->second;
  }
  void settle(std::size_t /*keys*/) {}

 private:
  StdMap map_;
};

template <class Map>
void* allocate_maps(std::size_t count) {
  static_assert(alignof(Map) <= 16, "neither allocator aligns to more");
  return Map::kCollected ? gc::allocate_uncollectable(count * sizeof(Map))
                         : ::operator new(count * sizeof(Map));
}

template <class Map>
void free_maps(void* maps) {
  if constexpr (Map::kCollected) {
    gc::free_uncollectable(maps);
  } else {
    ::operator delete(maps);
  }
}

// Bytes a map, of many in one array, each with a few keys. The map's own object counts.
template <class Map>
[[gnu::noinline]] double bytes_a_map(std::size_t count, std::size_t keys) {
  const double before = bytes_in_use<Map>();
  void* const memory = allocate_maps<Map>(count);
  Map* const maps = static_cast<Map*>(memory);
  for (std::size_t i = 0; i < count; ++i) fill(*::new (maps + i) Map, keys);
  const double bytes = (bytes_in_use<Map>() - before) / static_cast<double>(count);
  std::destroy_n(maps, count);
  free_maps<Map>(memory);
  return bytes;
}

void run_bytes_an_entry(MapRun& run) {
  const std::size_t keys = run.plan().memory_keys;
  progress(cat(kBytes, ": ", grouped(keys), " keys"));
  run.add(kBytes, 1, Who::kOurs, bytes_an_entry<Ours>(keys));
  run.add(kBytes, 1, Who::kOursStd, bytes_an_entry<OursStd>(keys));
  run.add(kBytes, 1, Who::kSeedLayout, bytes_an_entry<SeedLayout>(keys));
  run.add(kBytes, 1, Who::kMutex, bytes_an_entry<MutexMap>(keys));
  run.add(kBytes, 1, Who::kTbb, bytes_an_entry<TbbMalloc>(keys));
  run.add(kBytes, 1, Who::kCuckoo, bytes_an_entry<Cuckoo>(keys));
  run.add(kBytes, 1, Who::kUrcu, bytes_an_entry<Urcu>(keys, &cds_lfht_mm_order));
  run.add(kBytes, 1, Who::kFlat, bytes_an_entry<Flat>(keys));
}

void run_tiny_maps(MapRun& run, const std::string& id, std::size_t keys) {
  const std::size_t count = run.plan().tiny_maps;
  progress(cat(id, ": ", grouped(count), " maps"));
  run.add(id, 1, Who::kOurs, bytes_a_map<Ours>(count, keys));
  run.add(id, 1, Who::kSeedLayout, bytes_a_map<SeedLayout>(count, keys));
  run.add(id, 1, Who::kMutex, bytes_a_map<PlainStdMap>(count, keys));
}

// Milliseconds of a full collection with one map of so many keys in the heap: the median of three.
template <class Map>
[[gnu::noinline]] double collection_ms(std::size_t keys) {
  gc::collect();
  Map map;
  fill(map, keys);
  gc::collect();
  std::vector<double> times;
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    gc::collect();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  expect(map.load(binary_text(keys - 1)).has_value(), Map::kWho, "after a collection");
  return summarize(times).median;
}

}  // namespace

void run_memory(MapRun& run) {
  run_bytes_an_entry(run);
  run_tiny_maps(run, kTiny, 3);
  run_tiny_maps(run, kEmpty, 0);
  gc::collect();
}

void run_collections(MapRun& run) {
  for (int round = 1; round <= run.plan().rounds; ++round) {
    progress(cat(kCollection, ": round ", std::to_string(round), " of ", std::to_string(run.plan().rounds)));
    run.add(kCollection, 1, Who::kOurs, collection_ms<Ours>(run.plan().large));
    run.add(kCollection, 1, Who::kSeedLayout, collection_ms<SeedLayout>(run.plan().large));
  }
  gc::collect();
}

}  // namespace interlox::bench
