// SPDX-License-Identifier: BSD-3-Clause
#include "vm/interchange.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"
#include "vm/range.hpp"

using namespace interlox::vm;

namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
const double kTwoTo53 = std::ldexp(1, 53);

Lookup whole(std::int64_t i) { return Lookup::of_integer(i); }
Lookup number(double d) { return Lookup::of_number(d); }

}  // namespace

TEST_CASE("integers and floats are the same when they are equal as in Lua") {
  CHECK(same(whole(1), number(1)));
  CHECK(same(whole(0), number(-0.0)));
  CHECK(same(number(0), number(-0.0)));
  CHECK(same(whole(std::int64_t{1} << 53), number(kTwoTo53)));
  CHECK_FALSE(same(whole((std::int64_t{1} << 53) + 1), number(kTwoTo53)));
  CHECK(same(whole(kLeast), number(-std::ldexp(1, 63))));
  CHECK_FALSE(same(whole(kMost), number(std::ldexp(1, 63))));
  CHECK_FALSE(same(number(std::nan("")), number(std::nan(""))));
  CHECK_FALSE(same(number(0.5), whole(0)));
  CHECK(same(number(INFINITY), number(INFINITY)));
}

TEST_CASE("texts and ranges compare by content, all else by identity") {
  CHECK(same(Value::object(String::make("ab")), Value::object(String::make("ab"))));
  CHECK_FALSE(same(Value::object(String::make("1")), Value::number(1)));
  CHECK(same(Lookup::of_text({"a\0b", 3}), Lookup::of_text({"a\0b", 3})));
  CHECK_FALSE(same(Lookup::of_text({"a\0b", 3}), Lookup::of_text("a")));
  CHECK(same(Value::boolean(true), Value::boolean(true)));
  CHECK_FALSE(same(Value::boolean(false), Value::nil()));
  CHECK(same(Value::object(Range::make(0, 3)), Value::object(Range::make(-0.0, 3))));
  CHECK_FALSE(same(Value::object(Range::make(0, 3)), Value::object(Range::make(0, 4))));
  const Value box = Value::object(Box::make(Value::nil()));
  CHECK(same(box, box));
  CHECK_FALSE(same(box, Value::object(Box::make(Value::nil()))));
}

TEST_CASE("what is the same has the same hash under every seed") {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{42}, ~std::uint64_t{0}}) {
    for (const std::int64_t i :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-7}, std::int64_t{1} << 53, kLeast}) {
      CHECK(hash(whole(i), seed) == hash(number(static_cast<double>(i)), seed));
    }
    CHECK(hash(number(0), seed) == hash(number(-0.0), seed));
    CHECK(hash(lookup_of(Value::object(Range::make(0, 3))), seed) ==
          hash(lookup_of(Value::object(Range::make(-0.0, 3))), seed));
    CHECK(hash(Lookup::of_text("key"), seed) == hash(lookup_of(Value::object(String::make("key"))), seed));
    CHECK(hash(whole(5), seed) == hash(lookup_of(Value::object(Integer::make(5))), seed));
  }
  CHECK(hash(whole(1), 1) != hash(whole(1), 2));
  CHECK(hash(number(0.5), 1) != hash(number(0.25), 1));
}

TEST_CASE("values keep their form") {
  CHECK(as<Integer>(make_value(whole(kMost)))->value == kMost);
  CHECK(make_value(number(1)).is_number());
  CHECK(as<String>(make_value(Lookup::of_text("x")))->view() == "x");
  CHECK(make_value(Lookup::of_word(Value::nil())).is_nil());
}

TEST_CASE("the language gets numbers that equal the integer, or nothing") {
  CHECK(to_language(std::int64_t{7})->as_number() == 7);
  CHECK(to_language(kLeast)->as_number() == -std::ldexp(1, 63));
  CHECK_FALSE(to_language(kMost).has_value());
  CHECK_FALSE(to_language((std::int64_t{1} << 53) + 1).has_value());
  CHECK(to_language(Value::object(Integer::make(3)))->as_number() == 3);
  CHECK_FALSE(to_language(Value::object(Integer::make(kMost))).has_value());
  CHECK_FALSE(to_language(Value::object(TableCopy::make(0))).has_value());
  CHECK(to_language(Value::nil())->is_nil());
}

TEST_CASE("doubles that are integers of 64 bits are found") {
  CHECK(to_integer(3.0) == 3);
  CHECK(to_integer(-0.0) == 0);
  CHECK(to_integer(-std::ldexp(1, 63)) == kLeast);
  for (const double d : {0.5, std::ldexp(1, 63), -std::ldexp(1, 64), double(INFINITY), double(NAN)}) {
    CHECK_FALSE(to_integer(d).has_value());
  }
}
