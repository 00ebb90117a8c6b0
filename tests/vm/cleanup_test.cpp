// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cleanup.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <malloc.h>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/channel.hpp"
#include "vm/collecting.hpp"
#include "vm/native_arguments.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"
#include "vm/unique_table.hpp"
#include "vm/weak_ref.hpp"

using namespace interlox::vm;
namespace gc = interlox::gc;
namespace test = interlox::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMany = 2000;

/// What the actions of a test leave behind. They are functions without a state of their own.
struct Record {
  std::array<std::atomic<int>, kMany> runs{};  // of the action with this number as argument
  std::atomic<int> all{0};
  std::atomic<bool> elsewhere{true};  // every action ran on a thread that is not the test's
  std::thread::id here = std::this_thread::get_id();
};

std::unique_ptr<Record> record;
std::uint64_t generation = 0;  // of records

/// An argument that tells of this test and of the number `i`: a stale word on a stack may keep some target of
/// a test until the next one.
Value numbered(std::size_t i) { return Value::number(static_cast<double>(generation * kMany + i)); }

Value count_run(const Arguments& in) {
  const auto number = static_cast<std::uint64_t>(in[0].as_number());
  if (number / kMany != generation) return Value::nil();
  ++record->runs[number % kMany];
  if (std::this_thread::get_id() == record->here) record->elsewhere = false;
  ++record->all;
  return Value::nil();
}

Value native(NativeFunction function) {
  return Value::object(Native::make(intern("action"), Arity::any(), function));
}

/// A test's thread of the VM, whose output, and that of its cleanups, is kept.
struct Fixture {
  Fixture() : scope(output) {
    Thread::current().set_output(output);
    collect_and_tidy(Clock::now() + 10s);
    ++generation;
    record = std::make_unique<Record>();
  }
  ~Fixture() {
    collect_and_tidy(Clock::now() + 10s);
    Thread::current().set_output(StandardOutput::instance());
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  std::shared_ptr<CapturedOutput> output = std::make_shared<CapturedOutput>();
  ThreadScope scope;
};

/// Runs f on a thread of the VM that ends, with the output of this one.
template <class F>
void aside(const F& f) {
  const auto output = Thread::current().shared_output();
  test::run_in_thread([&] {
    const ThreadScope scope(output);
    f();
  });
}

[[gnu::noinline]] bool collect_until(const std::function<bool()>& done) {
  for (int i = 0; i < 5 && !done(); ++i) {
    gc::clear_stack();
    gc::collect();
    await_cleanups(Clock::now() + 20s);
  }
  return done();
}

Box* make_box() { return Box::make(Value::nil()); }

int runs_in_all() {
  int all = 0;
  for (const auto& runs : record->runs) all += runs;
  return all;
}

bool none_ran_twice() {
  return std::all_of(record->runs.begin(), record->runs.end(), [](const auto& runs) { return runs <= 1; });
}

}  // namespace

TEST_CASE("a cleanup runs once, on a thread of its own, when its target is dead and not before") {
  const Fixture fixture;
  gc::RootVector<Box*> held;
  const std::uint64_t before = cleanups_run();
  aside([&] {
    const Value action = native(count_run);
    for (std::size_t i = 0; i < kMany; ++i) {
      Box* const box = make_box();
      if (i % 4 == 0) held.push_back(box);
      Cleanup::add(box, action, numbered(i));
    }
  });
  constexpr int kDue = kMany / 4 * 3;
  CHECK(collect_until([] { return record->all >= kDue * 95 / 100; }));
  CHECK(none_ran_twice());
  CHECK(record->elsewhere);
  for (std::size_t i = 0; i < kMany; i += 4) REQUIRE(record->runs[i] == 0);
  CHECK(cleanups_run() - before >= static_cast<std::uint64_t>(record->all));
  std::fill(held.begin(), held.end(), nullptr);
  CHECK(collect_until([] { return record->all >= static_cast<int>(kMany) * 95 / 100; }));
  CHECK(none_ran_twice());
  CHECK(runs_in_all() == record->all);
}

TEST_CASE("several cleanups of one target all run") {
  const Fixture fixture;
  aside([&] {
    const Value action = native(count_run);
    Box* box = nullptr;
    for (std::size_t i = 0; i < kMany; ++i) {
      if (i % 4 == 0) box = make_box();
      Cleanup::add(box, action, numbered(i));
    }
  });
  CHECK(collect_until([] { return record->all >= static_cast<int>(kMany) * 95 / 100; }));
  CHECK(none_ran_twice());
}

TEST_CASE("a cleanup that is stopped in time never runs") {
  const Fixture fixture;
  gc::RootVector<Cleanup*> cleanups;
  aside([&] {
    const Value action = native(count_run);
    for (std::size_t i = 0; i < kMany; ++i) {
      cleanups.push_back(Cleanup::add(make_box(), action, numbered(i)));
      if (i % 2 != 0) continue;
      REQUIRE(cleanups.back()->stop());
      REQUIRE_FALSE(cleanups.back()->stop());
    }
  });
  CHECK(collect_until([] { return record->all >= static_cast<int>(kMany) / 2 * 95 / 100; }));
  std::size_t late = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    if (i % 2 == 0) REQUIRE(record->runs[i] == 0);
    if (record->runs[i] == 1) {
      REQUIRE_FALSE(cleanups[i]->stop());
      ++late;
    }
  }
  CHECK(late == static_cast<std::size_t>(record->all));
}

TEST_CASE("a cleanup that is stopped while its target dies runs or is stopped, never both") {
  const Fixture fixture;
  gc::RootVector<Cleanup*> cleanups;
  std::atomic<std::size_t> made{0};
  std::atomic<int> stopped{0};
  cleanups.reserve(kMany);
  {
    const std::jthread stopper = gc::start_thread([&] {
      for (std::size_t i = 0; i < kMany; ++i) {
        while (made <= i) std::this_thread::yield();
        if (i % 3 == 0) gc::collect();
        if (cleanups[i]->stop()) ++stopped;
      }
    });
    aside([&] {
      const Value action = native(count_run);
      for (std::size_t i = 0; i < kMany; ++i) {
        cleanups.push_back(Cleanup::add(make_box(), action, numbered(i)));
        ++made;
        if (i % 16 == 0) std::this_thread::yield();
      }
    });
  }
  CHECK(collect_until([&] { return record->all + stopped == static_cast<int>(kMany); }));
  CHECK(none_ran_twice());
  CHECK(runs_in_all() == record->all);
}

namespace {

std::atomic<int> targets_seen{0};
std::atomic<int> targets_missed{0};

Value look_at_target(const Arguments& in) {
  ++(as<WeakRef>(in[0])->get() != nullptr ? targets_seen : targets_missed);
  return Value::nil();
}

}  // namespace

TEST_CASE("when a cleanup runs its target is gone for good") {
  const Fixture fixture;
  aside([&] {
    const Value action = native(look_at_target);
    for (std::size_t i = 0; i < kMany; ++i) {
      Box* const box = make_box();
      Cleanup::add(box, action, Value::object(WeakRef::make(box)));
    }
  });
  CHECK(collect_until([] { return targets_missed >= static_cast<int>(kMany) * 95 / 100; }));
  CHECK(targets_seen == 0);
}

namespace {

std::atomic<int> arguments_taken{0};

Value take_argument(const Arguments& in) {
  if (in.count() == 1 && is_object(in[0], ObjectKind::box)) ++arguments_taken;
  return Value::nil();
}

}  // namespace

TEST_CASE("an argument lives until its cleanup has run or was stopped, and no longer") {
  const Fixture fixture;
  const bool stops = GENERATE(true, false);
  const int before = arguments_taken;
  gc::RootVector<Box*> targets;
  gc::RootVector<WeakRef*> arguments;
  gc::RootVector<Cleanup*> cleanups;
  aside([&] {
    const Value action = native(take_argument);
    for (std::size_t i = 0; i < kMany; ++i) {
      Box* const argument = make_box();
      targets.push_back(make_box());
      arguments.push_back(WeakRef::make(argument));
      cleanups.push_back(Cleanup::add(targets.back(), action, Value::object(argument)));
    }
  });
  const auto living = [&] {
    return std::count_if(arguments.begin(), arguments.end(),
                         [](const auto* of) { return of->get() != nullptr; });
  };
  gc::collect();
  gc::collect();
  CHECK(living() == static_cast<std::ptrdiff_t>(kMany));
  if (stops) {
    for (Cleanup* const cleanup : cleanups) REQUIRE(cleanup->stop());
  } else {
    std::fill(targets.begin(), targets.end(), nullptr);
  }
  CHECK(collect_until([&] { return living() <= static_cast<std::ptrdiff_t>(kMany) * 5 / 100; }));
  CHECK((arguments_taken == before) == stops);
}

TEST_CASE("objects that refer to each other go in one collection, cleanups and all") {
  const Fixture fixture;
  aside([&] {
    const Value action = native(count_run);
    for (std::size_t i = 0; i < kMany; i += 2) {
      Box* const one = make_box();
      Box* const other = Box::make(Value::object(one));
      one->value.store(Value::object(other));
      Cleanup::add(one, action, numbered(i));
      Cleanup::add(other, action, numbered(i + 1));
    }
  });
  gc::clear_stack();
  gc::collect();
  await_cleanups(Clock::now() + 20s);
  CHECK(record->all >= static_cast<int>(kMany) * 95 / 100);
  CHECK(none_ran_twice());
}

TEST_CASE("ten thousand cleanups at once") {
  const Fixture fixture;
  constexpr int kAtOnce = 10'000;
  aside([&] {
    const Value action = native(count_run);
    for (int i = 0; i < kAtOnce; ++i) Cleanup::add(make_box(), action, numbered(0));
  });
  CHECK(collect_until([] { return record->all >= kAtOnce * 95 / 100; }));
  CHECK(record->all <= kAtOnce);
}

TEST_CASE("a million cleanups that are added and stopped take bounded room") {
  const Fixture fixture;
  constexpr int kAdded = 1'000'000 / test::kSlowdown;
  const auto outside = [] { return static_cast<std::size_t>(mallinfo2().uordblks + mallinfo2().hblkhd); };
  const std::size_t heap = gc::stats().heap_bytes;
  const std::size_t rest = outside();
  aside([&] {
    const Value action = native(count_run);
    Box* const lasting = make_box();
    for (int i = 0; i < kAdded; ++i) {
      Box* const target = i % 2 == 0 ? lasting : make_box();
      if (!Cleanup::add(target, action, numbered(0))->stop()) ++record->all;
    }
    gc::keep_alive(lasting);
  });
  gc::collect();
  CHECK(record->all == 0);
  CHECK(gc::stats().heap_bytes < heap + (100u << 20));
  CHECK(outside() < rest + (30u << 20));
}

namespace {

Value fail(const Arguments& in) {
  count_run(in);
  return in.thread().raise("cleanup went wrong");
}

Value print_text(const Arguments& in) {
  in.thread().output().write("printed by a cleanup\n");
  return Value::nil();
}

}  // namespace

TEST_CASE("an action that fails is reported, and the others still run") {
  Fixture fixture;
  aside([&] {
    const Value good = native(count_run);
    const Value bad = native(fail);
    for (std::size_t i = 0; i < kMany; ++i) {
      Cleanup::add(make_box(), i % 100 == 0 ? bad : good, numbered(i));
    }
    for (int i = 0; i < 20; ++i) Cleanup::add(make_box(), Value::number(7), Value::nil());
    for (int i = 0; i < 20; ++i) Cleanup::add(make_box(), native(print_text), Value::nil());
  });
  CHECK(collect_until([] { return record->all >= static_cast<int>(kMany) * 95 / 100; }));
  CHECK(none_ran_twice());
  const std::string text = fixture.output->text();
  CHECK(text.find("cleanup went wrong") != std::string::npos);
  CHECK(text.find("Can only call functions and classes.") != std::string::npos);
  CHECK(text.find("printed by a cleanup") != std::string::npos);
}

namespace {

std::atomic<int> generations{0};

// A cleanup of a fresh object for each number down to zero, and a handle.
Value make_more(const Arguments& in) {
  const double left = in[0].as_number();
  ++generations;
  Unique* const handle =
      UniqueTable::instance().make(Lookup::of_text("cleanup_test " + std::to_string(left)));
  Box* const box = Box::make(Value::object(handle));
  if (left > 0) Cleanup::add(box, native(make_more), Value::number(left - 1));
  if (static_cast<int>(left) % 10 == 0) gc::collect();
  return Value::nil();
}

}  // namespace

TEST_CASE("a cleanup makes objects and handles, collects, and adds cleanups") {
  const Fixture fixture;
  constexpr int kFirst = 100;
  aside([&] {
    const Value action = native(make_more);
    for (int i = 0; i < kFirst; ++i) Cleanup::add(make_box(), action, Value::number(20));
  });
  // Each generation takes a collection at least, of which the cleanups do some themselves.
  for (int i = 0; i < 60 && generations < kFirst * 21 * 95 / 100; ++i) {
    gc::clear_stack();
    gc::collect();
    await_cleanups(Clock::now() + 20s);
  }
  CHECK(generations >= kFirst * 21 * 95 / 100);
  CHECK(generations <= kFirst * 21);
}

TEST_CASE("an action that is a channel is sent the argument; a closed one drops it") {
  Fixture fixture;
  const bool closed = GENERATE(false, true);
  Channel* const channel = Channel::make();
  if (closed) channel->close();
  const std::uint64_t before = cleanups_run();
  aside([&] {
    for (std::size_t i = 0; i < kMany; ++i) {
      Cleanup::add(make_box(), Value::object(channel), numbered(i));
    }
  });
  CHECK(collect_until([&] { return cleanups_run() - before >= kMany * 95 / 100; }));
  const std::uint64_t sent = channel->size();
  CHECK((closed ? sent == 0 : sent >= kMany * 95 / 100));
  for (std::uint64_t i = 0; i < sent; ++i) {
    const Value argument = channel->receive(Clock::now());
    count_run(Arguments(Thread::current(), "action", Value::nil(), &argument, 1));
  }
  CHECK(none_ran_twice());
  CHECK(runs_in_all() == static_cast<int>(sent));
  CHECK(fixture.output->text().empty());
}

namespace {

std::counting_semaphore<> gate{0};
std::atomic<int> blocked{0};

Value block(const Arguments& in) {
  ++blocked;
  gate.acquire();
  return count_run(in);
}

Value collect_inside(const Arguments& in) {
  collect_and_tidy(Clock::now() + 1h);  // would wait for itself
  return count_run(in);
}

}  // namespace

TEST_CASE("waiting for cleanups ends when all have run, or at the deadline") {
  const Fixture fixture;
  await_cleanups(Clock::now() + 1h);
  constexpr int kBlocked = 50;
  blocked = 0;
  aside([&] {
    const Value action = native(block);
    for (int i = 0; i < kBlocked; ++i) Cleanup::add(make_box(), action, numbered(0));
  });
  gc::clear_stack();
  gc::collect();
  const auto begin = Clock::now();
  await_cleanups(begin + 50ms);
  CHECK(Clock::now() >= begin + 50ms);
  CHECK(record->all == 0);
  CHECK(blocked == 1);
  await_cleanups(begin);  // long past
  gate.release(kBlocked);
  await_cleanups(Clock::now() + 1h);
  CHECK(record->all >= kBlocked * 95 / 100);
  CHECK(blocked == record->all);
  while (gate.try_acquire()) {
  }
}

TEST_CASE("waiting for cleanups ends though other threads keep adding some") {
  const Fixture fixture;
  std::atomic<bool> stop{false};
  std::vector<std::jthread> adders;
  for (int i = 0; i < 2; ++i) {
    adders.push_back(gc::start_thread([&, output = fixture.output] {
      const ThreadScope scope(output);
      const Value action = native(count_run);
      Box* const lasting = make_box();
      while (!stop) Cleanup::add(lasting, action, numbered(0))->stop();
    }));
  }
  bool in_time = true;
  const Value action = native(count_run);
  for (int round = 0; round < 500 / test::kSlowdown && in_time; ++round) {
    for (int i = 0; i < 3; ++i) Cleanup::add(make_box(), action, numbered(1));
    gc::collect();
    const auto deadline = Clock::now() + 20s;
    await_cleanups(deadline);
    in_time = Clock::now() < deadline;
  }
  stop = true;
  adders.clear();
  CHECK(in_time);
}

TEST_CASE("a cleanup may ask for a collection, and waits for no cleanup then") {
  const Fixture fixture;
  aside([&] {
    const Value action = native(collect_inside);
    for (int i = 0; i < 50; ++i) Cleanup::add(make_box(), action, numbered(0));
  });
  CHECK(collect_until([] { return record->all >= 45; }));
}

TEST_CASE("a program's own collection waits for the cleanups that are due") {
  const Fixture fixture;
  aside([&] {
    const Value action = native(count_run);
    for (std::size_t i = 0; i < kMany; ++i) {
      Cleanup::add(make_box(), action, numbered(i));
    }
  });
  for (int i = 0; i < 5 && record->all < static_cast<int>(kMany) * 95 / 100; ++i) {
    collect_and_tidy(Clock::now() + 20s);
  }
  CHECK(record->all >= static_cast<int>(kMany) * 95 / 100);
}

TEST_CASE("threads add and stop cleanups while targets die") {
  const Fixture fixture;
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 20'000 / test::kSlowdown;
  std::atomic<std::uint64_t> stopped{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t id = 0; id < kThreads; ++id) {
      threads.push_back(gc::start_thread([&, id, output = fixture.output] {
        const ThreadScope scope(output);
        const Value action = native(count_run);
        for (std::uint64_t i = 0; i < kEach; ++i) {
          Cleanup* const cleanup = Cleanup::add(make_box(), action, numbered(0));
          if (i % 3 == 0 && cleanup->stop()) ++stopped;
          if (id == 0 && i % 50 == 0) gc::collect();
        }
      }));
    }
  }
  const auto ended = [&] { return static_cast<std::uint64_t>(record->all) + stopped; };
  CHECK(collect_until([&] { return ended() >= kThreads * kEach * 99 / 100; }));
  CHECK(ended() <= kThreads * kEach);
}
