// SPDX-License-Identifier: BSD-3-Clause
#include "vm/concurrent_map.hpp"

#include <cstdint>
#include <string>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "tests/support/catch.hpp"

using namespace interlox;
using vm::ConcurrentMap;
using vm::Hashing;
using vm::Lookup;
using vm::Value;

namespace {

Value integer(std::int64_t i) { return Value::object(vm::Integer::make(i)); }
Value text(const std::string& s) { return Value::object(vm::String::make(s)); }

}  // namespace

TEST_CASE("keys are found by content, whatever their type and the hashing") {
  for (const Hashing hashing : {Hashing::standard, Hashing::zero, Hashing::truncated}) {
    gc::Root<ConcurrentMap> map(ConcurrentMap::make(hashing, 7));
    map->map.store(Lookup::of_text("one"), integer(1));
    map->map.store(Lookup::of_integer(2), text("two"));
    map->map.store(Lookup::of_number(2.5), Value::boolean(true));
    map->map.store(Lookup::of_word(Value::boolean(false)), Value::number(-0.0));
    gc::collect();
    CHECK(map->map.load(Lookup::of_text("one")).has_value());
    CHECK(map->map.load(Lookup::of_number(2.0)).has_value());
    CHECK(map->map.load(Lookup::of_number(2.5)) == Value::boolean(true));
    CHECK(map->map.load(Lookup::of_word(Value::boolean(false))).has_value());
    CHECK_FALSE(map->map.load(Lookup::of_text("two")).has_value());
    CHECK_FALSE(map->map.load(Lookup::of_integer(3)).has_value());
    CHECK(map->map.count() == 4);
    CHECK_FALSE(map->map.check().has_value());
  }
}

TEST_CASE("integers keep 64 bits, and meet floats only where they are equal") {
  gc::Root<ConcurrentMap> map(ConcurrentMap::make());
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  map->map.store(Lookup::of_integer(large), Value::boolean(true));
  CHECK(map->map.load(Lookup::of_integer(large)).has_value());
  CHECK_FALSE(map->map.load(Lookup::of_number(9007199254740992.0)).has_value());
  CHECK_FALSE(map->map.load(Lookup::of_integer(large - 1)).has_value());
  map->map.store(Lookup::of_number(0.0), integer(5));
  CHECK(map->map.load(Lookup::of_number(-0.0)).has_value());
  CHECK(map->map.compare_and_swap(Lookup::of_integer(0), Value::number(5.0), integer(6)));
  CHECK_FALSE(map->map.compare_and_delete(Lookup::of_integer(0), Value::number(5.0)));
}

TEST_CASE("the bad hashes are as bad as they say") {
  gc::Root<ConcurrentMap> zero(ConcurrentMap::make(Hashing::zero));
  gc::Root<ConcurrentMap> truncated(ConcurrentMap::make(Hashing::truncated));
  for (int i = 0; i < 200; ++i) {
    zero->map.store(Lookup::of_integer(i), integer(i));
    truncated->map.store(Lookup::of_integer(i), integer(i));
  }
  CHECK(zero->map.stats().overflow == 200);
  CHECK(zero->map.stats().max_depth == 2);
  CHECK(truncated->map.stats().overflow == 200);  // sixteen chains
  CHECK(truncated->map.stats().max_depth >= 60);  // told apart by the last four bits alone
}

TEST_CASE("a seed decides where keys lie") {
  gc::Root<ConcurrentMap> one(ConcurrentMap::make(Hashing::standard, 1));
  gc::Root<ConcurrentMap> other(ConcurrentMap::make(Hashing::standard, 2));
  const vm::MapKeys keys;
  CHECK(keys.hash(Lookup::of_text("key"), 1) != keys.hash(Lookup::of_text("key"), 2));
  CHECK(keys.hash(Lookup::of_text("key"), 1) == keys.hash(text("key"), 1));
  CHECK(one->map.seed() == 1);
  CHECK(other->map.seed() == 2);
}

TEST_CASE("dumps show keys and values as what they are") {
  gc::Root<ConcurrentMap> map(ConcurrentMap::make());
  map->map.store(Lookup::of_text("a\"b\n"), Value::number(1.0));
  map->map.store(Lookup::of_integer(1 << 20), Value::boolean(true));
  const std::string dump = map->dump();
  CHECK(dump.find("Key=\"a\\\"b\\x0a\" Value=1.0") != std::string::npos);
  CHECK(dump.find("Key=1048576 Value=true") != std::string::npos);
  CHECK(map->dot().find("digraph") == 0);
}
