// SPDX-License-Identifier: BSD-3-Clause
#include "vm/range.hpp"

#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/print.hpp"
#include "vm/weak_ref.hpp"

using namespace interlox;
using vm::Range;
using vm::Value;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Value range(double from, double to) { return Value::object(Range::make(from, to)); }
double length(double from, double to) { return Range::make(from, to)->length(); }

}  // namespace

TEST_CASE("a range has the numbers below its end") {
  CHECK(length(0, 3) == 3);
  CHECK(length(-2, 2) == 4);
  CHECK(length(0, 0) == 0);
  CHECK(length(3, 0) == 0);
  CHECK(length(0.5, 3) == 3);  // 0.5 1.5 2.5
  CHECK(length(0, 2.5) == 3);  // 0 1 2
  CHECK(length(0.5, 2.5) == 2);
  CHECK(length(0, 1e-9) == 1);
  CHECK(length(0, 1e15) == 1e15);
}

TEST_CASE("a length is that of the numbers, not of a rounded difference") {
  for (const double from : {0.1, 0.7, 1e-17, 1.1, 12345.6789}) {
    for (int n = 1; n < 50; ++n) {
      for (const double to :
           {from + n, std::nextafter(from + n, 0), std::nextafter(from + n, 1e9), n + 0.1}) {
        int count = 0;
        while (from + count < to) ++count;
        CHECK(length(from, to) == count);
      }
    }
  }
}

TEST_CASE("infinite ends make a range infinite or empty, nan makes it empty") {
  CHECK(length(0, kInfinity) == kInfinity);
  CHECK(length(-kInfinity, 0) == kInfinity);
  CHECK(length(-kInfinity, kInfinity) == kInfinity);
  CHECK(length(kInfinity, kInfinity) == 0);
  CHECK(length(kInfinity, 0) == 0);
  CHECK(length(kNan, 3) == 0);
  CHECK(length(0, kNan) == 0);
}

TEST_CASE("ranges are compared by their ends") {
  CHECK(vm::equal(range(0, 3), range(0, 3)));
  CHECK(vm::equal(range(0, 3), range(-0.0, 3)));
  CHECK_FALSE(vm::equal(range(0, 3), range(0, 4)));
  CHECK_FALSE(vm::equal(range(0, 3), range(1, 3)));
  CHECK_FALSE(vm::equal(range(2, 0), range(3, 0)));  // both empty, but not the same
  CHECK_FALSE(vm::equal(range(0, 3), Value::number(0)));
  CHECK_FALSE(vm::equal(Value::object(vm::String::make("0..3")), range(0, 3)));
  CHECK_FALSE(vm::equal(range(0, kNan), range(0, kNan)));
  CHECK(vm::hash(range(0, 3)) == vm::hash(range(-0.0, 3)));
  CHECK(vm::hash(range(0, 3)) != vm::hash(range(3, 0)));
}

TEST_CASE("ranges are found in lists and maps by value") {
  vm::List* const list = vm::List::make();
  list->add(Value::nil());
  list->add(range(1, 2));
  CHECK(list->index_of(range(1, 2)) == 1u);
  CHECK_FALSE(list->index_of(range(1, 3)));
  vm::Map* const map = vm::Map::make();
  for (int i = 0; i < 100; ++i) map->set(range(i, 2 * i), Value::number(i));
  map->set(range(-0.0, 0), Value::number(-1));
  CHECK(map->length() == 100);
  CHECK(map->get(range(0, 0)) == Value::number(-1));
  CHECK(map->get(range(7, 14)) == Value::number(7));
  CHECK(map->get(range(7, 15)).is_absent());
}

TEST_CASE("ranges are written with their ends, and have no identity") {
  CHECK(vm::to_text(range(0, 3)) == "0..3");
  CHECK(vm::to_text(range(-1.5, kInfinity)) == "-1.5..inf");
  CHECK(vm::to_quoted_text(range(0, 1e21)) == "0..1e+21");
  CHECK_FALSE(vm::has_identity(range(0, 3)));
}
