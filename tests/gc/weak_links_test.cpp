// SPDX-License-Identifier: BSD-3-Clause
// gc::WeakCell beside the collector's own disappearing links, on the same targets: whatever one of them says
// of a target, the other one says too.
#include "tests/support/reference/weak_links.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

#include "gc/root.hpp"
#include "gc/weak.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using gc::reference::WeakLinkBlock;
using interlox::test::run_in_thread;

namespace {

struct Thing {
  std::uint64_t number;
  std::uint64_t check;
};

constexpr std::uint64_t kCheck = 0x7E57'0000'0000'0002u;

Thing* make_thing(std::uint64_t number) {
  return ::new (gc::allocate(sizeof(Thing))) Thing{number, number ^ kCheck};
}
bool is(const Thing* thing, std::uint64_t number) {
  return thing->number == number && thing->check == (number ^ kCheck);
}

/// A target's two weak references, side by side in scanned memory.
struct Both {
  gc::WeakBlock* cell;
  WeakLinkBlock* link;
};

WeakLinkBlock* make_link(Thing* target, std::uint64_t token = 0) {
  auto* const block = ::new (gc::allocate_pointer_free(sizeof(WeakLinkBlock))) WeakLinkBlock(token);
  block->link.watch(target);
  return block;
}

Both make_both(gc::WeakRegistry& registry, Thing* target) {
  auto* const block = ::new (gc::allocate_pointer_free(sizeof(gc::WeakBlock))) gc::WeakBlock(0);
  registry.watch(block->cell, target);
  Both both{block, make_link(target)};
  gc::keep_alive(target);
  return both;
}

[[gnu::noinline]] void collect_with_a_clear_stack() {
  gc::clear_stack();
  gc::collect();
}

}  // namespace

TEST_CASE("a disappearing link does not keep its target, and reads null once it is dead") {
  constexpr std::size_t kMany = 5000;
  gc::RootVector<Thing*> kept;
  gc::RootVector<WeakLinkBlock*> links;
  run_in_thread([&] {
    for (std::size_t i = 0; i < kMany; ++i) {
      Thing* const thing = make_thing(i);
      if (i % 2 == 0) kept.push_back(thing);
      links.push_back(make_link(thing, i));
    }
  });
  std::size_t gone = 0;
  for (int i = 0; i < 5 && gone < kMany / 2 * 95 / 100; ++i) {
    collect_with_a_clear_stack();
    gone = 0;
    for (const auto* block : links) gone += block->link.get() == nullptr ? 1 : 0;
  }
  CHECK(gone >= kMany / 2 * 95 / 100);
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto* const thing = links[i]->link.get_as<Thing>();
    if (i % 2 == 0) REQUIRE(thing == kept[i / 2]);
    if (thing != nullptr) REQUIRE(is(thing, i));
    REQUIRE(links[i]->token == i);
  }
}

TEST_CASE("after each collection a cell and a link agree on every target") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kDrop);
  gc::RootVector<Thing*> kept;
  gc::RootVector<Both> all;
  std::uint64_t state = 1;
  std::size_t died = 0;
  for (int round = 0; round < 60; ++round) {
    run_in_thread([&] {
      for (int i = 0; i < 200; ++i) {
        Thing* const thing = make_thing(all.size());
        kept.push_back(thing);
        all.push_back(make_both(registry, thing));
      }
      for (int i = 0; i < 200; ++i) {  // some of any age die
        state = state * 6364136223846793005u + 1442695040888963407u;
        kept[(state >> 33) % kept.size()] = nullptr;
      }
    });
    collect_with_a_clear_stack();
    died = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto* const by_cell = all[i].cell->cell.get_as<Thing>();
      REQUIRE(all[i].link->link.get() == by_cell);
      if (kept[i] != nullptr) REQUIRE(by_cell == kept[i]);
      if (by_cell != nullptr) REQUIRE(is(by_cell, i));
      if (by_cell == nullptr) ++died;
    }
  }
  CHECK(died > 3000);
  CHECK(registry.cleared() == died);
}

// A thread may read the two in either order. Null from one is null from the other, although a collection may
// be about to clear it: a link's reader waits for the lock that the collection holds until both are cleared.
TEST_CASE("a cell and a link agree in every thread at every moment while the collector loops") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kDrop);
  constexpr std::size_t kSlots = 64;
  struct Shared {
    std::atomic<Both*> slots[kSlots]{};
  };
  const gc::Root<Shared> shared(::new (gc::allocate(sizeof(Shared))) Shared());
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  std::atomic<std::uint64_t> gone{0};
  const auto work = [&](std::uint64_t id) {
    std::uint64_t state = id * 0x9e3779b97f4a7c15u + 1;
    std::array<Thing*, 8> held{};
    for (std::uint64_t i = 0; !stop.load(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const std::size_t slot = state >> 33 & (kSlots - 1);
      const Both* const both = shared->slots[slot].load(std::memory_order_acquire);
      Thing* thing = nullptr;
      if (both != nullptr) {
        auto* const cell_first = i % 2 == 0 ? both->cell->cell.get_as<Thing>() : nullptr;
        auto* const by_link = both->link->link.get_as<Thing>();
        thing = i % 2 == 0 ? cell_first : both->cell->cell.get_as<Thing>();
        if (by_link != thing || (thing != nullptr && !is(thing, slot))) wrong.fetch_add(1);
        (thing == nullptr ? gone : found).fetch_add(1, std::memory_order_relaxed);
        if (i % 7 == 0) held[i % held.size()] = thing;
      }
      if (thing == nullptr) {
        thing = make_thing(slot);
        auto* const fresh = ::new (gc::allocate(sizeof(Both))) Both(make_both(registry, thing));
        shared->slots[slot].store(fresh, std::memory_order_release);
        held[i % held.size()] = thing;
      }
    }
    for (Thing* const thing : held) gc::keep_alive(thing);
  };
  std::vector<std::jthread> threads;
  for (std::uint64_t id = 0; id < 3; ++id) threads.push_back(gc::start_thread(work, id));
  const auto begin = std::chrono::steady_clock::now();
  const auto runs_for = [&](int seconds) {
    return std::chrono::steady_clock::now() - begin < std::chrono::seconds(seconds);
  };
  while (runs_for(2) || ((found <= 1000 || gone <= 100) && runs_for(60))) gc::collect();
  stop.store(true);
  threads.clear();
  CHECK(wrong == 0);
  CHECK(found > 1000);
  CHECK(gone > 100);
}
