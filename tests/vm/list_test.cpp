// SPDX-License-Identifier: BSD-3-Clause
#include "vm/list.hpp"

#include <string>

#include "gc/heap.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/print.hpp"

using namespace interlox;
using vm::List;
using vm::Value;

namespace {

Value number(double d) { return Value::number(d); }
Value string(std::string_view text) { return Value::object(vm::String::make(text)); }
std::string text(const List* list) { return vm::to_text(Value::object(list)); }

List* numbers(int count) {
  List* const list = List::make();
  for (int i = 0; i < count; ++i) list->add(number(i));
  return list;
}

}  // namespace

TEST_CASE("lists grow at their end, and are read and written by index") {
  List* const list = List::make();
  CHECK(list->length() == 0);
  CHECK(list->get(0).is_absent());
  CHECK_FALSE(list->set(0, Value::nil()));
  for (int i = 0; i < 1000; ++i) {
    list->add(number(i));
    REQUIRE(list->length() == static_cast<std::uint32_t>(i + 1));
  }
  for (std::uint32_t i = 0; i < 1000; ++i) CHECK(list->get(i) == number(i));
  CHECK(list->get(1000).is_absent());
  CHECK(list->set(999, Value::nil()));
  CHECK(list->get(999).is_nil());
  CHECK_FALSE(list->set(1000, Value::nil()));
  CHECK_FALSE(list->set(std::size_t{1} << 40, Value::nil()));
}

TEST_CASE("elements go in and out at any place") {
  List* const list = numbers(3);
  CHECK(list->insert(0, number(-1)));
  CHECK(list->insert(4, number(9)));
  CHECK(list->insert(2, Value::nil()));
  CHECK_FALSE(list->insert(7, number(0)));
  CHECK(text(list) == "[-1, 0, nil, 1, 2, 9]");
  CHECK(list->remove_at(2).is_nil());
  CHECK(list->remove_at(0) == number(-1));
  CHECK(list->remove_at(4).is_absent());
  CHECK(list->pop() == number(9));
  CHECK(text(list) == "[0, 1, 2]");
  list->clear();
  CHECK(list->length() == 0);
  CHECK(list->pop().is_absent());
  CHECK(list->remove_at(0).is_absent());
  list->add(number(5));
  CHECK(text(list) == "[5]");
}

TEST_CASE("elements are found by the language's equality") {
  List* const list = List::make();
  for (const Value v : {string("a"), number(0), string("a"), Value::object(list)}) list->add(v);
  CHECK(list->index_of(string("a")) == 0);
  CHECK(list->index_of(number(-0.0)) == 1);
  CHECK(list->index_of(Value::object(list)) == 3);
  CHECK_FALSE(list->index_of(Value::nil()));
  CHECK(list->remove(string("a")));
  CHECK(list->remove(string("a")));
  CHECK_FALSE(list->remove(string("a")));
  CHECK(text(list) == "[0, [...]]");
  list->add(number(0.0 / 0.0));
  CHECK_FALSE(list->index_of(list->get(2)));
}

TEST_CASE("copies, slices, reversals and concatenations") {
  List* const list = numbers(5);
  CHECK(text(list->copy()) == "[0, 1, 2, 3, 4]");
  CHECK(text(list->slice(1, 3)) == "[1, 2]");
  CHECK(text(list->slice(3, 100)) == "[3, 4]");
  CHECK(text(list->slice(3, 2)) == "[]");
  CHECK(text(list->slice(9, 12)) == "[]");
  list->copy()->set(0, Value::nil());
  CHECK(list->get(0) == number(0));
  list->reverse();
  CHECK(text(list) == "[4, 3, 2, 1, 0]");
  list->pop();
  list->reverse();
  CHECK(text(list) == "[1, 2, 3, 4]");
  CHECK(text(List::concatenate(*list, *list)) == "[1, 2, 3, 4, 1, 2, 3, 4]");
  CHECK(text(List::concatenate(*List::make(), *List::make())) == "[]");
  const Value values[] = {Value::nil(), number(7)};
  list->append(values, 2);
  CHECK(text(list) == "[1, 2, 3, 4, nil, 7]");
  list->assign(values, 1);
  CHECK(text(list) == "[nil]");
  CHECK(text(List::make(values, 2)) == "[nil, 7]");
  CHECK(text(List::filled(3, number(1))) == "[1, 1, 1]");
}

TEST_CASE("a list that would be too long is refused and stays as it is") {
  List* const list = numbers(2);
  const Value one[] = {Value::nil()};
  CHECK_THROWS_AS(list->append(one, std::size_t{List::kMaxLength} - 1), vm::ListTooLong);
  CHECK_THROWS_AS(List::make(std::size_t{List::kMaxLength} + 1), vm::ListTooLong);
  CHECK_THROWS_AS(List::filled(std::size_t{1} << 60, Value::nil()), vm::ListTooLong);
  CHECK(text(list) == "[0, 1]");
}

TEST_CASE("what was taken out of a list is kept alive by nothing") {
  constexpr int kCount = 2000;
  test::Watcher watcher(kCount);
  List* list = nullptr;
  test::run_in_thread([&] {
    list = List::make();
    for (int i = 0; i < kCount; ++i) {
      auto* const s = vm::String::make("some text that takes a block " + std::to_string(i));
      list->add(Value::object(watcher.watch(s)));
    }
    for (int i = 0; i < kCount / 2; ++i) list->pop();
    for (int i = 0; i < kCount / 2; ++i) list->remove_at(0);
  });
  CHECK(watcher.collect_until_dead(95));
  CHECK(list->length() == 0);
}

TEST_CASE("a list that is broken says how") {
  List* const list = List::make();
  for (int i = 0; i < 5; ++i) list->add(Value::number(i));
  CHECK(list->check() == std::nullopt);
  auto* const length = reinterpret_cast<std::uint32_t*>(list) + 2;  // behind the header
  REQUIRE(*length == 5);
  *length = 6;
  CHECK(list->check() == "I2: element 5 is absent");
  *length = 1'000;
  REQUIRE(list->check().has_value());
  CHECK(list->check()->starts_with("I2: the length is 1000, but there is room for "));
  *length = 5;
  CHECK(list->check() == std::nullopt);
}
