// SPDX-License-Identifier: BSD-3-Clause
#include "gc/weak.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <new>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::kSlowdown;
using interlox::test::run_in_thread;

namespace {

/// A target that knows what it is, so that another object in its memory is noticed.
struct Thing {
  static constexpr std::uint64_t kMagic = 0x7E57'0000'0000'0001u;
  explicit Thing(std::uint64_t name) noexcept : magic(kMagic), number(name) {}
  [[nodiscard]] bool is(std::uint64_t name) const noexcept { return magic == kMagic && number == name; }
  std::uint64_t magic;
  std::uint64_t number;
};

Thing* make_thing(std::uint64_t number) { return ::new (gc::allocate(sizeof(Thing))) Thing(number); }

gc::WeakBlock* make_cell(gc::WeakRegistry& registry, Thing* target, std::uint64_t token = 0) {
  auto* const cell = ::new (gc::allocate_pointer_free(sizeof(gc::WeakBlock))) gc::WeakBlock(token);
  registry.watch(cell->cell, target);
  return cell;
}

using Cells = gc::RootVector<gc::WeakBlock*>;
using Things = gc::RootVector<Thing*>;

/// Cells with the numbers from 0 as targets and tokens; `kept` gets those targets that are to live.
template <class Keep>
Cells make_cells(gc::WeakRegistry& registry, std::size_t count, Things& kept, Keep keep) {
  Cells cells;
  run_in_thread([&] {
    for (std::size_t i = 0; i < count; ++i) {
      Thing* const thing = make_thing(i);
      if (keep(i)) kept.push_back(thing);
      cells.push_back(make_cell(registry, thing, i));
    }
  });
  return cells;
}

std::size_t null_cells(const Cells& cells) {
  return static_cast<std::size_t>(std::count_if(
      cells.begin(), cells.end(), [](const auto* cell) { return cell->cell.get() == nullptr; }));
}

[[gnu::noinline]] void collect_until(const std::function<bool()>& done) {
  for (int i = 0; i < 5 && !done(); ++i) {
    gc::clear_stack();
    gc::collect();
  }
}

std::vector<std::uint64_t> take_all(gc::WeakRegistry& registry) {
  std::vector<std::uint64_t> all;
  std::array<std::uint64_t, 100> some{};
  while (const std::size_t count = registry.take_dead(some))
    all.insert(all.end(), some.begin(), some.begin() + count);
  return all;
}

constexpr std::size_t kMany = 5000;

}  // namespace

TEST_CASE("a weak cell does not keep its target, and reads null once it is dead") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kDrop);
  Things kept;
  const Cells cells = make_cells(registry, kMany, kept, [](std::size_t i) { return i % 2 == 0; });
  REQUIRE(registry.counts().watched == kMany);
  collect_until([&] { return null_cells(cells) >= kMany / 2 * 95 / 100; });
  CHECK(null_cells(cells) >= kMany / 2 * 95 / 100);
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto* const thing = cells[i]->cell.get_as<Thing>();
    if (i % 2 == 0) REQUIRE(thing == kept[i / 2]);
    if (thing != nullptr) REQUIRE(thing->is(i));
  }
  CHECK(registry.counts().watched == kMany - null_cells(cells));
  CHECK(registry.counts().cleared == null_cells(cells));
  CHECK(gc::stats().weak_cleared >= registry.counts().cleared);
  CHECK(registry.counts().waiting == 0);
}

TEST_CASE("the token of each cell whose target died is handed out once") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Things kept;
  const Cells cells = make_cells(registry, kMany, kept, [](std::size_t i) { return i % 3 == 0; });
  std::set<std::uint64_t> seen;
  collect_until([&] {
    for (const std::uint64_t token : take_all(registry)) REQUIRE(seen.insert(token).second);
    return seen.size() >= kMany * 2 / 3 * 95 / 100;
  });
  CHECK(seen.size() >= kMany * 2 / 3 * 95 / 100);
  for (std::size_t i = 0; i < kMany; ++i) REQUIRE((cells[i]->cell.get() == nullptr) == (seen.count(i) != 0));
  for (const std::uint64_t token : seen) REQUIRE(token % 3 != 0);
}

TEST_CASE("a cell that was abandoned dies uncounted and leaves no token") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Cells cells;
  run_in_thread([&] {
    for (std::size_t i = 0; i < kMany; ++i) {
      Thing* const thing = make_thing(i);
      cells.push_back(make_cell(registry, thing, i));
      if (i % 2 == 0) cells.back()->cell.abandon();
      gc::keep_alive(thing);
    }
  });
  REQUIRE(null_cells(cells) == kMany / 2);
  collect_until([&] { return registry.waiting() >= kMany / 2 * 95 / 100; });
  CHECK(registry.waiting() >= kMany / 2 * 95 / 100);
  CHECK(registry.waiting() <= kMany / 2);
  CHECK(registry.cleared() == registry.waiting());
  for (const std::uint64_t token : take_all(registry)) REQUIRE(token % 2 == 1);
}

TEST_CASE("tokens that wait and new rows do not get into each other's way") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Things kept;
  Cells cells;
  std::set<std::uint64_t> seen;
  for (std::uint64_t round = 0; round < 20; ++round) {
    run_in_thread([&] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const std::uint64_t number = round * 500 + i;
        Thing* const thing = make_thing(number);
        if (number % 5 == 0) kept.push_back(thing);
        cells.push_back(make_cell(registry, thing, number));
      }
    });
    gc::collect();
    std::array<std::uint64_t, 137> some{};  // leaves some for later
    const std::size_t count = registry.take_dead(some);
    for (std::size_t i = 0; i < count; ++i) REQUIRE(seen.insert(some[i]).second);
    const auto now = registry.counts();
    REQUIRE(now.watched + now.waiting + seen.size() == cells.size());
  }
  for (const std::uint64_t token : take_all(registry)) REQUIRE(seen.insert(token).second);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    REQUIRE((cells[i]->cell.get() == nullptr) == (seen.count(i) != 0));
    if (i % 5 == 0) REQUIRE(cells[i]->cell.get_as<Thing>()->is(i));
  }
}

TEST_CASE("the rows of cells that died go too, without a token") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Things kept;
  run_in_thread([&] {
    for (std::uint64_t i = 0; i < kMany; ++i) {
      kept.push_back(make_thing(i));
      static_cast<void>(make_cell(registry, kept.back(), i));
    }
  });
  collect_until([&] { return registry.counts().watched <= kMany * 5 / 100; });
  CHECK(registry.counts().watched <= kMany * 5 / 100);
  CHECK(registry.counts().waiting == 0);
  CHECK(registry.counts().cleared == 0);
}

TEST_CASE("a registry gives back the memory of many rows") {
  gc::WeakRegistry registry(GENERATE(gc::WeakRegistry::Tokens::kKeep, gc::WeakRegistry::Tokens::kDrop));
  for (int round = 0; round < 3; ++round) {
    Things kept;
    static_cast<void>(make_cells(registry, 50'000, kept, [](std::size_t) { return false; }));
    collect_until([&] { return registry.counts().watched + registry.counts().waiting <= 2'500; });
    static_cast<void>(take_all(registry));
    CHECK(registry.counts().watched <= 2'500);
    CHECK(registry.counts().waiting == 0);
    Thing* const one_more = make_thing(0);
    static_cast<void>(make_cell(registry, one_more));
    CHECK(registry.counts().room <= 4 * 2'500);
  }
}

// From some number on, rows are shared out to threads that the collector does not stop.
TEST_CASE("many rows are looked at exactly as few are") {
  constexpr std::size_t kVeryMany = 100'000;
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Things kept;
  Cells cells = make_cells(registry, kVeryMany, kept, [](std::size_t i) { return i % 4 != 0; });
  std::vector<bool> seen(kVeryMany);
  std::size_t tokens = 0;
  const auto take = [&] {
    for (const std::uint64_t token : take_all(registry)) {
      REQUIRE_FALSE(seen[token]);
      seen[token] = true;
      ++tokens;
    }
  };
  for (int round = 0; round < 4; ++round) {
    gc::clear_stack();
    gc::collect();
    take();
    for (std::size_t i = 0; i < kVeryMany; ++i) {
      if (cells[i] == nullptr) continue;
      const auto* const thing = cells[i]->cell.get_as<Thing>();
      REQUIRE((thing == nullptr) == seen[i]);
      if (thing != nullptr) REQUIRE(thing->is(i));
    }
    for (std::size_t i = 0; i < kVeryMany / 20; ++i)
      cells[i * 20 + 1 + static_cast<std::size_t>(round)] = nullptr;
    std::fill_n(kept.begin() + round * 5000, 5000, nullptr);
  }
  CHECK(tokens >= kVeryMany / 4 * 95 / 100);
  CHECK(registry.cleared() == tokens);
  CHECK(registry.counts().watched >= kVeryMany * 2 / 5);
}

TEST_CASE("a child of fork with many rows collects") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  Things kept;
  const Cells cells = make_cells(registry, 60'000, kept, [](std::size_t i) { return i % 2 == 0; });
  gc::collect();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    std::fill(kept.begin(), kept.end(), nullptr);
    gc::clear_stack();
    for (int i = 0; i < 3; ++i) gc::collect();
    Thing* const thing = make_thing(7);
    const gc::WeakBlock* const cell = make_cell(registry, thing, 7);
    gc::collect();
    const bool right = cell->cell.get_as<Thing>() == thing && null_cells(cells) >= 57'000;
    _exit(right ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  for (std::size_t i = 0; i < kept.size(); ++i) REQUIRE(cells[i * 2]->cell.get_as<Thing>() == kept[i]);
}

// A reader that finds an address has the object that it is of: the collector, looping, never takes it away
// from under it, nor does anything else come to stand there.
TEST_CASE("what a thread reads from a weak cell is the target, alive, while the collector loops") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kDrop);
  constexpr std::size_t kSlots = 64;
  struct Shared {
    std::atomic<gc::WeakBlock*> cells[kSlots]{};
  };
  const gc::Root<Shared> shared(::new (gc::allocate(sizeof(Shared))) Shared());
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  std::atomic<std::uint64_t> gone{0};
  const auto work = [&](std::uint64_t id) {
    std::uint64_t state = id * 0x9e3779b97f4a7c15u + 1;
    std::array<Thing*, 8> held{};  // on this stack: what keeps targets alive for a while
    for (std::uint64_t i = 0; !stop.load(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const std::size_t slot = state >> 33 & (kSlots - 1);
      const gc::WeakBlock* const cell = shared->cells[slot].load(std::memory_order_acquire);
      auto* const thing = cell == nullptr ? nullptr : cell->cell.get_as<Thing>();
      if (thing == nullptr) {
        if (cell != nullptr) gone.fetch_add(1, std::memory_order_relaxed);
        Thing* const fresh = make_thing(slot);
        shared->cells[slot].store(make_cell(registry, fresh), std::memory_order_release);
        held[i % held.size()] = fresh;
      } else {
        for (int spin = 0; spin < 20; ++spin) std::atomic_signal_fence(std::memory_order_seq_cst);
        if (!thing->is(slot)) wrong.fetch_add(1, std::memory_order_relaxed);
        found.fetch_add(1, std::memory_order_relaxed);
        if (i % 7 == 0) held[i % held.size()] = thing;
      }
    }
    for (Thing* const thing : held) gc::keep_alive(thing);
  };
  std::vector<std::jthread> threads;
  for (std::uint64_t id = 0; id < 4; ++id) threads.push_back(gc::start_thread(work, id));
  // Two seconds, and on until enough has happened, however little time the other threads get.
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

TEST_CASE("threads that come and go register, whoever collects") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  std::atomic<std::uint64_t> wrong{0};
  for (int batch = 0; batch < 400 / kSlowdown; ++batch) {
    std::vector<std::jthread> threads;
    for (std::uint64_t id = 0; id < 5; ++id) {
      threads.push_back(gc::start_thread([&, id] {
        Thing* const thing = make_thing(id);
        const gc::WeakBlock* const cell = make_cell(registry, thing, id);
        for (std::uint64_t i = 0; i < 20; ++i) static_cast<void>(make_cell(registry, make_thing(i), i));
        if (id == 0) gc::collect();
        if (cell->cell.get_as<Thing>() != thing || !thing->is(id)) wrong.fetch_add(1);
        gc::keep_alive(thing);
      }));
    }
  }
  CHECK(wrong == 0);
  collect_until([&] { return registry.counts().watched <= 400; });
  CHECK(registry.counts().watched <= 400);
}

TEST_CASE("a child of fork registers, collects and reads") {
  gc::WeakRegistry registry(gc::WeakRegistry::Tokens::kKeep);
  std::atomic<bool> stop{false};
  {
    const std::jthread busy = gc::start_thread([&] {
      for (std::uint64_t i = 0; !stop.load(); ++i) static_cast<void>(make_cell(registry, make_thing(i), i));
    });
    int failed = 0;
    for (int i = 0; i < 20; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        alarm(20);  // who waits for a mutex that nobody in the child holds, waits for ever
        Thing* const thing = make_thing(7);
        const gc::WeakBlock* const cell = make_cell(registry, thing, 7);
        gc::collect();
        const bool right = cell->cell.get_as<Thing>() == thing && thing->is(7);
        _exit(right ? 0 : 1);
      }
      int status = -1;
      waitpid(child, &status, 0);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++failed;
    }
    stop.store(true);
    CHECK(failed == 0);
  }
}
