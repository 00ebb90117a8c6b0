// SPDX-License-Identifier: BSD-3-Clause
// Readers of weak cells at every step of a collection that clears the dead ones while the world runs. The
// reader's side is built into this program with calls of moment() between its steps, where a thread waits;
// and a listener holds the collection where it is until that thread has come as far as the test wants it.
#include "gc/weak_concurrent.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <new>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "gc/root.hpp"
#include "gc/weak.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::run_in_thread;
using namespace std::chrono_literals;

namespace {

/// False if it did not come true in time: a test fails then, where it would hang.
bool wait_for(const std::atomic<bool>& flag, std::chrono::milliseconds most = 20s) noexcept {
  const auto begin = std::chrono::steady_clock::now();
  while (!flag.load()) {
    if (std::chrono::steady_clock::now() - begin > most) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A moment at which the first thread that comes there waits.
struct Stop {
  explicit Stop(const char* moment, std::chrono::milliseconds longest = 20s) : at(moment), most(longest) {
    all.at(count++) = this;
  }
  ~Stop() { all[--count] = nullptr; }
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  void pass(const char* moment) noexcept {
    if (std::strcmp(moment, at) != 0 || there.exchange(true)) return;
    wait_for(go_on, most);
    passed.store(true);
  }

  const char* const at;
  const std::chrono::milliseconds most;
  std::atomic<bool> there{false};
  std::atomic<bool> go_on{false};
  std::atomic<bool> passed{false};

  static constinit std::array<Stop*, 4> all;  // made and unmade while no reader runs
  static constinit std::size_t count;
};
constinit std::array<Stop*, 4> Stop::all{};
constinit std::size_t Stop::count = 0;

}  // namespace

namespace interlox::gc {
void moment(const char* what) noexcept {
  for (Stop* const stop : Stop::all) {
    if (stop != nullptr) stop->pass(what);
  }
}
}  // namespace interlox::gc

namespace {

/// What happens at an event of a collection, on the collecting thread.
class At {
 public:
  At(gc::Event event, std::function<void()> action) : event_(event), action_(std::move(action)) {
    gc::add_event_listener(on_event, this);
  }
  ~At() { gc::remove_event_listener(on_event, this); }
  At(const At&) = delete;
  At& operator=(const At&) = delete;

 private:
  static void on_event(void* context, gc::Event event) noexcept {
    auto* const self = static_cast<At*>(context);
    if (event == self->event_) self->action_();
  }
  const gc::Event event_;
  const std::function<void()> action_;
};

// The world runs again, and the dead cells are not cleared yet.
constexpr gc::Event kNotCleared = gc::Event::kPostStartWorld;

struct Thing {
  std::uint64_t number;
};

Thing* make_thing(std::uint64_t number) { return ::new (gc::allocate(sizeof(Thing))) Thing{number}; }
gc::WeakBlock* make_cell(std::uint64_t token) {
  return ::new (gc::allocate_pointer_free(sizeof(gc::WeakBlock))) gc::WeakBlock(token);
}

bool clearing() { return gc::detail::is_clearing(gc::detail::weak_phase.count.load()); }

/// Cells whose targets have died by the next collection, but for every second one.
struct Cells {
  explicit Cells(std::size_t size) : count(size) {
    run_in_thread([this] {
      for (std::size_t i = 0; i < count; ++i) {
        Thing* const thing = make_thing(i);
        cells.push_back(make_cell(i));
        kept.push_back(i % 2 == 0 ? thing : nullptr);
        registry.watch(cells.back()->cell, thing);
      }
    });
  }

  struct Found {
    std::size_t null = 0;
    std::size_t wrong = 0;
  };
  [[nodiscard]] Found read() const noexcept {
    Found found;
    for (std::size_t i = 0; i < count; ++i) {
      const auto* const thing = cells[i]->cell.get_as<Thing>();
      found.null += thing == nullptr ? 1 : 0;
      if (kept[i] != nullptr ? thing != kept[i] : thing != nullptr && thing->number != i) ++found.wrong;
    }
    return found;
  }

  const std::size_t count;
  gc::WeakRegistry registry{gc::WeakRegistry::Tokens::kKeep};
  gc::RootVector<gc::WeakBlock*> cells;
  gc::RootVector<Thing*> kept;
};

/// One thread that reads all cells, first sent to a read in the odd phase of a collection.
class ReadAside {
 public:
  explicit ReadAside(const Cells& cells)
      : cells_(cells), thread_(gc::start_thread([this] {
          wait_for(begin);
          found = cells_.read();
          done.store(true);
        })) {}
  /// What it has found.
  Cells::Found join() {
    thread_.join();
    return found;
  }

  std::atomic<bool> begin{false};
  std::atomic<bool> done{false};

 private:
  const Cells& cells_;
  Cells::Found found;
  std::jthread thread_;
};

constexpr std::size_t kSome = 1000;
constexpr std::size_t kMostDead = kSome / 2;
constexpr std::size_t kLeastDead = kMostDead * 95 / 100;

}  // namespace

TEST_CASE("before dead cells are cleared no thread reads a dead target") {
  const Cells cells(kSome);
  ReadAside reader(cells);
  std::uint64_t cleared = 1;
  bool odd = false;
  {
    const At read(kNotCleared, [&] {
      odd = clearing();
      reader.begin.store(true);
      wait_for(reader.done);
      cleared = cells.registry.cleared();
    });
    gc::collect();
  }
  const Cells::Found found = reader.join();
  CHECK(odd);
  CHECK(cleared == 0);
  CHECK_FALSE(clearing());
  CHECK(found.wrong == 0);
  CHECK(found.null >= kLeastDead);
  CHECK(cells.read().null == found.null);
  CHECK(cells.registry.cleared() == found.null);
}

TEST_CASE("what is made and watched before dead cells are cleared lives") {
  Cells cells(kSome);
  gc::RootVector<gc::WeakBlock*> fresh;
  for (std::size_t i = 0; i < 20; ++i) fresh.push_back(make_cell(i));
  std::atomic<bool> begin{false};
  std::atomic<bool> done{false};
  std::size_t right = 0;
  {
    auto maker = gc::start_thread([&] {
      std::array<Thing*, 20> held{make_thing(0)};  // which leaves the thread a list of many more
      wait_for(begin);
      for (std::size_t i = 0; i < held.size(); ++i) {
        held[i] = make_thing(i);
        cells.registry.watch(fresh[i]->cell, held[i]);
        if (fresh[i]->cell.get_as<Thing>() == held[i]) ++right;
      }
      done.store(true);
      while (clearing()) std::this_thread::yield();
      for (std::size_t i = 0; i < held.size(); ++i) {
        if (fresh[i]->cell.get_as<Thing>() == held[i] && held[i]->number == i) ++right;
      }
    });
    const At make(kNotCleared, [&] {
      begin.store(true);
      wait_for(done);
    });
    gc::collect();
    maker.join();
  }
  CHECK(right == 2 * fresh.size());
  CHECK(cells.read().wrong == 0);
  gc::clear_stack();
  gc::collect();
  std::size_t null = 0;
  for (const auto* const cell : fresh) null += cell->cell.get() == nullptr ? 1 : 0;
  CHECK(null >= fresh.size() - 2);
  CHECK(cells.registry.counts().watched == kSome - cells.read().null + fresh.size() - null);
}

TEST_CASE("the collection waits for a reader that looks at a mark") {
  const Cells cells(kSome);
  Stop stop("the mark was read", 200ms);
  ReadAside reader(cells);
  bool left = false;
  {
    const At read(kNotCleared, [&] {
      reader.begin.store(true);
      wait_for(stop.there);
    });
    const At end(gc::Event::kReclaimEnd, [&] {
      left = stop.passed.load();
      stop.go_on.store(true);
    });
    gc::collect();
  }
  CHECK(left);
  CHECK(reader.join().wrong == 0);
}

// A reader that has seen the odd phase and goes on after the collection, with its flag set when it is not
// needed.
TEST_CASE("a flag that comes too late is no hindrance") {
  Cells cells(kSome);
  Stop seen("the phase was odd");
  Stop set("the flag is set");
  Stop asks("the phase was odd still");
  asks.go_on.store(true);
  bool again = false;  // another collection while it reads
  {
    ReadAside reader(cells);
    {
      const At read(kNotCleared, [&] {
        reader.begin.store(true);
        wait_for(seen.there);
      });
      gc::collect();
    }
    REQUIRE_FALSE(clearing());
    seen.go_on.store(true);
    REQUIRE(wait_for(set.there));

    SECTION("to its own reader") { set.go_on.store(true); }
    SECTION("to the next collection") {
      cells.kept[0] = nullptr;  // its cell is being read
      const At next(kNotCleared, [&] { set.go_on.store(true); });
      gc::collect();
      CHECK(set.passed.load());
      again = true;
    }
    SECTION("to the child of a fork") {
      const pid_t child = fork();
      if (child == 0) {
        alarm(20);  // who waits for a flag that nobody clears, waits for ever
        gc::collect();
        _exit(cells.read().wrong == 0 ? 0 : 1);
      }
      int status = -1;
      waitpid(child, &status, 0);
      CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
      set.go_on.store(true);
    }
    CHECK(reader.join().wrong == 0);
    CHECK((again || !asks.there.load()));
  }
  CHECK(cells.read().null >= kLeastDead);
  CHECK(cells.registry.counts().watched == kSome - cells.read().null);
}

TEST_CASE("threads that read come and go while the collector loops") {
  const Cells cells(kSome);
  gc::collect();
  const std::size_t null = cells.read().null;
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> wrong{0};
  std::atomic<std::size_t> threads{0};
  auto starter = gc::start_thread([&] {
    while (!stop.load()) {
      gc::start_thread([&] {
        const Cells::Found found = cells.read();
        if (found.wrong != 0 || found.null < null) wrong.fetch_add(1);
        threads.fetch_add(1);
      }).join();
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto runs_for = [&](auto time) { return std::chrono::steady_clock::now() - begin < time; };
  while (runs_for(1s) || (threads <= 10 && runs_for(60s))) {
    gc::collect();
    std::this_thread::sleep_for(100us);  // a thread's start needs the heap's lock, which is not fair
  }
  stop.store(true);
  starter.join();
  CHECK(wrong == 0);
  CHECK(threads > 10);
}
