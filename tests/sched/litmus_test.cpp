// SPDX-License-Identifier: BSD-3-Clause
// The scheduler and its memory model on programs of which the answers are known: each outcome that the
// standard allows is found, none that it forbids, and the classical mistakes are caught.
#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/sched/atomic.hpp"
#include "tests/support/sched/depth_first.hpp"
#include "tests/support/sched/explore.hpp"

using namespace interlox::test::sched;

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kAcqRel = std::memory_order_acq_rel;
constexpr auto kSeqCst = std::memory_order_seq_cst;

struct Variables {
  Atomic<int> x{0};
  Atomic<int> y{0};
  Atomic<int> turn{0};
  Atomic<int*> pointer{nullptr};
  Plain<int> data;
  Plain<int> other;
  // What the threads have read; the world puts it back to zero.
  std::array<int, 10> read{};
};

using Body = std::function<void(Variables&)>;

struct Result {
  std::set<std::string> outcomes;  // what was read, in the order of Variables::read
  std::optional<Failure> failure;
  Counts counts;
};

Variables& set_up() {
  world.clear();
  auto* const variables = ::new (world.allocate(sizeof(Variables), true)) Variables();
  world.seal(variables);
  return *variables;
}

std::vector<World::Program> programs_of(Variables& variables, const std::vector<Body>& bodies) {
  std::vector<World::Program> programs;
  for (const Body& body : bodies) programs.push_back([&] { body(variables); });
  return programs;
}

std::string outcome_of(const Variables& variables, std::size_t reads) {
  std::string text;
  for (std::size_t i = 0; i < reads; ++i) text += std::to_string(variables.read[i]);
  return text;
}

// All executions of these threads.
Result run(std::size_t reads, const std::vector<Body>& bodies, World::Bounds bounds = {}) {
  Variables& variables = set_up();
  Result result;
  const auto judge = [&] {
    result.outcomes.insert(outcome_of(variables, reads));
    return std::string();
  };
  result.failure = explore_all(programs_of(variables, bodies), bounds, judge, result.counts);
  return result;
}

using Outcomes = std::set<std::string>;

Body write_then_read(std::memory_order order, bool x_first, std::size_t place) {
  return [=](Variables& v) {
    (x_first ? v.x : v.y).store(1, order == kAcquire ? kRelease : order);
    v.read[place] = (x_first ? v.y : v.x).load(order);
  };
}

// Store buffering.
Outcomes store_buffering(std::memory_order order) {
  return run(2, {write_then_read(order, true, 0), write_then_read(order, false, 1)}).outcomes;
}

// Message passing by values alone.
Outcomes message(std::memory_order store, std::memory_order load) {
  return run(2, {[=](Variables& v) {
                   v.x.store(1, kRelaxed);
                   v.y.store(1, store);
                 },
                 [=](Variables& v) {
                   v.read[0] = v.y.load(load);
                   v.read[1] = v.x.load(kRelaxed);
                 }})
      .outcomes;
}

Body read_both(std::memory_order order, bool x_first, std::size_t place) {
  return [=](Variables& v) {
    v.read[place] = (x_first ? v.x : v.y).load(order);
    v.read[place + 1] = (x_first ? v.y : v.x).load(order);
  };
}

void lock(Atomic<int>& locked, std::memory_order order) {
  while (locked.exchange(1, order) != 0) {
  }
}

// Two threads that each add one to plain data under a spinlock.
Result spinlock(std::memory_order acquire, std::memory_order release) {
  const Body body = [=](Variables& v) {
    lock(v.x, acquire);
    v.data.write(v.data.read() + 1);
    v.x.store(0, release);
  };
  return run(0, {body, body});
}

// Peterson's lock, by threads that look twice and then give up: a loop over two places must be bounded.
Result peterson(std::memory_order order) {
  const auto body = [order](int me) -> Body {
    return [=](Variables& v) {
      Atomic<int>& mine = me == 0 ? v.x : v.y;
      Atomic<int>& theirs = me == 0 ? v.y : v.x;
      mine.store(1, order == kAcquire ? kRelease : order);
      v.turn.store(1 - me, order == kAcquire ? kRelease : order);
      for (int look = 0; theirs.load(order) != 0 && v.turn.load(order) != me; ++look) {
        if (look == 1) return;
      }
      v.data.write(v.data.read() + 1);
      mine.store(0, order == kAcquire ? kRelease : order);
    };
  };
  World::Bounds bounds;
  bounds.preemptions = 3;
  bounds.old_values = 3;
  return run(0, {body(0), body(1)}, bounds);
}

// A node is made and published; another thread reads it.
Result publish(std::memory_order store, std::memory_order load) {
  return run(1, {[=](Variables& v) {
                   auto* const node = static_cast<int*>(world.allocate(sizeof(int), false));
                   *node = 7;
                   v.pointer.store(node, store);
                 },
                 [=](Variables& v) {
                   const int* const node = v.pointer.load(load);
                   v.read[0] = node == nullptr ? 0 : *node;
                 }});
}

}  // namespace

TEST_CASE("store buffering: both may read the old value, but not with seq_cst") {
  CHECK(store_buffering(kRelaxed) == Outcomes{"00", "01", "10", "11"});
  CHECK(store_buffering(kAcquire) == Outcomes{"00", "01", "10", "11"});
  CHECK(store_buffering(kSeqCst) == Outcomes{"01", "10", "11"});
  const auto fenced = [](bool x_first, std::size_t place) -> Body {
    return [=](Variables& v) {
      (x_first ? v.x : v.y).store(1, kRelaxed);
      fence(kSeqCst);
      v.read[place] = (x_first ? v.y : v.x).load(kRelaxed);
    };
  };
  CHECK(run(2, {fenced(true, 0), fenced(false, 1)}).outcomes == Outcomes{"01", "10", "11"});
}

TEST_CASE("message passing: with release and acquire whoever sees the flag sees the message") {
  CHECK(message(kRelaxed, kRelaxed) == Outcomes{"00", "01", "10", "11"});
  CHECK(message(kRelease, kRelaxed) == Outcomes{"00", "01", "10", "11"});
  CHECK(message(kRelaxed, kAcquire) == Outcomes{"00", "01", "10", "11"});
  CHECK(message(kRelease, kAcquire) == Outcomes{"00", "01", "11"});
  CHECK(message(kSeqCst, kSeqCst) == Outcomes{"00", "01", "11"});
}

TEST_CASE("message passing by fences") {
  const auto result = run(2, {[](Variables& v) {
                                v.x.store(1, kRelaxed);
                                fence(kRelease);
                                v.y.store(1, kRelaxed);
                              },
                              [](Variables& v) {
                                v.read[0] = v.y.load(kRelaxed);
                                fence(kAcquire);
                                v.read[1] = v.x.load(kRelaxed);
                              }});
  CHECK(result.outcomes == Outcomes{"00", "01", "11"});
}

TEST_CASE("a release sequence goes on through changes by others, and ends with a store by others") {
  const auto outcomes = [](const Body& between) {
    return run(2, {[](Variables& v) {
                     v.x.store(1, kRelaxed);
                     v.y.store(1, kRelease);
                   },
                   between,
                   [](Variables& v) {
                     v.read[0] = v.y.load(kAcquire);
                     v.read[1] = v.x.load(kRelaxed);
                   }})
        .outcomes;
  };
  const auto added = outcomes([](Variables& v) { v.y.fetch_add(1, kRelaxed); });
  CHECK(added == Outcomes{"00", "01", "10", "11", "21"});  // 1, without the message: what was added to 0
  CHECK(outcomes([](Variables& v) { v.y.store(2, kRelaxed); }).count("20") == 1);
}

TEST_CASE("coherence: two loads of one place never see its values in the wrong order") {
  const auto result = run(2, {[](Variables& v) {
                                v.x.store(1, kRelaxed);
                                v.x.store(2, kRelaxed);
                              },
                              [](Variables& v) {
                                v.read[0] = v.x.load(kRelaxed);
                                v.read[1] = v.x.load(kRelaxed);
                              }});
  CHECK(result.outcomes == Outcomes{"00", "01", "02", "11", "12", "22"});
}

TEST_CASE("coherence: what a thread has read is the least that whoever acquires from it may read") {
  const auto result = run(3, {[](Variables& v) { v.x.store(1, kRelaxed); },
                              [](Variables& v) {
                                v.read[0] = v.x.load(kRelaxed);
                                v.y.store(1, kRelease);
                              },
                              [](Variables& v) {
                                v.read[1] = v.y.load(kAcquire);
                                v.read[2] = v.x.load(kRelaxed);
                              }});
  CHECK(result.outcomes.count("110") == 0);
  CHECK(result.outcomes.size() == 7);
}

// Two writers and one reader of both orders: the second reader is the writer of y, which sees its own store.
TEST_CASE("independent reads: only seq_cst makes all threads agree on an order of two stores") {
  const auto outcomes = [](std::memory_order order) {
    return run(3, {[=](Variables& v) { v.x.store(1, order == kAcquire ? kRelease : order); },
                   [=](Variables& v) {
                     v.y.store(1, order == kAcquire ? kRelease : order);
                     v.read[2] = v.x.load(order);
                   },
                   read_both(order, true, 0)})
        .outcomes;
  };
  // The reader sees x but not y, the writer of y does not see x.
  CHECK(outcomes(kAcquire).count("100") == 1);
  CHECK(outcomes(kSeqCst).count("100") == 0);
}

TEST_CASE("a load never sees what is stored after it depends on it") {
  const auto result = run(2, {[](Variables& v) {
                                v.read[0] = v.x.load(kRelaxed);
                                v.y.store(v.read[0], kRelaxed);
                              },
                              [](Variables& v) {
                                v.read[1] = v.y.load(kRelaxed);
                                v.x.store(v.read[1], kRelaxed);
                              }});
  CHECK(result.outcomes == Outcomes{"00"});
}

TEST_CASE("changes of one place are atomic, whatever their order") {
  const auto result = run(2, {[](Variables& v) { v.read[0] = v.x.fetch_add(1, kRelaxed); },
                              [](Variables& v) { v.read[1] = v.x.fetch_add(1, kRelaxed); }});
  CHECK(result.outcomes == Outcomes{"01", "10"});
}

TEST_CASE("a spinlock excludes, and one without acquire or release is caught") {
  const Result sound = spinlock(kAcquire, kRelease);
  CHECK(!sound.failure);
  CHECK(sound.counts.schedules >= 2);
  CHECK(spinlock(kRelaxed, kRelease).failure.value_or(Failure{}).what.find("a data race") == 0);
  CHECK(spinlock(kAcquire, kRelaxed).failure.value_or(Failure{}).what.find("a data race") == 0);
}

TEST_CASE("Peterson's lock excludes with seq_cst alone") {
  CHECK(!peterson(kSeqCst).failure);
  CHECK(peterson(kRelaxed).failure.value_or(Failure{}).what.find("a data race") == 0);
  CHECK(peterson(kAcquire).failure.value_or(Failure{}).what.find("a data race") == 0);
}

TEST_CASE("a node that is published without release, or found without acquire, is caught") {
  const Result sound = publish(kRelease, kAcquire);
  CHECK(!sound.failure);
  CHECK(sound.outcomes == Outcomes{"0", "7"});
  CHECK(publish(kRelaxed, kAcquire).failure.has_value());
  CHECK(publish(kRelease, kRelaxed).failure.has_value());
}

TEST_CASE("waiting: a wake-up that is forgotten is a deadlock, and so are two locks in two orders") {
  const Body waiter = [](Variables& v) {
    while (v.x.load(kAcquire) == 0) v.x.wait(0, kRelaxed);
  };
  CHECK(!run(0, {waiter,
                 [](Variables& v) {
                   v.x.store(1, kRelease);
                   v.x.notify_all();
                 }})
             .failure);
  const auto forgotten = run(0, {waiter, [](Variables& v) { v.x.store(1, kRelease); }});
  CHECK(forgotten.failure.value_or(Failure{}).what.find("a deadlock") == 0);

  const auto both = [](bool x_first) -> Body {
    return [=](Variables& v) {
      lock(x_first ? v.x : v.y, kAcquire);
      lock(x_first ? v.y : v.x, kAcquire);
      v.x.store(0, kRelease);
      v.y.store(0, kRelease);
    };
  };
  CHECK(!run(0, {both(true), both(true)}).failure);
  CHECK(run(0, {both(true), both(false)}).failure.value_or(Failure{}).what.find("a deadlock") == 0);
}

TEST_CASE("a thread that spins on what another one changes goes on when it does") {
  const auto result = run(1, {[](Variables& v) {
                                while (v.x.load(kAcquire) == 0) {
                                }
                                v.read[0] = v.y.load(kRelaxed);
                              },
                              [](Variables& v) {
                                v.y.store(1, kRelaxed);
                                v.x.store(1, kRelease);
                              }});
  CHECK(!result.failure);
  CHECK(result.outcomes == Outcomes{"1"});
}

// All executions, with what the reductions leave out; and how many they are.
std::size_t run_unreduced(const std::vector<World::Program>& programs, const World::Bounds& bounds,
                          const std::function<void()>& note) {
  DepthFirst strategy;
  std::size_t executions = 0;
  do {
    REQUIRE(world.run(programs, strategy, bounds) == Outcome::kDone);
    note();
    ++executions;
  } while (strategy.advance());
  return executions;
}

// What the reductions leave out must show nothing new.
TEST_CASE("the reductions keep every outcome") {
  const std::vector<Body> bodies{[](Variables& v) {
                                   v.x.store(1, kRelaxed);
                                   v.read[0] = v.y.load(kRelaxed);
                                   v.read[1] = v.turn.fetch_add(1, kRelaxed);
                                 },
                                 [](Variables& v) {
                                   v.y.store(1, kRelaxed);
                                   v.read[2] = v.turn.load(kRelaxed);
                                   v.y.store(2, kRelaxed);
                                   v.read[3] = v.x.load(kRelaxed);
                                 }};
  for (const unsigned preemptions : {0U, 1U, 2U, 3U}) {
    CAPTURE(preemptions);
    World::Bounds bounds;
    bounds.preemptions = preemptions;
    bounds.old_values = 1;
    const Result reduced = run(4, bodies, bounds);
    Variables& variables = set_up();
    Outcomes all;
    const std::size_t executions =
        run_unreduced(programs_of(variables, bodies), bounds, [&] { all.insert(outcome_of(variables, 4)); });
    CHECK(reduced.outcomes == all);
    CHECK(reduced.counts.schedules <= executions);
    if (preemptions == 3) CHECK(2 * reduced.counts.schedules < executions);
  }
}

// Two operations of a few accesses, drawn from all that there are, some of them skipped as the last value
// that was read is odd. Each access keeps what it reads, each operation its span.
Body drawn_body(std::mt19937& random, std::size_t thread, std::array<Span, 4>& spans) {
  struct Step {
    unsigned variable;
    unsigned act;
    std::memory_order order;
    int value;
    bool skipped;
  };
  std::vector<Step> steps;
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  for (int i = 0; i < 5; ++i) {
    const std::array orders{kRelaxed, kAcqRel, kSeqCst};
    steps.push_back({below(3), below(10), orders[below(3)], static_cast<int>(below(3)), below(3) == 0});
  }
  return [=, &spans](Variables& v) {
    int read = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto& [variable, act, order, value, skipped] = steps[i];
      if (i == 0 || i == 3) world.begin_operation();
      Atomic<int>& at = variable == 0 ? v.x : variable == 1 ? v.y : v.turn;
      if (skipped && read % 2 != 0) {
        v.read[5 * thread + i] = 9;
      } else if (act < 3) {
        v.read[5 * thread + i] = read = at.load(order == kAcqRel ? kAcquire : order);
      } else if (act < 6) {
        at.store(value, order == kAcqRel ? kRelease : order);
      } else if (act == 6) {
        v.read[5 * thread + i] = read = at.fetch_add(1, order);
      } else {
        fence(order);
      }
      if (i == 2) spans[2 * thread] = world.end_operation();
      if (i == 4) spans[2 * thread + 1] = world.end_operation();
    }
  };
}

// Which operations come before which of the other thread's, a bit for each pair.
unsigned order_of(const std::array<Span, 4>& spans) {
  unsigned order = 0;
  for (unsigned one = 0; one < 4; ++one) {
    for (unsigned other = 0; other < 4; ++other) {
      if (one / 2 == other / 2) continue;
      const bool before = world.read_old_values() ? spans[other].begin[one / 2] >= spans[one].end
                                                  : spans[one].end_tick < spans[other].begin_tick;
      if (before) order |= 1U << (4 * one + other);
    }
  }
  return order;
}

TEST_CASE("the reductions keep every outcome of drawn programs, with as much of its order") {
  std::int64_t left_out = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::array<Span, 4> spans;
    const std::vector<Body> bodies{drawn_body(random, 0, spans), drawn_body(random, 1, spans)};
    World::Bounds bounds;
    bounds.deviations = 1 + seed % 3;
    Variables& variables = set_up();
    const auto programs = programs_of(variables, bodies);
    std::map<std::string, std::set<unsigned>> reduced;
    Counts counts;
    const auto outcome = [&] {
      return outcome_of(variables, 10) + std::to_string(variables.x.load()) +
             std::to_string(variables.y.load()) + std::to_string(variables.turn.load());
    };
    const auto judge = [&] {
      reduced[outcome()].insert(order_of(spans));
      return std::string();
    };
    REQUIRE(!explore_all(programs, bounds, judge, counts));
    bool kept = true;
    const std::size_t executions = run_unreduced(programs, bounds, [&] {
      const std::set<unsigned>& orders = reduced[outcome()];
      const unsigned order = order_of(spans);
      kept = kept && std::any_of(orders.begin(), orders.end(),
                                 [order](unsigned other) { return (order & ~other) == 0; });
    });
    CHECK(kept);
    left_out += executions;
    left_out -= counts.schedules;
  }
  CHECK(left_out > 0);
}

TEST_CASE("random executions depend on their seed alone, find what is wrong, and can be repeated") {
  Variables& variables = set_up();
  const std::vector<Body> bodies{[](Variables& v) {
                                   v.data.write(1);
                                   v.x.store(1, kRelaxed);
                                 },
                                 [](Variables& v) {
                                   if (v.x.load(kAcquire) == 1) v.read[0] = v.data.read();
                                 }};
  const auto programs = programs_of(variables, bodies);
  const Judge judge = [] { return std::string(); };
  const auto find = [&] {
    Counts counts;
    auto failure = explore_some(programs, judge, {}, 1, 1000, counts);
    REQUIRE(failure.has_value());
    return *failure;
  };
  const Failure failure = find();
  CHECK(to_text(find().decisions) == to_text(failure.decisions));

  const auto decisions = to_decisions(to_text(failure.decisions));
  REQUIRE(decisions.has_value());
  std::string trace;
  CHECK(replay(programs, judge, *decisions, [&](const std::string& line) { trace += line + '\n'; }) ==
        failure.what);
  CHECK(trace.find("store") != std::string::npos);
  CHECK(!to_decisions("1n").has_value());
  CHECK(!to_decisions("1?2").has_value());
}

TEST_CASE("an allocation is refused anywhere, once at most, and again in a replay") {
  const auto body = [](std::size_t place) -> Body {
    return [=](Variables& v) {
      v.x.fetch_add(1, kRelaxed);
      try {
        if (world.refuses()) throw std::bad_alloc();
      } catch (const std::bad_alloc&) {
        v.y.fetch_add(1, kRelaxed);  // others run, and throw, while this one is being handled
        v.read[place] = 1;
      }
    };
  };
  const std::vector<Body> bodies{body(0), body(1)};
  World::Bounds bounds;
  CHECK(run(2, bodies, bounds).outcomes == Outcomes{"00"});
  bounds.refusals = 1;
  CHECK(run(2, bodies, bounds).outcomes == Outcomes{"00", "01", "10"});
  bounds.refusals = 2;
  CHECK(run(2, bodies, bounds).outcomes == Outcomes{"00", "01", "10", "11"});

  Variables& variables = set_up();
  const auto programs = programs_of(variables, bodies);
  const Judge judge = [&] { return outcome_of(variables, 2) == "01" ? "01" : std::string(); };
  Counts counts;
  const auto failure = explore_all(programs, bounds, judge, counts);
  REQUIRE(failure.has_value());
  const auto decisions = to_decisions(to_text(failure->decisions));
  REQUIRE(decisions.has_value());
  CHECK(replay(programs, judge, *decisions, [](const std::string& /*line*/) {}) == "01");
}

TEST_CASE("a stop orders what all threads do, and what is done in it has no middle") {
  const auto stop = [](Variables& v, const Body& inside) {
    world.stop(&v.turn);
    inside(v);
    world.let_go();
  };
  // Store buffering, where a barrier in one thread is enough.
  CHECK(run(2, {write_then_read(kRelaxed, true, 0),
                [&](Variables& v) {
                  v.y.store(1, kRelaxed);
                  stop(v, [](Variables& /*v*/) {});
                  v.read[1] = v.x.load(kRelaxed);
                }})
            .outcomes == Outcomes{"01", "10", "11"});
  CHECK(run(2, {read_both(kRelaxed, true, 0),
                [&](Variables& v) {
                  stop(v, [](Variables& stopped) {
                    stopped.x.store(1, kRelaxed);
                    stopped.y.store(1, kRelaxed);
                  });
                }})
            .outcomes == Outcomes{"00", "01", "11"});
}

TEST_CASE("of the nodes that were linked, each that can no longer be reached is retired once") {
  enum class Mistake { kNone, kForgotten, kTwice, kTooSoon };
  const auto fault = [](Mistake mistake) {
    const Body body = [=](Variables& v) {
      auto* const node = static_cast<int*>(world.allocate(sizeof(int), true));
      v.pointer.store(node, kRelease);
      if (mistake != Mistake::kTooSoon) v.pointer.store(nullptr, kRelease);
      if (mistake != Mistake::kForgotten) world.retired(node);
      if (mistake == Mistake::kTwice) world.retired(node);
    };
    const auto result = run(0, {body});
    return result.failure ? result.failure->what : "none";
  };
  CHECK(fault(Mistake::kNone) == "none");
  CHECK(fault(Mistake::kForgotten).find("never retired") != std::string::npos);
  CHECK(fault(Mistake::kTwice).find("more than once") != std::string::npos);
  CHECK(fault(Mistake::kTooSoon).find("can be reached") != std::string::npos);
}
