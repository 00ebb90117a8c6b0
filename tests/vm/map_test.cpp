// SPDX-License-Identifier: BSD-3-Clause
#include "vm/map.hpp"

#include <cmath>
#include <map>
#include <random>
#include <string>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/print.hpp"

using namespace interlox;
using vm::Map;
using vm::Value;

namespace {

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }
std::string text(const Map* map) { return vm::to_text(Value::object(map)); }

std::uint32_t count(const Map& map) {
  std::uint32_t entries = 0;
  for (Map::Cursor entry(map); entry.next();) ++entries;
  return entries;
}

}  // namespace

TEST_CASE("keys are compared by the language's equality") {
  Map* const map = Map::make();
  CHECK(text(map) == "[:]");
  map->set(string("k"), number(1));
  map->set(string("k"), number(2));
  map->set(number(0), string("zero"));
  map->set(number(-0.0), string("0"));
  map->set(Value::nil(), Value::nil());
  map->set(Value::boolean(false), Value::boolean(true));
  map->set(Value::object(map), number(5));
  CHECK(map->length() == 5);
  CHECK(text(map) == R"(["k": 2, 0: "0", nil: nil, false: true, [...]: 5])");
  CHECK(map->get(string("k")) == number(2));
  CHECK(vm::equal(map->get(number(-0.0)), string("0")));
  CHECK(map->get(Value::nil()).is_nil());
  CHECK(map->has(Value::nil()));
  CHECK(map->get(Value::object(map)) == number(5));
  CHECK(map->get(Value::object(Map::make())).is_absent());
  CHECK_FALSE(map->has(Value::boolean(true)));
  CHECK_FALSE(map->has(number(std::nan(""))));
  CHECK(map->remove(number(std::nan(""))).is_absent());
}

TEST_CASE("entries keep the order in which their keys came") {
  Map* const map = Map::make();
  for (int i = 0; i < 5; ++i) map->set(number(i), number(10 * i));
  CHECK(map->remove(number(1)) == number(10));
  CHECK(map->remove(number(1)).is_absent());
  map->set(number(3), number(33));
  map->set(number(1), number(11));
  CHECK(text(map) == "[0: 0, 2: 20, 3: 33, 4: 40, 1: 11]");
  CHECK(text(map->copy()) == text(map));
  map->copy()->set(number(0), Value::nil());
  CHECK(map->get(number(0)) == number(0));
  map->clear();
  CHECK(map->length() == 0);
  CHECK(text(map) == "[:]");
  map->set(number(7), number(8));
  CHECK(text(map) == "[7: 8]");
}

TEST_CASE("a map agrees with a model through thousands of steps") {
  std::minstd_rand random(5);
  Map* map = Map::make();
  std::map<int, int> model;
  for (int step = 0; step < 60'000; ++step) {
    const auto key = static_cast<int>(random() % (step < 30'000 ? 2000 : 40));
    const Value k = key % 2 == 0 ? number(key) : string(std::to_string(key));
    const auto found = model.find(key);
    const Value expected = found == model.end() ? Value::absent() : number(found->second);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        REQUIRE(map->get(k) == expected);
        break;
      case 3:
      case 4:
        REQUIRE(map->remove(k) == expected);
        model.erase(key);
        break;
      case 5:
        if (random() % 1000 == 0) {
          map->clear();
          model.clear();
        } else if (random() % 500 == 0) {
          map = map->copy();
        }
        break;
      default:
        map->set(k, number(step));
        model[key] = step;
    }
    REQUIRE(map->length() == model.size());
  }
  CHECK(count(*map) == model.size());
}

TEST_CASE("a cursor meets what was there at its start, each key once, as it is by now") {
  Map* const map = Map::make();
  for (int i = 0; i < 6; ++i) map->set(number(i), number(i));
  std::string seen;
  for (Map::Cursor entry(*map); entry.next();) {
    seen += vm::to_text(entry.key()) + "=" + vm::to_text(entry.value()) + " ";
    if (entry.key() != number(1)) continue;
    map->remove(number(0));
    map->remove(number(2));
    map->set(number(3), number(30));
    for (int i = 100; i < 200; ++i) map->set(number(i), number(i));  // the table is replaced
    map->set(number(4), number(40));
    map->remove(number(5));
  }
  CHECK(seen == "0=0 1=1 3=30 4=40 ");
  Map::Cursor begun(*map);
  map->clear();
  CHECK_FALSE(begun.next());
}

TEST_CASE("endless insertion and removal takes bounded memory") {
  Map* const map = Map::make();
  for (int i = 0; i < 50; ++i) map->set(number(i), Value::nil());
  gc::collect();
  // What is in use, not the heap: how far that grows for garbage depends on what other tests have left there.
  const std::uint64_t before = gc::stats().used_bytes;
  for (int i = 50; i < 1'000'000 / test::kSlowdown; ++i) {
    map->set(number(i), Value::nil());
    map->remove(number(i - 50));
  }
  CHECK(map->length() == 50);
  gc::collect();
  CHECK(gc::stats().used_bytes < before + (4u << 20));
}

TEST_CASE("what was taken out of a map is kept alive by nothing") {
  constexpr int kCount = 2000;
  test::Watcher watcher(kCount);
  Map* map = nullptr;
  test::run_in_thread([&] {
    map = Map::make();
    map->set(Value::nil(), Value::nil());
    for (int i = 0; i < kCount; ++i) {
      auto* const key = vm::String::make("a key that takes a block of its own " + std::to_string(i));
      map->set(Value::object(watcher.watch(key)), Value::object(key));
    }
    for (int i = 0; i < kCount; ++i) {
      map->remove(string("a key that takes a block of its own " + std::to_string(i)));
    }
  });
  CHECK(watcher.collect_until_dead(95));
  CHECK(map->length() == 1);
}

TEST_CASE("a map that is broken says how") {
  Map* const map = Map::make();
  for (int i = 0; i < 100; ++i) map->set(Value::number(i), Value::number(i));
  for (int i = 0; i < 50; ++i) map->remove(Value::number(i));
  CHECK(map->check() == std::nullopt);
  auto* const length = reinterpret_cast<std::uint32_t*>(map) + 2;  // behind the header
  REQUIRE(*length == 50);
  *length = 51;
  CHECK(map->check() == "I4: the length is 51, but there are 50 entries");
  *length = 50;
  CHECK(map->check() == std::nullopt);
}
