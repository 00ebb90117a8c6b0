// SPDX-License-Identifier: BSD-3-Clause
#include "vm/waiting.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "vm/channel.hpp"
#include "vm/deadlock.hpp"
#include "vm/interpreter.hpp"
#include "vm/mutex.hpp"
#include "vm/native_arguments.hpp"
#include "vm/runtime_error.hpp"
#include "vm/spawned_thread.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"

using namespace interlox::vm;
namespace gc = interlox::gc;
using namespace std::chrono_literals;
using Outcome = Wait::Outcome;

namespace {

Value native(const char* name, Arity arity, NativeFunction function) {
  return Value::object(Native::make(intern(name), arity, function));
}

/// A thread that receives from the channel once.
SpawnedThread* start_receiver(Channel& channel) {
  const Value argument = Value::object(&channel);
  const Value receiver = native("receiver", 1, [](const Arguments& in) {
    return to_result(in.thread(), as<Channel>(in[0])->receive_by(std::nullopt));
  });
  return SpawnedThread::start(Thread::current(), receiver, &argument, 1);
}

/// Joins on the calling thread; the error's text, empty if there is none.
std::string join_error(SpawnedThread& thread) {
  if (!thread.join(Thread::current()).is_absent()) return {};
  return take_error(Thread::current());
}

// What the handler of deadlocks saw. It lets the main thread go on.
std::atomic<int> deadlocks{0};
std::string last_report;
Thread* main_thread = nullptr;

void on_deadlock(const std::string& report) {
  last_report = report;
  ++deadlocks;
  request_interrupt(*main_thread);
  interrupt_wait(*main_thread);
}

/// Looks for deadlocks as long as it lives.
struct Watching {
  Watching() {
    main_thread = &Thread::current();
    deadlocks = 0;
    last_report.clear();
    set_deadlock_handler(on_deadlock);
  }
  ~Watching() { set_deadlock_handler(nullptr); }
};

}  // namespace

TEST_CASE("a wait ends once, by whoever comes first") {
  for (int round = 0; round < 300; ++round) {
    Wait wait("test");
    Waiter one(wait);
    Waiter two(wait);
    std::atomic<int> ended{0};
    std::atomic<Waiter*> winner{nullptr};
    const auto end = [&](Waiter& by, Outcome outcome) {
      if (wait.end(outcome, &by)) {
        ++ended;
        winner = &by;
      }
    };
    Outcome outcome{};
    {
      const std::jthread a([&] { end(one, Outcome::served); });
      const std::jthread b([&] { end(two, Outcome::closed); });
      outcome = wait.await();
    }
    REQUIRE(ended == 1);
    REQUIRE(wait.ended_by() == winner);
    REQUIRE(outcome == (winner == &one ? Outcome::served : Outcome::closed));
    REQUIRE_FALSE(wait.end(Outcome::refused));
  }
}

TEST_CASE("a wait ends at its deadline, and not before") {
  Wait wait("test");
  const auto begin = Wait::Clock::now();
  CHECK(wait.await(begin + 20ms) == Outcome::timed_out);
  CHECK(Wait::Clock::now() >= begin + 20ms);
  CHECK(deadline_in(1e9) == std::nullopt);
  const Wait::Deadline past = deadline_in(-5);
  CHECK(*past <= Wait::Clock::now());
}

TEST_CASE("an interrupt ends a wait that has begun, and one that is about to") {
  const ThreadScope scope;
  Thread& thread = Thread::current();
  Channel& channel = *Channel::make();
  for (int round = 0; round < 200; ++round) {
    const std::jthread other([&, round] {
      if (round % 2 == 0) std::this_thread::sleep_for(200us);
      request_interrupt(thread);
      interrupt_wait(thread);
    });
    while (channel.receive_by(deadline_in(60)).outcome != Outcome::interrupted) {
    }
    take_interrupt(thread);
  }
  CHECK(channel.size() == 0);
}

TEST_CASE("select gives what any of its channels has, and waits for the first of them") {
  Channel& a = *Channel::make(0);
  Channel& b = *Channel::make();
  Channel* const both[] = {&a, &b, &a};
  CHECK(Channel::select(both, Channel::Clock::now()).outcome == Outcome::timed_out);
  CHECK(Channel::select({}, deadline_in(0.001)).outcome == Outcome::timed_out);
  b.send(Value::number(2));
  Channel::Received received = Channel::select(both, std::nullopt);
  CHECK(received.outcome == Outcome::served);
  CHECK(received.index == 1);
  CHECK(received.value == Value::number(2));
  {
    const std::jthread sender = gc::start_thread([&] { a.send(Value::number(1)); });
    received = Channel::select(both, std::nullopt);
  }
  CHECK(received.value == Value::number(1));
  CHECK(received.index != 1);
  b.close();
  received = Channel::select(both, std::nullopt);
  CHECK(received.outcome == Outcome::closed);
  CHECK(received.index == 1);
}

TEST_CASE("many selects over the same channels lose and double nothing, beside collections") {
  constexpr int kEach = 1500;
  constexpr int kSenders = 3;
  for (const std::uint64_t capacity : {std::uint64_t{0}, std::uint64_t{2}, Channel::kUnbounded}) {
    gc::RootVector<Channel*> channels;
    for (int i = 0; i < kSenders; ++i) channels.push_back(Channel::make(capacity));
    std::vector<std::atomic<int>> seen(kSenders * kEach);
    std::atomic<int> strange{0};
    {
      std::vector<std::jthread> receivers;
      for (int r = 0; r < 3; ++r) {
        receivers.push_back(gc::start_thread([&, r] {
          gc::RootVector<Channel*> open(channels);
          while (!open.empty()) {
            // Some give up soon: what is sent at that moment must not get lost.
            const Channel::Deadline deadline =
                r == 0 ? Channel::Deadline(Channel::Clock::now() + 10us) : std::nullopt;
            const Channel::Received got = Channel::select(open, deadline);
            if (got.outcome == Outcome::served) {
              ++seen[static_cast<std::size_t>(got.value.as_number())];
            } else if (got.outcome == Outcome::closed) {
              open.erase(open.begin() + static_cast<std::ptrdiff_t>(got.index));
            } else if (got.outcome != Outcome::timed_out) {
              ++strange;
            }
          }
        }));
      }
      std::vector<std::jthread> senders;
      for (int s = 0; s < kSenders; ++s) {
        senders.push_back(gc::start_thread([&, s] {
          for (int i = 0; i < kEach; ++i) {
            if (!channels[static_cast<std::size_t>(s)]->send(Value::number(s * kEach + i))) ++strange;
          }
          channels[static_cast<std::size_t>(s)]->close();
        }));
      }
      for (int i = 0; i < 3; ++i) gc::collect();
    }
    CHECK(strange == 0);
    int wrong = 0;
    for (const std::atomic<int>& count : seen) wrong += count != 1;
    CHECK(wrong == 0);
  }
}

TEST_CASE("a receiver of the language leaves what it can't hold where it is") {
  Channel& channel = *Channel::make(0);
  const Value big = Value::object(Integer::make((std::int64_t{1} << 60) + 1));
  std::atomic<int> refusals{0};
  {
    const std::jthread sender = gc::start_thread([&] { channel.send(big); });
    // A sender that waits, and one that comes while the receiver does.
    for (int i = 0; i < 2; ++i) {
      if (channel.receive_by(std::nullopt, Channel::Takes::language).outcome == Outcome::refused) ++refusals;
    }
    CHECK(channel.receive() == big);
  }
  CHECK(refusals == 2);
  Channel& queue = *Channel::make();
  {
    const std::jthread receiver = gc::start_thread([&] {
      if (queue.receive_by(std::nullopt, Channel::Takes::language).outcome == Outcome::refused) ++refusals;
    });
    std::this_thread::sleep_for(2ms);
    queue.send(big);
  }
  CHECK(refusals == 3);
  CHECK(queue.receive() == big);
}

TEST_CASE("a mutex is one thread's at a time, and nobody waits for ever") {
  const ThreadScope scope;
  Mutex& mutex = *Mutex::make();
  Thread& me = Thread::current();
  CHECK(mutex.unlock(me) == Mutex::Outcome::is_free);
  CHECK(mutex.lock(me) == Mutex::Outcome::done);
  CHECK(mutex.lock(me) == Mutex::Outcome::is_owner);
  {
    const std::jthread other = gc::start_thread([&] {
      const ThreadScope own;
      if (mutex.unlock(Thread::current()) != Mutex::Outcome::is_not_owner) std::abort();
    });
  }
  CHECK(mutex.unlock(me) == Mutex::Outcome::done);

  long counter = 0;  // guarded by the mutex
  std::vector<int> shares(4);
  std::atomic<bool> stop{false};
  {
    std::vector<std::jthread> threads;
    for (int& share : shares) {
      threads.push_back(gc::start_thread([&] {
        const ThreadScope own;
        while (!stop) {
          mutex.lock(Thread::current());
          ++counter;
          ++share;
          mutex.unlock(Thread::current());
        }
      }));
    }
    std::this_thread::sleep_for(100ms);
    stop = true;
  }
  long sum = 0;
  for (const int share : shares) {
    CHECK(share > 0);
    sum += share;
  }
  CHECK(sum == counter);
}

TEST_CASE("a thread that all wait for is reported, once, with frames; and may be interrupted") {
  const ThreadScope scope;
  Channel& channel = *Channel::make();
  SpawnedThread* const thread = start_receiver(channel);
  {
    const Watching watching;
    CHECK(join_error(*thread) == "Interrupted.");
    CHECK(deadlocks == 1);
    CHECK(last_report.find("Deadlock: all threads are blocked.\n") == 0);
    CHECK(last_report.find("in join():") != std::string::npos);
    CHECK(last_report.find("<Thread " + std::to_string(thread->id()) + ">, in receive():") !=
          std::string::npos);
  }
  channel.send(Value::number(3));
  CHECK(thread->join(Thread::current()) == Value::number(3));
}

TEST_CASE("no deadlock is seen where one thread is awake, waits with a deadline, or has just been woken") {
  const ThreadScope scope;
  const Watching watching;
  Channel& there = *Channel::make(0);
  Channel& back = *Channel::make(0);
  const Value channels[] = {Value::object(&there), Value::object(&back)};
  const Value echo = native("echo", 2, [](const Arguments& in) {
    while (true) {
      const Value v = as<Channel>(in[0])->receive();
      if (v.is_absent() || !as<Channel>(in[1])->send(v)) return Value::nil();
    }
  });
  SpawnedThread* const thread = SpawnedThread::start(Thread::current(), echo, channels, 2);
  // Both block and wake each other all the time; and there is always one who runs.
  int wrong = 0;
  for (int i = 0; i < 5000; ++i) {
    there.send(Value::number(i));
    wrong += back.receive() != Value::number(i);
  }
  CHECK(wrong == 0);
  CHECK(there.receive(Channel::Clock::now() + 5ms).is_absent());  // the other one blocks for ever meanwhile
  there.close();
  CHECK(thread->join(Thread::current()).is_nil());
  CHECK(deadlocks == 0);
}

TEST_CASE("a thread's end makes a deadlock of the rest") {
  const ThreadScope scope;
  Channel& channel = *Channel::make();
  Channel& never = *Channel::make();
  start_receiver(channel);
  const Watching watching;
  {
    const std::jthread sender = gc::start_thread([&] {
      std::this_thread::sleep_for(5ms);
      channel.send(Value::nil());  // this thread is none of those that count
    });
    CHECK(never.receive_by(std::nullopt).outcome == Outcome::interrupted);
    take_interrupt(Thread::current());
  }
  CHECK(deadlocks >= 1);
}

TEST_CASE("a thread gives its result to all who join it, and its arguments may die before it does") {
  const ThreadScope scope;
  const Value argument = Value::number(20);
  const Value twice =
      native("twice", 1, [](const Arguments& in) { return Value::number(2 * in[0].as_number()); });
  SpawnedThread* const thread = SpawnedThread::start(Thread::current(), twice, &argument, 1);
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> joiners;
    for (int i = 0; i < 4; ++i) {
      joiners.push_back(gc::start_thread([&] {
        const ThreadScope own;
        if (thread->join(Thread::current()) == Value::number(40)) ++good;
      }));
    }
  }
  CHECK(good == 4);
  CHECK(thread->is_done());
}

TEST_CASE("a thread's error is raised by each join, and a thread can't join itself") {
  const ThreadScope scope;
  const Value fails = native("fails", 0, [](const Arguments& in) { return in.thread().raise("It fails."); });
  SpawnedThread* const thread = SpawnedThread::start(Thread::current(), fails, nullptr, 0);
  CHECK(join_error(*thread) == "It fails.");
  CHECK(join_error(*thread) == "It fails.");
  Channel& channel = *Channel::make();
  const Value joins = native("joins", 1, [](const Arguments& in) {
    return as<SpawnedThread>(as<Channel>(in[0])->receive())->join(in.thread());
  });
  const Value argument = Value::object(&channel);
  SpawnedThread* const itself = SpawnedThread::start(Thread::current(), joins, &argument, 1);
  channel.send(Value::object(itself));
  CHECK(join_error(*itself) == "A thread can't join itself.");
}

TEST_CASE("threads that come and go leave no memory behind") {
  const ThreadScope scope;
  const Value nothing = native("nothing", 0, [](const Arguments&) { return Value::nil(); });
  const auto run = [&](int count) {
    for (int i = 0; i < count; ++i) {
      SpawnedThread::start(Thread::current(), nothing, nullptr, 0)->join(Thread::current());
    }
  };
  const auto mapped_kilobytes = [] {
    std::size_t pages = 0;
    std::FILE* const file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr || std::fscanf(file, "%zu", &pages) != 1) pages = 0;
    if (file != nullptr) std::fclose(file);
    return pages * 4;
  };
  run(200);
  std::this_thread::sleep_for(20ms);  // the last ones unmap their stacks
  gc::collect();
  const std::size_t before = mapped_kilobytes();
  REQUIRE(before != 0);
  run(2000);
  std::this_thread::sleep_for(20ms);
  gc::collect();
  // One thread's stacks are 40 MB of addresses: one that leaks shows.
  CHECK(mapped_kilobytes() < before + 300 * 1024);
}
