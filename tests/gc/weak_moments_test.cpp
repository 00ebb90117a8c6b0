// SPDX-License-Identifier: BSD-3-Clause
// A collection between any two steps of a thread that registers a weak cell or takes tokens. The registry
// is built into this program with calls of moment() between its steps; each of them may collect, which is
// what the collector does when it stops a thread just there.
#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gc/bdwgc.hpp"
#include "gc/events.hpp"
#include "gc/root.hpp"
#include "gc/weak.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;

namespace {

const char* chosen = nullptr;  // the moment at which to collect
int passed = 0;                // how often it was passed
std::function<void()> before;  // what happens there before the collection

}  // namespace

namespace interlox::gc {
void moment(const char* what) noexcept {
  if (chosen == nullptr || std::strcmp(what, chosen) != 0) return;
  ++passed;
  if (before) before();
  collect();
}
}  // namespace interlox::gc

namespace {

struct Thing {
  std::uint64_t number;
};

struct Pair {
  gc::WeakBlock* cell;
  Thing* thing;  // null: not kept
};

/// Registers a fresh cell whose target nobody but watch() holds, unless `keep`.
[[gnu::noinline]] Pair register_one(gc::WeakRegistry& registry, std::uint64_t number, bool keep) {
  auto* const cell = ::new (gc::allocate_pointer_free(sizeof(gc::WeakBlock))) gc::WeakBlock(number);
  Thing* const thing = ::new (gc::allocate(sizeof(Thing))) Thing{number};
  registry.watch(cell->cell, thing);
  return {cell, keep ? thing : nullptr};
}

/// Rows that live and rows that have died since the last collection, in turn, and tokens that wait.
void prepare(gc::WeakRegistry& registry, gc::RootVector<Pair>& pairs) {
  for (const bool collect : {true, false}) {
    interlox::test::run_in_thread([&] {
      for (std::uint64_t i = 0; i < 100; ++i) {
        pairs.push_back(register_one(registry, pairs.size(), i % 2 == 0));
      }
    });
    if (collect) gc::collect();
  }
}

void check_all(const gc::WeakRegistry& registry, const gc::RootVector<Pair>& pairs) {
  std::size_t live = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    auto* const target = pairs[i].cell->cell.get_as<Thing>();
    if (target != nullptr) {
      ++live;
      REQUIRE(target->number == i);
    }
    if (pairs[i].thing != nullptr) REQUIRE(target == pairs[i].thing);
  }
  REQUIRE(registry.counts().watched == live);
}

const char* const kWatching[] = {"the cell has its target", "a token has made room", "the row is written",
                                 "the row counts"};

}  // namespace

TEST_CASE("a collection at any step of a registration finds all rows, and loses no target") {
  const auto tokens_kept = GENERATE(gc::WeakRegistry::Tokens::kKeep, gc::WeakRegistry::Tokens::kDrop);
  for (const char* const when : kWatching) {
    INFO(when);
    gc::WeakRegistry registry(tokens_kept);
    gc::RootVector<Pair> pairs;
    prepare(registry, pairs);
    passed = 0;
    for (int round = 0; round < 50; ++round) {
      chosen = when;
      pairs.push_back(register_one(registry, pairs.size(), round % 2 == 0));
      chosen = nullptr;
      // In the memory of a target that was taken for dead stands another object now.
      for (int i = 0; i < 200; ++i) ::new (gc::allocate(sizeof(Thing))) Thing{~std::uint64_t{0}};
    }
    CHECK(passed == 50);
    gc::clear_stack();
    gc::collect();
    check_all(registry, pairs);
    std::array<std::uint64_t, 1000> tokens{};
    const std::size_t count = registry.take_dead(tokens);
    const std::size_t cleared = registry.counts().cleared;
    CHECK(cleared + registry.counts().watched == pairs.size());
    CHECK(count == (tokens_kept == gc::WeakRegistry::Tokens::kKeep ? cleared : 0));
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(tokens[i] < pairs.size());
      REQUIRE(pairs[tokens[i]].cell->cell.get() == nullptr);
    }
  }
}

TEST_CASE("rows of dead cells are forgotten while a thread stands inside of a registration") {
  // Their pages may be gone by the collection after, and asking after them is a crash then.
  for (const char* const when : kWatching) {
    INFO(when);
    gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
    interlox::test::run_in_thread([&] {  // so many that they are shared out within the pause
      for (std::uint64_t i = 0; i < 40'000; ++i) static_cast<void>(register_one(registry, i, false));
    });
    chosen = when;
    for (int i = 0; i < 8; ++i) {
      static_cast<void>(register_one(registry, 0, false));
      // pages of blocks of other sizes take the place of those that are free
      interlox::test::run_in_thread([] {
        for (int j = 0; j < 500; ++j) std::memset(gc::allocate_pointer_free(20'000), 1, 20'000);
      });
    }
    chosen = nullptr;
    gc::collect();
    CHECK(registry.counts().watched <= 4000);
  }
}

TEST_CASE("a collection while tokens are taken hands out each of them once") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  gc::RootVector<Pair> pairs;
  prepare(registry, pairs);
  gc::collect();
  chosen = "a token is taken";
  passed = 0;
  before = [&] {  // at every tenth token one more target dies, or a cell with its target
    if (passed % 10 != 0) return;
    Pair& pair = pairs[static_cast<std::size_t>(passed) * 2 % pairs.size()];
    pair = {passed % 20 == 0 ? nullptr : pair.cell, nullptr};
  };
  std::vector<bool> seen(pairs.size());
  const auto take_all = [&] {
    std::array<std::uint64_t, 7> some{};
    while (const std::size_t count = registry.take_dead(some)) {
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE_FALSE(seen.at(some[i]));
        seen[some[i]] = true;
      }
    }
  };
  take_all();
  chosen = nullptr;
  before = nullptr;
  CHECK(passed > 90);
  gc::clear_stack();
  gc::collect();
  take_all();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].cell != nullptr) REQUIRE(seen[i] == (pairs[i].cell->cell.get() == nullptr));
  }
}

TEST_CASE("a mark that is given up clears nothing") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  gc::RootVector<Pair> pairs;
  prepare(registry, pairs);
  const auto before_it = registry.counts();
  std::size_t cleared = 0;
  for (const Pair& pair : pairs) cleared += pair.cell->cell.get() == nullptr ? 1 : 0;

  struct Seen {
    static void record(void* context, gc::Event event) noexcept {
      auto* const seen = static_cast<Seen*>(context);
      seen->marks_ended += event == gc::Event::kMarkEnd ? 1 : 0;
      seen->worlds_started += event == gc::Event::kPreStartWorld ? 1 : 0;
    }
    int marks_ended = 0;
    int worlds_started = 0;
  } seen;
  gc::add_event_listener(Seen::record, &seen);
  // It is asked before the world is stopped as well: more patience each time, until a mark has begun.
  for (int patience = 0; patience < 100 && seen.worlds_started == 0; ++patience) {
    static int asked;
    static int most;
    asked = 0;
    most = patience;
    GC_try_to_collect([] { return ++asked > most ? 1 : 0; });
  }
  gc::remove_event_listener(Seen::record, &seen);
  REQUIRE(seen.worlds_started == 1);
  REQUIRE(seen.marks_ended == 0);

  std::size_t null = 0;
  for (const Pair& pair : pairs) null += pair.cell->cell.get() == nullptr ? 1 : 0;
  CHECK(null == cleared);
  CHECK(registry.counts().watched == before_it.watched);
  CHECK(registry.counts().waiting == before_it.waiting);
  gc::collect();
  check_all(registry, pairs);
}

#ifndef INTERLOX_WEAK_CONCURRENT_CLEARING  // there such tokens wait for the next collection
TEST_CASE("tokens of a collection that came in the middle of a registration need no other collection") {
  for (const char* const within : {"", "a stray is copied", "a stray has left its place"}) {
    INFO(within);
    gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
    gc::RootVector<Pair> pairs;
    prepare(registry, pairs);
    gc::clear_stack();
    chosen = "the row is written";
    pairs.push_back(register_one(registry, pairs.size(), true));
    chosen = nullptr;
    CHECK(registry.waiting() != 0);
    CHECK(registry.counts().waiting != 0);
    // Once more, while the strays are gathered: everything else dies now.
    std::array<std::uint64_t, 1000> tokens{};
    std::size_t count = 0;
    passed = 0;
    before = [&] {
      if (passed == 1) {
        for (std::size_t i = 100; i < pairs.size(); ++i) pairs[i].thing = nullptr;
      }
    };
    chosen = within;
    count = registry.take_dead(tokens);
    chosen = nullptr;
    before = nullptr;
    if (*within != '\0') CHECK(passed > 0);
    count += registry.take_dead(std::span(tokens).subspan(count));
    CHECK(count >= 95);
    CHECK(registry.cleared() == count);
    CHECK(registry.waiting() == 0);
    CHECK(registry.counts().waiting == 0);
    std::sort(tokens.begin(), tokens.begin() + count);
    CHECK(std::adjacent_find(tokens.begin(), tokens.begin() + count) == tokens.begin() + count);
    for (std::size_t i = 0; i < count; ++i) REQUIRE(pairs[tokens[i]].cell->cell.get() == nullptr);
  }
}
#endif
