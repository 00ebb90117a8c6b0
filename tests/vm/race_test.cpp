// SPDX-License-Identifier: BSD-3-Clause
// Threads that race: on one list, on one map, on what programs share in one VM.
#include "tests/vm/race.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/print.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::List;
using vm::Map;
using vm::Result;
using vm::Status;
using vm::Value;

namespace {

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }

/// A list at rest has all its elements.
bool is_whole(const List& list) {
  for (std::uint32_t i = 0; i < list.length(); ++i) {
    if (list.get(i).is_absent()) return false;
  }
  return list.get(list.length()).is_absent();
}

std::uint32_t count(const Map& map) {
  std::uint32_t entries = 0;
  for (Map::Cursor entry(map); entry.next();) ++entries;
  return entries;
}

}  // namespace

TEST_CASE("threads that only add to a list lose nothing") {
  for (const int threads : {2, 8}) {
    constexpr int kEach = 5000;
    List* const list = List::make();
    {
      std::vector<std::jthread> running;
      for (int t = 0; t < threads; ++t) {
        running.push_back(gc::start_thread([=] {
          for (int i = 0; i < kEach; ++i) list->add(number(t * kEach + i));
        }));
      }
    }
    REQUIRE(list->length() == static_cast<std::uint32_t>(threads * kEach));
    std::vector<int> seen(list->length());
    std::vector<int> last(static_cast<std::size_t>(threads), -1);
    bool in_order = true;  // each thread's own
    for (std::uint32_t i = 0; i < list->length(); ++i) {
      const auto v = static_cast<int>(list->get(i).as_number());
      ++seen[static_cast<std::size_t>(v)];
      int& before = last[static_cast<std::size_t>(v / kEach)];
      in_order = in_order && before < v % kEach;
      before = v % kEach;
    }
    CHECK(in_order);
    CHECK(seen == std::vector<int>(list->length(), 1));
  }
}

TEST_CASE("threads race on one list and find only what was put there, beside collections") {
  constexpr std::uint32_t kKey = 77;
  for (const int threads : {2, 4, 8}) {
    List& list = *List::make();
    const auto fits = [](Value v) { return v.is_absent() || test::belongs_to(v, kKey); };
    const int wrong = test::race(threads, [&](auto& random) {
      const auto salt = static_cast<std::uint32_t>(random());
      const std::uint32_t at = salt / 16 % (list.length() + 2);
      switch (salt / 2 % 16) {
        case 0:
          return fits(list.pop());
        case 1:
          return fits(list.remove_at(at));
        case 2:
          list.insert(at, test::tagged(kKey, salt));
          return true;
        case 3:
          if (salt % 509 == 0) list.clear();
          if (salt % 4001 == 0) gc::collect();
          list.reverse();
          return true;
        case 4: {
          const List* const copy = salt % 4 == 0 ? list.copy() : list.slice(at, at + 5);
          for (std::uint32_t i = 0; i < copy->length(); ++i) {
            if (copy->get(i).is_absent() || !fits(copy->get(i))) return false;
          }
          return is_whole(*copy);
        }
        case 5: {
          const Value few[] = {test::tagged(kKey, salt), test::tagged(kKey, salt + 1)};
          if (salt % 64 == 0) list.assign(few, 2);
          return list.length() > 500 ? list.remove(list.get(at)) || true : (list.append(few, 2), true);
        }
        case 6:
        case 7:
        case 8:
          list.set(at, test::tagged(kKey, salt));
          return true;
        case 9:
          list.add(test::tagged(kKey, salt));
          return true;
        default:
          return fits(list.get(at));
      }
    });
    CAPTURE(threads);
    CHECK(wrong == 0);
    CHECK(is_whole(list));
    const std::uint32_t length = list.length();
    list.add(number(1));
    CHECK(list.length() == length + 1);
  }
}

TEST_CASE("threads with keys of their own in one map lose nothing") {
  for (const int threads : {2, 8}) {
    constexpr int kEach = 4000;
    Map& map = *Map::make();
    {
      std::vector<std::jthread> running;
      for (int t = 0; t < threads; ++t) {
        running.push_back(gc::start_thread([&map, t] {
          for (int i = 0; i < kEach; ++i) {
            map.set(number(t * kEach + i), number(i));
            if (i % 3 == 0) map.remove(number(t * kEach + i / 2));
            map.set(number(t * kEach + i / 2), number(i / 2));
          }
        }));
      }
    }
    REQUIRE(map.length() == static_cast<std::uint32_t>(threads * kEach));
    CHECK(count(map) == map.length());
    int wrong = 0;
    for (int k = 0; k < threads * kEach; ++k) wrong += map.get(number(k)) != number(k % kEach);
    CHECK(wrong == 0);
  }
}

TEST_CASE("threads race on one map, and no key has another key's value, beside collections") {
  for (const int threads : {2, 4, 8}) {
    Map& map = *Map::make();
    const auto key_of = [](std::uint32_t k) { return k % 2 == 0 ? number(k) : string(std::to_string(k)); };
    const auto number_of = [](Value key) {
      return key.is_number() ? static_cast<std::uint32_t>(key.as_number())
                             : static_cast<std::uint32_t>(std::stoul(vm::to_text(key)));
    };
    const int wrong = test::race(threads, [&](auto& random) {
      const auto salt = static_cast<std::uint32_t>(random());
      const std::uint32_t k = salt / 64 % 300 + 1;
      const auto fits = [](Value v, std::uint32_t key) { return v.is_absent() || test::belongs_to(v, key); };
      switch (salt / 2 % 12) {
        case 0:
        case 1:
        case 2:
          map.set(key_of(k), test::tagged(k, salt));
          return true;
        case 3:
        case 4:
          return fits(map.remove(key_of(k)), k);
        case 5: {
          if (salt % 4001 == 0) gc::collect();
          if (salt % 211 == 0) map.clear();
          if (salt % 8 != 3) return true;
          const Map& all = salt % 16 == 3 ? *map.copy() : map;
          for (Map::Cursor entry(all); entry.next();) {
            if (!test::belongs_to(entry.value(), number_of(entry.key()))) return false;
          }
          return true;
        }
        default:
          return fits(map.get(key_of(k)), k);
      }
    });
    CAPTURE(threads);
    CHECK(wrong == 0);
    CHECK(count(map) == map.length());
    std::uint32_t found = 0;
    for (std::uint32_t k = 1; k <= 300; ++k) found += map.has(key_of(k));
    CHECK(found == map.length());
  }
}

TEST_CASE("many threads run code in one VM at once") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK(machine
            .run("fun fib(n) { if (n < 2) return n; return fib(n - 1) + fib(n - 2); }"
                 "class Counter { init() { this.n = 0; } up() { this.n = this.n + 1; return this.n; } }")
            .status == Status::ok);
  std::atomic<int> right{0};
  constexpr int kThreads = 4;
  constexpr int kRounds = 20;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.push_back(gc::start_thread([&, t] {
        const vm::ThreadScope own;
        for (int i = 0; i < kRounds; ++i) {
          const std::string name =
              std::string("t").append(std::to_string(t)).append("_").append(std::to_string(i));
          machine.run(std::string("class ") + name + " < Counter { up() { return super.up() + " +
                      std::to_string(t) + "; } }");
          const Result result = machine.eval(name + "().up() + fib(12) + 0 * Counter().up()");
          if (result.value == Value::number(144 + 1 + t)) ++right;
        }
      }));
    }
  }
  CHECK(right.load() == kThreads * kRounds);
}

TEST_CASE("threads race on one object, one class and one global, and find only what was written") {
  const vm::ThreadScope scope;
  for (const int threads : {2, 8}) {
    vm::VM machine;
    // Each field is only ever given one value, so whoever has set it once must find that.
    REQUIRE(machine
                .run("class Box { tag() { return 0; } }\n"
                     "var box = Box(); var g = 0;\n"
                     "fun work(id, n) {\n"
                     "  var bad = 0;\n"
                     "  for (var i = 0; i < n; i = i + 1) {\n"
                     "    box.a = 1; box.b = \"b\"; box.c = work; box.d = box; g = id;\n"
                     "    if (box.a != 1) bad = bad + 1;\n"
                     "    if (box.b != \"b\") bad = bad + 1;\n"
                     "    if (box.c != work) bad = bad + 1;\n"
                     "    if (box.d.d != box) bad = bad + 1;\n"
                     "    if (!(g < 8)) bad = bad + 1;\n"
                     "    if (i == n / 2) { fun tag() { return 0; } box.tag = tag; box.e = 5; box.f = 6; }\n"
                     "    if (box.tag() != 0) bad = bad + 1;\n"
                     "  }\n"
                     "  return bad;\n"
                     "}")
                .status == Status::ok);
    std::atomic<int> clean{0};
    {
      std::vector<std::jthread> running;
      for (int t = 0; t < threads; ++t) {
        running.push_back(gc::start_thread([&, t] {
          const vm::ThreadScope own;
          const Value arguments[] = {Value::number(t), Value::number(4000 / test::kSlowdown)};
          const Result result = vm::VM::call(*machine.global("work"), arguments, 2);
          if (result.status == Status::ok && result.value == Value::number(0)) ++clean;
        }));
      }
    }
    CAPTURE(threads);
    CHECK(clean.load() == threads);
  }
}

TEST_CASE("threads read and write one field of objects of many shapes, and meet no other field") {
  const vm::ThreadScope scope;
  vm::VM machine;
  // The field `x` has another place in each class, and every instance has the same value in the field beside
  // it.
  REQUIRE(machine
              .run("class A { init() { this.x = 1; this.y = 2; this.z = 3; } }\n"
                   "class B { init() { this.y = 2; this.x = 1; this.z = 3; } }\n"
                   "class C { init() { this.y = 2; this.z = 3; this.x = 1; } }\n"
                   "fun read(o) { return o.x; }\n"
                   "fun write(o) { o.x = 1; }\n"
                   "fun work(n) {\n"
                   "  var bad = 0;\n"
                   "  var all = [A(), B(), C(), B(), A(), C()];\n"
                   "  for (var i = 0; i < n; i = i + 1) {\n"
                   "    var o = all[i % 6];\n"
                   "    if (read(o) != 1) bad = bad + 1;\n"
                   "    write(o);\n"
                   "    if (o.y != 2 or o.z != 3) bad = bad + 1;\n"
                   "  }\n"
                   "  return bad;\n"
                   "}")
              .status == Status::ok);
  std::atomic<int> clean{0};
  constexpr int kThreads = 4;
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < kThreads; ++t) {
      running.push_back(gc::start_thread([&] {
        const vm::ThreadScope own;
        const Value arguments[] = {Value::number(300'000 / test::kSlowdown)};
        const Result result = vm::VM::call(*machine.global("work"), arguments, 1);
        if (result.status == Status::ok && result.value == Value::number(0)) ++clean;
      }));
    }
  }
  CHECK(clean.load() == kThreads);
}
