// SPDX-License-Identifier: BSD-3-Clause
#include "vm/atomic.hpp"

#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/vm/race.hpp"
#include "vm/print.hpp"
#include "vm/range.hpp"
#include "vm/weak_ref.hpp"

using namespace interlox;
using vm::Atomic;
using vm::Value;

namespace {

constexpr int kThreads = 8;

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

/// Runs body(0), body(1), ... on a thread each, until all have ended.
template <class Body>
void run_threads(int threads, Body body) {
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) running.push_back(gc::start_thread([&, t] { body(t); }));
}

}  // namespace

TEST_CASE("an atomic holds any value") {
  Atomic* const atomic = Atomic::make(Value::nil());
  CHECK(atomic->get().is_nil());
  const Value values[] = {number(1),  number(-0.0),          number(std::nan("")), Value::boolean(false),
                          string(""), Value::object(atomic), Value::nil()};
  for (const Value v : values) {
    atomic->set(v);
    CHECK(atomic->get() == v);
    CHECK(atomic->swap(number(7)) == v);
    CHECK(atomic->get() == number(7));
  }
  CHECK(vm::to_text(Value::object(atomic)) == "<Atomic>");
  CHECK(vm::has_identity(Value::object(atomic)));
}

TEST_CASE("compare_and_set goes by the language's equality") {
  Atomic* const atomic = Atomic::make(number(0));
  CHECK(atomic->compare_and_set(number(-0.0), string("ab")));
  CHECK_FALSE(atomic->compare_and_set(string("abc"), number(1)));
  CHECK(atomic->compare_and_set(string("ab"), Value::object(vm::Range::make(0, 3))));
  CHECK_FALSE(atomic->compare_and_set(Value::object(vm::Range::make(0, 4)), number(1)));
  CHECK(atomic->compare_and_set(Value::object(vm::Range::make(0, 3)), Value::object(atomic)));
  CHECK_FALSE(atomic->compare_and_set(Value::object(Atomic::make(number(0))), number(1)));
  CHECK(atomic->compare_and_set(Value::object(atomic), Value::nil()));
  CHECK_FALSE(atomic->compare_and_set(Value::boolean(false), number(1)));
  CHECK(atomic->compare_and_set(Value::nil(), number(std::nan(""))));
  CHECK_FALSE(atomic->compare_and_set(number(std::nan("")), number(1)));
  CHECK(atomic->get() == number(std::nan("")));
}

TEST_CASE("add gives the sum, or the content that is no number") {
  Atomic* const atomic = Atomic::make(number(1.5));
  CHECK(atomic->add(-0.25) == number(1.25));
  CHECK(atomic->get() == number(1.25));
  CHECK(atomic->add(std::nan("")) == number(std::nan("")));
  const Value text = string("1");
  atomic->set(text);
  CHECK(atomic->add(1) == text);
  CHECK(atomic->get() == text);
}

TEST_CASE("an atomic keeps what it holds, and no more") {
  const gc::Root<Atomic> atomic(Atomic::make(string("kept")));
  for (int i = 0; i < 1000; ++i) {
    atomic->set(string("text " + std::to_string(i)));
    if (i % 100 == 0) gc::collect();
  }
  gc::collect();
  CHECK(vm::to_text(atomic->get()) == "text 999");
}

TEST_CASE("threads that add lose nothing, and see each sum once") {
  constexpr int kSteps = 20'000;
  const gc::Root<Atomic> atomic(Atomic::make(number(0)));
  std::vector<std::vector<double>> seen(kThreads);
  run_threads(kThreads, [&](int t) {
    for (int i = 0; i < kSteps; ++i) seen[static_cast<std::size_t>(t)].push_back(atomic->add(1).as_number());
  });
  CHECK(atomic->get() == number(kThreads * kSteps));
  std::vector<bool> met(kThreads * kSteps + 1);
  int wrong = 0;
  for (const auto& sums : seen) {
    double before = 0;
    for (const double sum : sums) {
      if (sum <= before || sum > kThreads * kSteps || met[static_cast<std::size_t>(sum)]) ++wrong;
      met[static_cast<std::size_t>(sum)] = true;
      before = sum;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a counter kept by compare_and_set, in numbers and in strings, loses no step") {
  constexpr int kSteps = 2'000;
  const gc::Root<Atomic> numbers(Atomic::make(number(0)));
  const gc::Root<Atomic> texts(Atomic::make(string("0")));
  run_threads(kThreads, [&](int) {
    for (int i = 0; i < kSteps; ++i) {
      for (;;) {
        const Value before = numbers->get();
        if (numbers->compare_and_set(before, number(before.as_number() + 1))) break;
      }
      for (;;) {
        const Value before = texts->get();
        const int count = std::stoi(std::string(vm::as<vm::String>(before)->view()));
        // An equal string will do.
        if (texts->compare_and_set(string(vm::as<vm::String>(before)->view()),
                                   string(std::to_string(count + 1)))) {
          break;
        }
      }
    }
  });
  CHECK(numbers->get() == number(kThreads * kSteps));
  CHECK(vm::to_text(texts->get()) == std::to_string(kThreads * kSteps));
}

TEST_CASE("each value that is swapped in comes out once") {
  constexpr int kSteps = 20'000;
  const gc::Root<Atomic> atomic(Atomic::make(number(-1)));
  std::vector<std::vector<double>> out(kThreads);
  run_threads(kThreads, [&](int t) {
    for (int i = 0; i < kSteps; ++i) {
      out[static_cast<std::size_t>(t)].push_back(atomic->swap(number(t * kSteps + i)).as_number());
    }
  });
  std::set<double> values{atomic->get().as_number()};
  for (const auto& some : out) values.insert(some.begin(), some.end());
  CHECK(values.size() == kThreads * kSteps + 1);
  CHECK(*values.begin() == -1);
}

TEST_CASE("of threads that compare_and_set one value, one does it") {
  constexpr int kRounds = 300;
  const gc::Root<Atomic> atomic(Atomic::make(number(0)));
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> winners{0};
    run_threads(4, [&](int) {
      if (atomic->compare_and_set(number(round), number(round + 1))) ++winners;
    });
    REQUIRE(winners.load() == 1);
  }
}

// The store of one's own comes before the load of the other's. Processors would do it the other way round:
// where stores only release, an optimised build meets that here, unless the two threads never run at once.
TEST_CASE("of two threads that set their own atomic and get the other's, one sees the other's at least") {
  constexpr std::size_t kAtomics = 20'000;
  constexpr std::size_t kStretch = 100;  // how many between two moments at which both wait for each other
  constexpr std::size_t kPasses = 10;
  gc::RootVector<Atomic*> flags[2];
  for (std::size_t i = 0; i < kAtomics; ++i) {
    for (auto& side : flags) {
      side.push_back(Atomic::make(number(0)));
      for (int j = 0; j < 4; ++j)
        static_cast<void>(Atomic::make(number(0)));  // so that none shares a cache line
    }
  }
  std::vector<char> saw[] = {std::vector<char>(kAtomics * kPasses), std::vector<char>(kAtomics * kPasses)};
  std::atomic<std::size_t> arrived{0};
  run_threads(2, [&](int t) {
    Atomic** const mine = flags[t].data();
    Atomic** const others = flags[1 - t].data();
    char* const seen = saw[t].data();
    for (std::size_t i = 0; i < kAtomics * kPasses; ++i) {
      if (i % kStretch == 0) {
        ++arrived;
        // Seldom by a yield: the two must go on at nearly the same time.
        for (int spins = 1; arrived.load() < 2 * (i / kStretch + 1); ++spins) {
          if (spins % 10'000 == 0) std::this_thread::yield();
        }
      }
      const Value pass = number(static_cast<double>(1 + i / kAtomics));
      mine[i % kAtomics]->set(pass);
      seen[i] = others[i % kAtomics]->get() == pass ? 1 : 0;
    }
  });
  int both_blind = 0;
  for (std::size_t i = 0; i < kAtomics * kPasses; ++i) both_blind += saw[0][i] == 0 && saw[1][i] == 0 ? 1 : 0;
  CHECK(both_blind == 0);
}

TEST_CASE("what is read through an atomic is whole, while the collector runs") {
  const gc::Root<Atomic> atomic(Atomic::make(test::tagged(0, 1)));
  std::atomic<std::uint32_t> salt{0};
  const int wrong = test::race(6, [&](std::minstd_rand& random) {
    const Value fresh = test::tagged(5, salt++);
    if (random() % 500 == 0) gc::collect();
    switch (random() % 4) {
      case 0:
        atomic->set(fresh);
        return true;
      case 1:
        atomic->compare_and_set(atomic->get(), fresh);
        return true;
      case 2: {
        const Value before = atomic->swap(fresh);
        return test::belongs_to(before, 5) || test::belongs_to(before, 0);
      }
      default: {
        const Value seen = atomic->get();
        return test::belongs_to(seen, 5) || test::belongs_to(seen, 0);
      }
    }
  });
  CHECK(wrong == 0);
}
