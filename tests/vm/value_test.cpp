// SPDX-License-Identifier: BSD-3-Clause
#include "vm/value.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "tests/support/catch.hpp"
#include "vm/object.hpp"

using namespace interlox;
using vm::Value;

namespace {

/// Of each value exactly one of these holds.
int kinds(Value v) {
  return static_cast<int>(v.is_absent()) + static_cast<int>(v.is_nil()) + static_cast<int>(v.is_boolean()) +
         static_cast<int>(v.is_number()) + static_cast<int>(v.is_object());
}

}  // namespace

TEST_CASE("every value is of one kind") {
  CHECK(kinds(Value::absent()) == 1);
  CHECK(Value() == Value::absent());
  CHECK(Value::nil().is_nil());
  CHECK(kinds(Value::nil()) == 1);
  for (const bool b : {false, true}) {
    CHECK(Value::boolean(b).is_boolean());
    CHECK(Value::boolean(b).as_boolean() == b);
    CHECK(kinds(Value::boolean(b)) == 1);
  }
  const vm::String* const string = vm::String::make("x");
  CHECK(Value::object(string).is_object());
  CHECK(Value::object(string).as_object() == string);
  CHECK(kinds(Value::object(string)) == 1);
}

TEST_CASE("nil and false alone are false") {
  CHECK(Value::nil().is_falsey());
  CHECK(Value::boolean(false).is_falsey());
  CHECK_FALSE(Value::boolean(true).is_falsey());
  CHECK_FALSE(Value::number(0).is_falsey());
  CHECK_FALSE(Value::number(std::nan("")).is_falsey());
  CHECK_FALSE(Value::object(vm::String::make("")).is_falsey());
}

TEST_CASE("numbers keep all their bits") {
  using limits = std::numeric_limits<double>;
  std::vector<double> numbers{0.0,
                              -0.0,
                              1.0,
                              -1.0,
                              limits::min(),
                              limits::max(),
                              limits::lowest(),
                              limits::denorm_min(),
                              1e308,
                              5e-324,
                              limits::infinity(),
                              -limits::infinity()};
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const double d = std::bit_cast<double>(random());
    if (!std::isnan(d)) numbers.push_back(d);
  }
  bool same = true;
  for (const double d : numbers) {
    const Value v = Value::number(d);
    same = same && v.is_number() && kinds(v) == 1 &&
           std::bit_cast<std::uint64_t>(v.as_number()) == std::bit_cast<std::uint64_t>(d);
  }
  CHECK(same);
}

TEST_CASE("every NaN is a number, whatever its bits") {
  bool good = true;
  std::mt19937_64 random(8);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t sign = i % 2 == 0 ? 0 : std::uint64_t{1} << 63;
    const std::uint64_t payload = (random() & 0xf'ffff'ffff'ffff) | 1;
    const Value v = Value::number(std::bit_cast<double>(sign | 0x7ff0'0000'0000'0000 | payload));
    good = good && v.is_number() && std::isnan(v.as_number()) && v == Value::number(std::nan(""));
  }
  CHECK(good);
  // The largest bits a double can have would wrap around to those of a reference.
  CHECK(Value::number(std::bit_cast<double>(~std::uint64_t{0})).is_number());
}

TEST_CASE("the NaNs that arithmetic makes are numbers without further ado") {
  volatile double zero = 0;
  volatile double infinity = std::numeric_limits<double>::infinity();
  const double nan = Value::number(std::nan("")).as_number();
  for (const double d :
       {zero / zero, -(zero / zero), infinity - infinity, infinity * zero, nan + 1, -nan, nan * nan}) {
    CHECK(Value::arithmetic(d).is_number());
    CHECK(std::isnan(Value::arithmetic(d).as_number()));
  }
}

TEST_CASE("the collector sees through values wherever they lie") {
  constexpr int kCount = 20'000;
  gc::RootVector<Value> values;
  for (int i = 0; i < kCount; ++i) values.push_back(Value::object(vm::Integer::make(i)));
  for (int round = 0; round < 3; ++round) {
    gc::clear_stack();
    gc::collect();
    for (int i = 0; i < kCount; ++i)
      static_cast<void>(vm::Integer::make(-1));  // would take the place of the lost
  }
  int intact = 0;
  for (int i = 0; i < kCount; ++i) {
    if (vm::is_object(values[i], vm::ObjectKind::integer) && vm::as<vm::Integer>(values[i])->value == i)
      ++intact;
  }
  CHECK(intact == kCount);
}
