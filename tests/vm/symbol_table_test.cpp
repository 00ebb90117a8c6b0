// SPDX-License-Identifier: BSD-3-Clause
#include "vm/symbol_table.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/pruner.hpp"

using namespace interlox;
using namespace std::string_view_literals;

TEST_CASE("equal names are one symbol, and others are others") {
  auto& table = vm::SymbolTable::instance();
  const vm::Symbol* const a = vm::intern("symbol_table_test a");
  CHECK(a == vm::intern(std::string("symbol_table_test ") + "a"));
  CHECK(a != vm::intern("symbol_table_test b"));
  CHECK(a->view() == "symbol_table_test a");
  CHECK(a->bytes[a->length] == '\0');
  CHECK(table.find("symbol_table_test a") == a);
  const std::size_t count = table.count();
  CHECK(table.find("symbol_table_test never made") == nullptr);
  CHECK(table.count() == count);
}

TEST_CASE("a name is any bytes") {
  for (const std::string_view name : {""sv, "\0"sv, "a\0b"sv, "a\0c"sv, "\xff\xfe"sv}) {
    CHECK(vm::intern(name)->view() == name);
    CHECK(vm::intern(name) == vm::intern(std::string(name)));
  }
  CHECK(vm::intern("a\0b"sv) != vm::intern("a\0c"sv));
  const std::string large(100'000, 'n');
  CHECK(vm::intern(large)->view() == large);
}

namespace {

std::string numbered(const char* what, int i) { return std::string(what) + " " + std::to_string(i); }

}  // namespace

TEST_CASE("a symbol lives as long as something refers to it, and no longer") {
  constexpr int kCount = 5000;
  auto& table = vm::SymbolTable::instance();
  gc::RootVector<const vm::Symbol*> held;
  std::vector<std::uintptr_t> addresses;  // not scanned
  test::run_in_thread([&] {
    for (int i = 0; i < kCount; ++i) {
      held.push_back(vm::intern(numbered("held", i)));
      addresses.push_back(~reinterpret_cast<std::uintptr_t>(vm::intern(numbered("dropped", i))));
    }
  });
  const auto gone = [&] {
    int count = 0;
    for (int i = 0; i < kCount; ++i) count += table.find(numbered("dropped", i)) == nullptr ? 1 : 0;
    return count;
  };
  for (int i = 0; i < 5 && gone() < kCount * 95 / 100; ++i) {
    gc::clear_stack();
    gc::collect();
  }
  CHECK(gone() >= kCount * 95 / 100);
  for (int i = 0; i < kCount; ++i) {
    REQUIRE(vm::intern(numbered("held", i)) == held[static_cast<std::size_t>(i)]);
    REQUIRE(held[static_cast<std::size_t>(i)]->view() == numbered("held", i));
  }
  vm::prune_all_sets();
  const trie::CanonicalStats stats = table.stats();
  CHECK(stats.dead == 0);
  CHECK(stats.pruned >= kCount * 95 / 100);
  CHECK(stats.misses == stats.live + stats.pruned);
}

TEST_CASE("any number of symbols that nobody keeps takes bounded room") {
  auto& table = vm::SymbolTable::instance();
  const std::size_t before = table.count();
  const std::size_t heap = gc::stats().heap_bytes;
  std::size_t most = 0;
  test::run_in_thread([&] {
    for (int i = 0; i < 2'000'000 / test::kSlowdown; ++i) {
      vm::intern(numbered("passing", i));
      if (i % 10'000 == 0) most = std::max(most, table.stats().entries);
    }
  });
  CHECK(most < before + 1'500'000 / test::kSlowdown);
  CHECK(gc::stats().heap_bytes < heap + (200u << 20));
}

TEST_CASE("dead symbols leave the table soon after a collection, though nobody asks") {
  auto& table = vm::SymbolTable::instance();
  test::run_in_thread([&] {
    for (int i = 0; i < 5000; ++i) vm::intern(numbered("left behind", i));
  });
  gc::clear_stack();
  gc::collect();
  const auto begin = std::chrono::steady_clock::now();
  while (table.stats().dead != 0 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(table.stats().dead == 0);
}

TEST_CASE("for_each and stats agree with the count") {
  auto& table = vm::SymbolTable::instance();
  const vm::Symbol* const kept = vm::intern("one for the walk");
  vm::prune_all_sets();
  std::set<std::string> names;
  table.for_each([&](const vm::Symbol& symbol) { names.emplace(symbol.view()); });
  CHECK(names.count("one for the walk") == 1);
  CHECK(names.size() == table.count());
  CHECK(table.stats().entries == table.count());
  gc::keep_alive(kept);
}

TEST_CASE("threads that intern the same names get the same symbols") {
  constexpr int kThreads = 4;
  constexpr int kNames = 3000;
  std::vector<gc::RootVector<const vm::Symbol*>> found(kThreads);
  for (auto& mine : found) mine.resize(kNames);
  std::atomic<bool> go{false};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.push_back(gc::start_thread([&, t] {
        while (!go.load()) std::this_thread::yield();
        for (int i = 0; i < kNames; ++i) {
          const int name = t % 2 == 0 ? i : kNames - 1 - i;
          found[t][name] = vm::intern("shared " + std::to_string(name));
        }
      }));
    }
    go.store(true);
  }
  int agree = 0;
  for (int i = 0; i < kNames; ++i) {
    bool all = found[0][i]->view() == "shared " + std::to_string(i);
    for (int t = 1; t < kThreads; ++t) all = all && found[t][i] == found[0][i];
    if (all) ++agree;
  }
  CHECK(agree == kNames);
}
