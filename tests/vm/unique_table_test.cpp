// SPDX-License-Identifier: BSD-3-Clause
#include "vm/unique_table.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/channel.hpp"
#include "vm/pruner.hpp"
#include "vm/symbol_table.hpp"
#include "vm/weak_ref.hpp"

using namespace interlox;
using namespace std::string_view_literals;
using vm::Lookup;
using vm::Tuple;
using vm::Unique;
using vm::Value;

namespace {

vm::UniqueTable& table() { return vm::UniqueTable::instance(); }
Unique* make(const Lookup& content) { return table().make(content); }
Unique* make(std::string_view text) { return make(Lookup::of_text(text)); }
Unique* make(double number) { return make(Lookup::of_number(number)); }
Unique* make(Value value) { return make(vm::lookup_of(value)); }
Unique* make_integer(std::int64_t number) { return make(Lookup::of_integer(number)); }

Value object(const vm::Object* of) { return Value::object(of); }

Tuple* tuple(const std::vector<Value>& elements) {  // which the caller holds, too
  Tuple* const made = Tuple::make(static_cast<std::uint32_t>(elements.size()));
  std::copy(elements.begin(), elements.end(), made->elements);
  return made;
}

std::string numbered(const char* what, std::size_t i) { return std::string(what) + " " + std::to_string(i); }

trie::CanonicalStats pruned_stats() {
  vm::prune_all_sets();
  return table().stats();
}

[[gnu::noinline]] void collect_down_to(std::size_t most, int collections = 5) {
  for (int i = 0; i < collections && table().count() > most; ++i) {
    gc::clear_stack();
    gc::collect();
  }
}

}  // namespace

TEST_CASE("equal contents have one handle, and others others") {
  gc::RootVector<Unique*> all;
  const auto add = [&](Unique* handle) {
    REQUIRE(handle != nullptr);
    REQUIRE(handle->is(vm::ObjectKind::unique));
    REQUIRE(std::count(all.begin(), all.end(), handle) == 0);
    REQUIRE(table().find(handle->lookup()) == handle);
    REQUIRE(make(handle->lookup()) == handle);
    REQUIRE(make(handle->content()) == handle);
    all.push_back(handle);
  };
  add(make(Value::nil()));
  add(make(Value::boolean(false)));
  add(make(Value::boolean(true)));
  // Numbers that look like the bits of the above.
  for (const int number : {0, 1, 2, 6, 7}) add(make(static_cast<double>(number)));
  add(make(0.5));
  add(make(-1.0));
  add(make(1e300));
  add(make(std::numeric_limits<double>::infinity()));
  add(make(-std::numeric_limits<double>::infinity()));
  add(make(std::numeric_limits<double>::denorm_min()));
  add(make_integer(std::numeric_limits<std::int64_t>::max()));
  add(make_integer(std::numeric_limits<std::int64_t>::min() + 1));
  for (const auto text :
       {""sv, "1"sv, "nil"sv, "a"sv, "a\0"sv, "a\0b"sv, "\0"sv, "\xff\xfe"sv, "abcdefghijklm"sv}) {
    add(make(text));
  }
  add(make(std::string(1'000'000, 'l')));
  add(make(object(vm::intern("unique_table_test"))));  // a symbol, and a string like it
  add(make("unique_table_test"));
  const Value handle = object(make("content of a handle"));
  add(make(handle));
  add(make(object(make(handle))));
  add(make(object(tuple({}))));
  add(make(object(tuple({Value::nil()}))));
  add(make(object(tuple({Value::number(1), Value::number(2)}))));
  add(make(object(tuple({Value::number(2), Value::number(1)}))));
  add(make(object(tuple({Value::number(1), Value::number(2), Value::number(3)}))));
  const Value text = object(vm::String::make("in a tuple"));
  const Value inner = object(tuple({text, handle}));
  add(make(object(tuple({inner, text}))));
  add(make(object(tuple({text, inner}))));
  add(make(inner));
  CHECK(all.size() == 38);
  CHECK(table().check() == std::nullopt);
}

TEST_CASE("contents are compared by their value, and the first form is kept") {
  constexpr std::int64_t kTwoTo53 = std::int64_t{1} << 53;
  Unique* const one = make_integer(1001);
  CHECK(make(1001.0) == one);
  CHECK(vm::is_object(one->word(), vm::ObjectKind::integer));
  Unique* const number = make(1002.0);
  CHECK(make_integer(1002) == number);
  CHECK(number->word().is_number());
  CHECK(make("1001") != one);
  CHECK(make_integer(kTwoTo53 + 1) != make(static_cast<double>(kTwoTo53)));
  CHECK(make_integer(kTwoTo53) == make(static_cast<double>(kTwoTo53)));
  CHECK(make(-0.0) == make(0.0));
  CHECK(make_integer(0) == make(-0.0));
  CHECK(make_integer(std::numeric_limits<std::int64_t>::min()) == make(-0x1p63));
  CHECK(make_integer(std::numeric_limits<std::int64_t>::max()) != make(0x1p63));
  const Value two = object(vm::Integer::make(2));
  const Value text = object(vm::String::make("text"));
  const Value same_text = object(vm::String::make("text"));
  const Value of_two = object(tuple({two, text}));
  Unique* const handle = make(of_two);
  CHECK(make(object(tuple({Value::number(2), same_text}))) == handle);
  CHECK(handle->word() == of_two);  // the first one, as it is
  const Value nested = object(tuple({object(tuple({two})), object(tuple({}))}));
  CHECK(make(nested) == make(object(tuple({object(tuple({Value::number(2)})), object(tuple({}))}))));
  CHECK(make(nested) != make(object(tuple({object(tuple({})), object(tuple({two}))}))));
}

TEST_CASE("tuples lie in each other as deep as they may") {
  const auto nest = [](double innermost) {
    Value value = Value::number(innermost);
    for (int i = 0; i < Tuple::kMaxDepth; ++i) value = object(tuple({value, Value::nil()}));
    return value;
  };
  Unique* const handle = make(nest(1));
  CHECK(make(nest(1)) == handle);
  CHECK(make(nest(2)) != handle);
}

TEST_CASE("a handle holds what never changes, and no NaN") {
  const auto can_hold = [](Value value) { return vm::UniqueTable::can_hold(vm::lookup_of(value)); };
  CHECK(can_hold(Value::nil()));
  CHECK(can_hold(Value::boolean(true)));
  CHECK(can_hold(Value::number(1)));
  CHECK(can_hold(Value::number(std::numeric_limits<double>::infinity())));
  CHECK(can_hold(object(vm::Integer::make(1))));
  CHECK(can_hold(object(vm::String::make(""))));
  CHECK(can_hold(object(vm::intern("a"))));
  CHECK(can_hold(object(make("a"))));
  CHECK(can_hold(object(tuple({}))));
  CHECK_FALSE(can_hold(Value::number(std::nan(""))));
  CHECK_FALSE(can_hold(object(vm::Box::make(Value::nil()))));
  CHECK_FALSE(can_hold(object(vm::Channel::make())));
  CHECK_FALSE(can_hold(object(vm::TableCopy::make(0))));
  CHECK_FALSE(can_hold(object(vm::WeakRef::make(make("a")))));
}

TEST_CASE("finding makes none") {
  const trie::CanonicalStats before = pruned_stats();
  CHECK(table().find(Lookup::of_text("never made")) == nullptr);
  CHECK(table().find(Lookup::of_number(4711.25)) == nullptr);
  CHECK(table().stats().misses == before.misses);
  CHECK(table().stats().hits == before.hits);
}

TEST_CASE("a string is copied: what it was made from may change or go") {
  constexpr std::size_t kCount = 3000;
  gc::RootVector<Unique*> handles;
  gc::RootVector<vm::WeakRef*> sources;
  test::run_in_thread([&] {
    std::string buffer;
    for (std::size_t i = 0; i < kCount; ++i) {
      buffer = numbered("from one buffer", i);
      handles.push_back(make(buffer));
      std::fill(buffer.begin(), buffer.end(), '#');
      const vm::String* const string = vm::String::make(numbered("from a string", i));
      sources.push_back(vm::WeakRef::make(const_cast<vm::String*>(string)));
      handles.push_back(make(string->view()));
    }
  });
  for (std::size_t i = 0; i < kCount; ++i) {
    REQUIRE(handles[i * 2]->text() == numbered("from one buffer", i));
    REQUIRE(make(numbered("from one buffer", i)) == handles[i * 2]);
    REQUIRE(handles[i * 2 + 1]->text() == numbered("from a string", i));
  }
  const auto gone = [&] {
    return std::count_if(sources.begin(), sources.end(), [](const auto* of) { return of->get() == nullptr; });
  };
  for (int i = 0; i < 5 && gone() < static_cast<std::ptrdiff_t>(kCount) * 95 / 100; ++i) {
    gc::clear_stack();
    gc::collect();
  }
  CHECK(gone() >= static_cast<std::ptrdiff_t>(kCount) * 95 / 100);
  for (std::size_t i = 0; i < kCount; ++i) REQUIRE(make(numbered("from a string", i)) == handles[i * 2 + 1]);
}

TEST_CASE("a handle keeps its content, and lives as long as something refers to it") {
  constexpr std::size_t kCount = 3000;
  gc::RootVector<Unique*> held;
  const std::size_t before = table().count();
  test::run_in_thread([&] {
    for (std::size_t i = 0; i < kCount; ++i) {
      const Value text = object(vm::String::make(numbered("element", i)));
      Unique* const handle = make(object(tuple({Value::number(static_cast<double>(i)), text})));
      if (i % 3 == 0) held.push_back(make(object(handle)));  // kept by a handle of it
    }
  });
  collect_down_to(before + kCount * 2 / 3 + kCount * 5 / 100);
  CHECK(table().count() <= before + kCount * 2 / 3 + kCount * 5 / 100);
  for (std::size_t i = 0; i < held.size(); ++i) {
    const auto* const inner = vm::as<Unique>(held[i]->word());
    const auto* const pair = vm::as<Tuple>(inner->word());
    REQUIRE(pair->count == 2);
    REQUIRE(pair->elements[0].as_number() == static_cast<double>(i * 3));
    REQUIRE(vm::as<vm::String>(pair->elements[1])->view() == numbered("element", i * 3));
    REQUIRE(table().find(inner->lookup()) == inner);
  }
  std::fill(held.begin(), held.end(), nullptr);
  collect_down_to(before + kCount * 5 / 100);
  CHECK(table().count() <= before + kCount * 5 / 100);
}

TEST_CASE("handles in handles, however deep, are gone within two collections") {
  constexpr std::size_t kChains = 4;
  constexpr std::size_t kLength = 10'000;
  bool gone = false;
  // A stale word on some stack may keep a whole chain: another try then.
  for (std::size_t attempt = 0; attempt < 3 && !gone; ++attempt) {
    const std::size_t before = table().count();
    test::run_in_thread([&] {
      for (std::size_t chain = 0; chain < kChains; ++chain) {
        Unique* handle = make(numbered("end of chain", attempt * kChains + chain));
        for (std::size_t i = 0; i < kLength; ++i) handle = make(object(handle));
      }
    });
    collect_down_to(before + kChains * kLength * 5 / 100, 2);
    gone = table().count() <= before + kChains * kLength * 5 / 100;
  }
  CHECK(gone);
}

TEST_CASE("the table gives its memory back, however often it is filled") {
  constexpr std::size_t kCount = 100'000 / test::kSlowdown;
  collect_down_to(0);
  const trie::CanonicalStats before = pruned_stats();
  std::size_t full = 0;
  std::size_t most_left = 0;
  for (std::size_t round = 0; round < 3; ++round) {
    test::run_in_thread([&] {
      gc::RootVector<Unique*> held;
      held.reserve(kCount);
      for (std::size_t i = 0; i < kCount; ++i) held.push_back(make(numbered("refilled", round * kCount + i)));
      full = std::max(full, table().stats().bytes);
      std::fill(held.begin(), held.end(), nullptr);
    });
    collect_down_to(before.live + kCount * 2 / 100);
    const trie::CanonicalStats after = pruned_stats();
    REQUIRE(after.live <= before.live + kCount * 5 / 100);
    REQUIRE(after.dead == 0);
    most_left = std::max(most_left, after.bytes);
  }
  CHECK(full > before.bytes + kCount * 16);
  CHECK(most_left <= before.bytes + (full - before.bytes) * 10 / 100);
  CHECK(table().check() == std::nullopt);
}

TEST_CASE("the figures agree with each other") {
  constexpr std::size_t kCount = 2000;
  const trie::CanonicalStats before = pruned_stats();
  test::run_in_thread([&] {
    gc::RootVector<Unique*> held;
    for (std::size_t i = 0; i < kCount; ++i) held.push_back(make(numbered("figure", i)));
    for (std::size_t i = 0; i < kCount; ++i) static_cast<void>(make(numbered("figure", i % 10)));
    std::size_t met = 0;
    std::set<std::string> names;
    table().for_each([&](Unique& handle) {
      ++met;
      if (handle.is_text() && handle.text().substr(0, 7) == "figure ") names.emplace(handle.text());
    });
    if (names.size() != kCount || met < kCount) held.clear();
    std::fill(held.begin(), held.end(), nullptr);
    if (held.size() == kCount) static_cast<void>(make("the walk was right"));
  });
  CHECK(table().stats().misses - before.misses >= kCount + 1);  // a cleanup may make one, too
  CHECK(table().stats().hits - before.hits >= kCount);
  collect_down_to(before.live + kCount * 5 / 100);
  const trie::CanonicalStats after = pruned_stats();
  CHECK(after.dead == 0);
  CHECK(after.live == after.entries);
  CHECK(after.live == table().count());
  CHECK(after.misses == after.live + after.dead + after.pruned);
  CHECK(after.cleared == after.dead + after.pruned);
  CHECK(after.pruned - before.pruned >= kCount * 95 / 100);
}

TEST_CASE("threads that make the same handles get the same ones, while a collector loops") {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kCount = 2000;
  std::vector<gc::RootVector<Unique*>> found(kThreads);
  for (auto& mine : found) mine.resize(kCount);
  std::atomic<std::size_t> left{kThreads};
  std::vector<std::jthread> threads;
  for (std::size_t id = 0; id < kThreads; ++id) {
    threads.push_back(gc::start_thread([&, id] {
      for (std::size_t step = 0; step < kCount; ++step) {
        const std::size_t i = id % 2 == 0 ? step : kCount - 1 - step;
        const double number = static_cast<double>(i) + 0.25;
        switch (i % 4) {
          case 0:
            found[id][i] = make(numbered("agreed", i));
            break;
          case 1:
            found[id][i] = make(number);
            break;
          case 2:
            found[id][i] = make(object(tuple({Value::number(number), object(vm::String::make("of it"))})));
            break;
          default:
            found[id][i] = make(object(make(object(make(numbered("inner", i))))));
        }
        static_cast<void>(make(numbered("passing", i % 50)));
      }
      --left;
    }));
  }
  while (left != 0) gc::collect();
  threads.clear();
  for (std::size_t i = 0; i < kCount; ++i) {
    for (std::size_t id = 1; id < kThreads; ++id) REQUIRE(found[id][i] == found[0][i]);
  }
  CHECK(std::set<Unique*>(found[0].begin(), found[0].end()).size() == kCount);
  CHECK(found[0][0]->text() == "agreed 0");
  CHECK(table().check() == std::nullopt);
}
