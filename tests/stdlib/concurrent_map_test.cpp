// SPDX-License-Identifier: BSD-3-Clause
// ConcurrentMap on several threads, and with what only Lua can put there. What one thread sees of it:
// tests/lox/concurrent_map.
#include "vm/concurrent_map.hpp"

#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "tests/stdlib/program.hpp"
#include "tests/vm/race.hpp"
#include "vm/values.hpp"

using namespace interlox;
using test::Program;
using vm::ConcurrentMap;
using vm::Lookup;
using vm::Value;

namespace {

Value number(double d) { return Value::number(d); }
constexpr std::int64_t kTooLarge = (std::int64_t{1} << 53) + 1;

/// Calls the global `name` of the machine on each of `threads` threads with (thread's number, steps); the
/// texts of what it gave, or of its errors.
std::vector<std::string> call_on_threads(const vm::VM& machine, std::string_view name, int threads,
                                         int steps) {
  const Value function = *machine.global(name);
  std::vector<std::string> results(static_cast<std::size_t>(threads));
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      const vm::ThreadScope scope;
      const Value arguments[] = {number(t), number(steps)};
      const vm::Result result = vm::VM::call(function, arguments, 2);
      results[static_cast<std::size_t>(t)] =
          result.status == vm::Status::ok ? vm::to_text(result.value) : result.error;
    });
  }
  running.clear();  // joins
  return results;
}

void check_all(const std::vector<std::string>& results, const std::string& expected) {
  for (const std::string& result : results) CHECK(result == expected);
}

/// A map that `m` names in the program, as Lua could have left it.
ConcurrentMap* make_map(Program& p) {
  ConcurrentMap* const map = ConcurrentMap::make();
  p.machine.set_global("m", Value::object(map));
  return map;
}

}  // namespace

TEST_CASE("threads that count in one map lose nothing, whichever operation they use") {
  Program p;
  REQUIRE(p.run(R"(
    var m = ConcurrentMap();
    fun byCompareAndSet(thread, steps) {
      for (var i in 0..steps) {
        var key = `key ${i % 10}`;
        while (true) {
          var before = m.getOrSet(key, 0);
          if (m.compareAndSet(key, before, before + 1)) break;
        }
      }
    }
    var tokens = ConcurrentMap();
    fun bySwap(thread, steps) {
      var sum = 0;
      for (var i in 0..steps) {
        var before = tokens.swap("one", thread * steps + i);
        if (before != nil) sum += before;
      }
      return sum;
    }
    var queue = ConcurrentMap();
    for (var i in 0..1000) queue.set(i, i);
    fun byRemove(thread, steps) {
      var sum = 0;
      for (var i in 0..1000) {
        var removed = i % 2 == 0 ? queue.remove(i) : queue.compareAndRemove(i, i) ? i : nil;
        if (removed != nil) sum += removed;
      }
      return sum;
    }
  )") == "");
  check_all(call_on_threads(p.machine, "byCompareAndSet", 8, 2000), "nil");
  CHECK(p.eval("m.length") == "10");
  CHECK(p.run("var sum = 0; m.each(fun (k, v) { sum += v; }); print sum;") == "16000\n");

  double swapped_out = 0;
  for (const std::string& sum : call_on_threads(p.machine, "bySwap", 8, 1000)) swapped_out += std::stod(sum);
  const double last = std::stod(p.eval("tokens.get(\"one\")"));
  CHECK(swapped_out + last == 8000.0 * 7999 / 2);

  double removed = 0;
  for (const std::string& sum : call_on_threads(p.machine, "byRemove", 8, 0)) removed += std::stod(sum);
  CHECK(removed == 1000.0 * 999 / 2);
  CHECK(p.eval("queue.length") == "0");
}

TEST_CASE("of threads that getOrSet one key, all get the value of one") {
  Program p;
  REQUIRE(p.run(R"(
    var m = ConcurrentMap();
    var made = Atomic(0);
    fun work(thread, steps) {
      for (var i in 0..steps) {
        var mine = [thread];
        if (m.getOrSet(i, mine) == mine) made.add(1);
        if (m.get(i) != m.getOrSet(i, mine)) return "changed";
      }
    }
  )") == "");
  check_all(call_on_threads(p.machine, "work", 8, 2000), "nil");
  CHECK(p.eval("m.length") == "2000");
  CHECK(p.eval("made.get()") == "2000");
}

TEST_CASE("no key is ever met with another key's value, whatever threads do to a map") {
  Program p;
  REQUIRE(p.run(R"(
    var m = ConcurrentMap();
    fun key(n) { return n % 3 == 0 ? n : n % 3 == 1 ? `key ${n}` : n..n + 1; }
    fun number(k) { return k is Number ? k : k is Range ? k.from : Number(k.sub(4)); }
    fun belongs(k, v) { return v == nil or v[0] == number(k); }
    fun work(thread, steps) {
      var wrong = 0;
      var next = thread * 7919 + 1;
      for (var i in 0..steps) {
        next = next * 48271 % 2147483647;
        var n = next % 200;
        var k = key(n);
        var what = next % 11;
        var v = nil;
        if (what == 0) m.set(k, [n, i]);
        else if (what == 1) v = m.getOrSet(k, [n, i]);
        else if (what == 2) v = m.swap(k, [n, i]);
        else if (what == 3) v = m.remove(k);
        else if (what == 4) { v = m.get(k); m.compareAndSet(k, v, [n, i]); }
        else if (what == 5) { v = m.get(k); m.compareAndRemove(k, v); }
        else if (what == 6 and i % 50 == 0) m.clear();
        else if (what == 7 and i % 20 == 0) m.each(fun (k, v) { if (!belongs(k, v)) wrong += 1; });
        else if (what == 8 and i % 20 == 0) { for (var k in m) if (!belongs(k, m.get(k))) wrong += 1; }
        else if (what == 9) m.has(k);
        else v = m.get(k);
        if (!belongs(k, v)) wrong += 1;
      }
      return wrong;
    }
  )") == "");
  check_all(call_on_threads(p.machine, "work", 8, 4000), "0");
  CHECK(p.run("var count = 0; for (var k in m) count += 1; print count == m.length;") == "true\n");
  const auto* const map = vm::as<ConcurrentMap>(*p.machine.global("m"));
  CHECK_FALSE(map->map.check().has_value());
}

TEST_CASE("a walk meets what is there throughout, each key once, while other threads change the map") {
  Program p;
  REQUIRE(p.run(R"(
    var m = ConcurrentMap();
    for (var i in 0..100) m.set(`resident ${i}`, i);
    var walkers = Atomic(2);
    fun work(thread, steps) {
      if (thread > 1) {
        for (var i = 0; walkers.get() > 0; i += 1) {
          m.set(thread * 100 + i % 100, "tide");
          m.remove(thread * 100 + (i + 50) % 100);
        }
        return "right";
      }
      var result = "right";
      for (var i in 0..steps) {
        var met = [:];
        var residents = 0;
        m.each(fun (k, v) {
          if (met.has(k)) result = "met twice";
          met[k] = true;
          if (k is String) residents += 1;
        });
        if (residents != 100) result = `${residents} residents`;
        residents = 0;
        for (var k in m) if (k is String) residents += 1;
        if (residents != 100) result = `${residents} residents of for`;
      }
      walkers.add(-1);
      return result;
    }
  )") == "");
  check_all(call_on_threads(p.machine, "work", 4, 50), "right");
}

TEST_CASE("what only Lua can hold raises an error, and stays where it was") {
  Program p;
  ConcurrentMap* const map = make_map(p);
  const struct {
    Value value;
    std::string error;
  } cases[] = {
      {Value::object(vm::Integer::make(kTooLarge)),
       "The integer 9007199254740993 in a concurrent map is too large for a number."},
      {Value::object(vm::TableCopy::make(0)), "The Lua table in a concurrent map can be read by Lua only."},
  };
  for (const auto& [value, error] : cases) {
    map->map.clear();
    map->map.store(Lookup::of_text("k"), value);
    CHECK(p.eval("m.get(\"k\")") == error);
    CHECK(p.eval("m.getOrSet(\"k\", 1)") == error);
    CHECK(p.eval("m.swap(\"k\", 1)") == error);
    CHECK(p.eval("m.remove(\"k\")") == error);
    CHECK(p.eval("m.each(fun (k, v) => 1)") == error);
    CHECK(p.eval("m.compareAndSet(\"k\", 9007199254740992, 1)") == "false");
    CHECK(p.eval("m.compareAndRemove(\"k\", 9007199254740992)") == "false");
    CHECK(p.run("try { m.remove(\"k\"); } catch (e) { print e is Error; }") == "true\n");
    CHECK(map->map.load(Lookup::of_text("k")) == value);
    CHECK(p.eval("m.has(\"k\")") == "true");
    CHECK(p.eval("m.length") == "1");
    CHECK(p.run("for (var k in m) print k;") == "k\n");  // the keys alone are no trouble
    CHECK(p.eval("m.set(\"k\", 1)") == "nil");           // does not ask what was there
    CHECK(p.eval("m.swap(\"k\", 2)") == "1");
  }
}

TEST_CASE("a key that only Lua can hold ends a walk by an error, and can't be met otherwise") {
  Program p;
  ConcurrentMap* const map = make_map(p);
  map->map.store(Lookup::of_integer(kTooLarge), number(1));
  const std::string error = "The integer 9007199254740993 in a concurrent map is too large for a number.";
  CHECK(p.eval("m.each(fun (k, v) => 1)") == error);
  CHECK(p.run("for (var k in m) print k;") == error);
  CHECK(p.run("try { for (var k in m) print k; } catch (e) { print e.message; }") == error + "\n");
  CHECK(p.eval("m.has(9007199254740992)") == "false");
  CHECK(p.eval("m.set(9007199254740992, 2)") == "nil");
  CHECK(p.eval("m.length") == "2");
  CHECK(map->map.load(Lookup::of_integer(kTooLarge)) == number(1));
}

TEST_CASE("integers and floats that Lua put there are the language's numbers") {
  Program p;
  ConcurrentMap* const map = make_map(p);
  map->map.store(Lookup::of_integer(1), Value::object(vm::Integer::make(5)));
  map->map.store(Lookup::of_integer(std::int64_t{1} << 40), Value::object(vm::Integer::make(-7)));
  CHECK(p.eval("m.get(1) + 0.5") == "5.5");
  CHECK(p.eval("m.get(1099511627776)") == "-7");
  CHECK(p.run("var sum = 0; for (var k in m) sum += k; print sum;") == "1099511627777\n");
  CHECK(p.run("m.each(fun (k, v) { if (k == 1) print v; });") == "5\n");
  CHECK(p.eval("m.compareAndSet(1, 5, 6)") == "true");
  CHECK(p.eval("m.swap(1, 7)") == "6");
  CHECK(p.eval("m.compareAndRemove(1099511627776, -7)") == "true");
  CHECK(p.eval("m.getOrSet(1, 8)") == "7");
  CHECK(p.eval("m.remove(1)") == "7");
  CHECK(p.eval("m.length") == "0");
}

// The operations that give what they take away, racing with a thread that stores what can't be given: each
// such value stays until the thread itself replaces it.
TEST_CASE("what can't be given is never taken, while it comes and goes") {
  Program p;
  ConcurrentMap* const map = make_map(p);
  const gc::Root<vm::Integer> unreadable(vm::Integer::make(kTooLarge));
  REQUIRE(p.run(R"(
    var stop = Atomic(false);
    var refused = Atomic(0);
    fun work(thread, steps) {
      while (!stop.get()) {
        try {
          thread == 0 ? m.swap("k", 1) : m.remove("k");
        } catch (error) {
          refused.add(1);
        }
      }
    }
    fun hasRefused(a, b) { return refused.get() > 0; }
    fun halt(a, b) { stop.set(true); }
  )") == "");
  std::atomic<int> wrong{0};
  std::jthread lua = gc::start_thread([&] {
    const vm::ThreadScope scope;
    const Value large = Value::object(unreadable.get());
    for (int i = 0; i < 20'000; ++i) {
      map->map.store(Lookup::of_text("k"), large);
      for (int look = 0; look < 5; ++look) {
        if (map->map.load(Lookup::of_text("k")) != large) ++wrong;
      }
      map->map.store(Lookup::of_text("k"), number(2));
    }
    // While both still work, they meet it.
    map->map.store(Lookup::of_text("k"), large);
    const auto call = [&](const char* name) {
      const Value none[] = {Value::nil(), Value::nil()};
      return vm::VM::call(*p.machine.global(name), none, 2);
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (call("hasRefused").value != Value::boolean(true) && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    call("halt");
  });
  check_all(call_on_threads(p.machine, "work", 2, 0), "nil");
  lua.join();
  CHECK(wrong.load() == 0);
  CHECK(p.eval("refused.get() > 0") == "true");
}
