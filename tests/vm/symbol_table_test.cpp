// SPDX-License-Identifier: BSD-3-Clause
#include "vm/symbol_table.hpp"

#include <atomic>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"

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

TEST_CASE("symbols survive collections though nothing else refers to them") {
  constexpr int kCount = 5000;
  std::vector<std::uintptr_t> addresses;  // not scanned
  for (int i = 0; i < kCount; ++i) {
    addresses.push_back(~reinterpret_cast<std::uintptr_t>(vm::intern("survivor " + std::to_string(i))));
  }
  gc::clear_stack();
  gc::collect();
  gc::collect();
  int same = 0;
  for (int i = 0; i < kCount; ++i) {
    const auto* const symbol = vm::intern("survivor " + std::to_string(i));
    if (~reinterpret_cast<std::uintptr_t>(symbol) == addresses[i]) ++same;
  }
  CHECK(same == kCount);
}

TEST_CASE("for_each and stats agree with the count") {
  auto& table = vm::SymbolTable::instance();
  vm::intern("one for the walk");
  std::set<std::string> names;
  table.for_each([&](const vm::Symbol& symbol) { names.emplace(symbol.view()); });
  CHECK(names.count("one for the walk") == 1);
  CHECK(names.size() == table.count());
  CHECK(table.stats().entries == table.count());
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
