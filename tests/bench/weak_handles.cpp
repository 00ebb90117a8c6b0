// SPDX-License-Identifier: BSD-3-Clause
// The weak tables of the VM: getting handles and symbols that exist, beside a map from the same strings;
// making new ones; what handles take in memory, and what they leave behind.
#include <algorithm>
#include <chrono>
#include <malloc.h>
#include <string>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/bench/keys.hpp"
#include "tests/bench/weak_run.hpp"
#include "trie/hash_trie_map.hpp"
#include "vm/pruner.hpp"
#include "vm/symbol_table.hpp"
#include "vm/unique_table.hpp"

namespace interlox::bench {
namespace {

using Map = trie::HashTrieMap<trie::String, const void*, trie::StringKeys, gc::TriePolicy>;
using Held = gc::RootVector<const void*>;

vm::Unique* make_handle(const std::string& text) {
  return vm::UniqueTable::instance().make(vm::Lookup::of_text(text));
}

// Each contender gives the object of a string that it has: its table's handle or symbol, or what a map has
// under that key.
struct HandleOf {
  static constexpr Form kForm = Form::kHandle;
  const void* operator()(const std::string& text) const { return make_handle(text); }
};
struct SymbolOf {
  static constexpr Form kForm = Form::kSymbol;
  const void* operator()(const std::string& text) const { return vm::intern(text); }
};
struct LoadOf {
  static constexpr Form kForm = Form::kMap;
  const Map& map;
  const void* operator()(const std::string& text) const { return map.load(text).value_or(nullptr); }
};

std::uintptr_t sum_of(const Held& objects) {
  std::uintptr_t sum = 0;
  for (const void* const object : objects) sum += reinterpret_cast<std::uintptr_t>(object);
  return sum;
}

template <class Get>
[[gnu::noinline]] std::uintptr_t lap_sum(const std::vector<std::string>& keys, std::size_t begin,
                                         const Get& get) {
  std::uintptr_t sum = 0;
  for (std::size_t i = begin; i < keys.size(); ++i) sum += reinterpret_cast<std::uintptr_t>(get(keys[i]));
  for (std::size_t i = 0; i < begin; ++i) sum += reinterpret_cast<std::uintptr_t>(get(keys[i]));
  return sum;
}

// Whole laps over the shuffled keys, each thread from a place of its own, after a lap that is not timed.
template <class Get>
Sample time_present(const std::vector<std::string>& keys, unsigned threads, std::size_t operations,
                    std::uintptr_t right, const Get& get) {
  const std::size_t laps = (operations + keys.size() - 1) / keys.size();
  std::vector<std::uintptr_t> sums(threads);
  const auto run = [&](unsigned id, std::size_t times) {
    for (std::size_t lap = 0; lap < times; ++lap) sums[id] += lap_sum(keys, keys.size() / threads * id, get);
  };
  const Sample sample = time_threads<gc::ThreadScope>(
      threads, laps * keys.size(), [&](unsigned id) { run(id, 1); }, [&](unsigned id) { run(id, laps); });
  for (const std::uintptr_t sum : sums) expect(sum == right * (laps + 1), Get::kForm, "present");
  return sample;
}

void run_present_of(WeakRun& run, std::size_t count) {
  const std::vector<std::string> keys = make_queries(0, count).keys;
  Map map;
  Held handles;
  Held symbols;
  for (std::size_t i = 0; i < count; ++i) {  // in the order of the numbers, as other workloads are filled
    const std::string text = binary_text(i);
    handles.push_back(make_handle(text));
    symbols.push_back(vm::intern(text));
    map.store(text, handles.back());
  }
  gc::collect();
  const std::uintptr_t of_handles = sum_of(handles);
  const std::uintptr_t of_symbols = sum_of(symbols);
  const std::size_t operations = run.plan().makes;
  const auto lane = [&]<class Get>(std::uintptr_t right, const Get& get) {
    return Lane<Form>{Get::kForm, 0, [&, right, get](unsigned threads) {
                        return time_present(keys, threads, operations, right, get);
                      }};
  };
  run.rounds(present_id(count),
             {lane(of_handles, HandleOf{}), lane(of_symbols, SymbolOf{}), lane(of_handles, LoadOf{map})});
}

// What was held is collected, and its entries are removed.
[[gnu::noinline]] void tidy() {
  gc::clear_stack();
  gc::collect();
  vm::prune_all_sets();
  gc::collect();
}

// New values, of each thread its own, which it holds.
template <class Make>
Sample time_new(unsigned threads, std::size_t count, Form form, const Make& make) {
  static std::uint64_t made = 0;
  std::vector<std::vector<std::string>> keys(threads);
  std::vector<Held> held(threads);
  for (unsigned id = 0; id < threads; ++id) {
    held[id].resize(count);
    for (std::size_t i = 0; i < count; ++i) keys[id].push_back("new " + std::to_string(made++));
  }
  tidy();
  const Sample sample = time_threads<gc::ThreadScope>(threads, count, [&](unsigned id) {
    for (std::size_t i = 0; i < count; ++i) held[id][i] = make(keys[id][i]);
  });
  for (const Held& mine : held) {
    expect(std::find(mine.begin(), mine.end(), nullptr) == mine.end(), form, "new");
  }
  return sample;
}

double collected_bytes() {
  tidy();
  return static_cast<double>(gc::stats().used_bytes);
}

double malloc_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

[[gnu::noinline]] double bytes_a_handle(std::size_t count) {
  Held held(count);
  const double collected = collected_bytes();
  const double rows = malloc_bytes();
  constexpr std::size_t kLength = 16;
  for (std::size_t i = 0; i < count; ++i) held[i] = make_handle(twenty_digits(i).substr(20 - kLength));
  const double all = collected_bytes() - collected + malloc_bytes() - rows;
  gc::keep_alive(held[count - 1]);
  return all / static_cast<double>(count);
}

std::size_t dead_after_a_second(std::size_t count) {
  const std::uint64_t before = vm::UniqueTable::instance().stats().cleared;
  gc::start_thread([count] {
    for (std::size_t i = 0; i < count; ++i) static_cast<void>(make_handle("left " + std::to_string(i)));
  }).join();
  gc::clear_stack();
  gc::collect();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const trie::CanonicalStats stats = vm::UniqueTable::instance().stats();
  expect(stats.cleared - before >= count * 95 / 100, Form::kHandle, "handles that nobody holds");
  return stats.dead;
}

}  // namespace

void run_present(WeakRun& run) {
  for (const std::size_t count : kPresentSizes) {
    gc::start_thread([&] { run_present_of(run, count); }).join();
    tidy();
  }
}

void run_new(WeakRun& run) {
  const std::size_t count = run.plan().registrations;
  const auto on_new_map = [count](unsigned threads) {
    Map map;
    return time_new(threads, count, Form::kMap, [&map](const std::string& text) -> const void* {
      return map.load_or_store(text, &map).value;
    });
  };
  const auto with = [count](auto get) {
    return [count, get](unsigned threads) { return time_new(threads, count, get.kForm, get); };
  };
  run.rounds(kNew, {{Form::kHandle, 0, with(HandleOf{})},
                    {Form::kSymbol, 0, with(SymbolOf{})},
                    {Form::kMap, 0, on_new_map}});
}

void run_handle_memory(WeakRun& run) {
  tidy();
  progress("bytes a handle");
  double bytes = 0;
  gc::start_thread([&] { bytes = bytes_a_handle(kPauseSizes.back()); }).join();
  run.add(kHandleBytes, 1, Form::kHandle, bytes);
  tidy();
}

void run_left_behind(WeakRun& run) {
  constexpr std::size_t kKilled = 100'000;
  for (int round = 1; round <= run.plan().rounds; ++round) {
    WeakRun::show_round(kLeftBehind, round, run.plan().rounds);
    run.add(kLeftBehind, 1, Form::kHandle, static_cast<double>(dead_after_a_second(kKilled)));
  }
}

}  // namespace interlox::bench
