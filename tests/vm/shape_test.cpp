// SPDX-License-Identifier: BSD-3-Clause
// Shapes, name tables, classes and instances, below the language.
#include "vm/shape.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "tests/vm/assembler.hpp"
#include "vm/class.hpp"
#include "vm/instance.hpp"
#include "vm/symbol_table.hpp"

using namespace interlox;
using vm::Class;
using vm::Instance;
using vm::Value;

namespace {

const vm::Symbol* numbered(const char* prefix, int i) { return vm::intern(prefix + std::to_string(i)); }

Class* make_class(int fields, std::uint32_t methods = 0) {
  auto* const plan = ::new (gc::allocate(sizeof(vm::ClassTemplate))) vm::ClassTemplate();
  auto** const names =
      static_cast<const vm::Symbol**>(gc::allocate(static_cast<std::size_t>(fields + 1) * 8));
  for (int i = 0; i < fields; ++i) names[i] = numbered("field", i);
  plan->name = vm::intern("Thing");
  plan->fields = names;
  plan->field_count = static_cast<std::uint32_t>(fields);
  plan->method_count = methods;
  return Class::make(plan);
}

vm::Closure* make_method() { return vm::Closure::make(test::Assembler("m", 0, 1).finish()); }

Instance* make_instance(Class* klass) { return Instance::make(klass, klass->ensure_allocation()); }

}  // namespace

TEST_CASE("a name table finds what was put in, through every growth") {
  std::atomic<vm::NameTable*> table{nullptr};
  constexpr int kCount = 1000;
  for (int i = 0; i < kCount; ++i) {
    vm::NameTable::insert(table, numbered("name", i), static_cast<std::uint64_t>(i));
    const std::uint64_t* const first = table.load()->find(vm::intern("name0"));
    REQUIRE(first != nullptr);
    REQUIRE(*first == 0);
    REQUIRE(table.load()->find(numbered("name", i + 1)) == nullptr);
  }
  int right = 0;
  for (int i = 0; i < kCount; ++i) {
    const std::uint64_t* const word = table.load()->find(numbered("name", i));
    if (word != nullptr && *word == static_cast<std::uint64_t>(i)) ++right;
  }
  CHECK(right == kCount);
  int visited = 0;
  table.load()->for_each([&](const vm::Symbol*, std::uint64_t) { ++visited; });
  CHECK(visited == kCount);
}

TEST_CASE("a name table of any size always ends a search") {
  for (std::uint32_t size = 0; size < 70; ++size) {
    std::atomic<vm::NameTable*> table{vm::NameTable::make(size)};
    vm::NameTable* const made = table.load();
    for (std::uint32_t i = 0; i < size; ++i)
      vm::NameTable::insert(table, numbered("name", static_cast<int>(i)), i);
    CAPTURE(size);
    CHECK(table.load() == made);  // there was room
    CHECK(table.load()->find(vm::intern("name that is not there")) == nullptr);
  }
}

TEST_CASE("shapes are never used twice, and end with a clean error") {
  const std::uint32_t a = vm::next_shape();
  const std::uint32_t b = vm::next_shape();
  CHECK(a >= vm::kFirstInstanceShape);
  CHECK(b > a);
  auto& counter = vm::detail::shape_counter;
  const std::uint64_t before = counter.exchange(0xffff'ffff);
  CHECK(vm::next_shape() == 0xffff'ffff);
  CHECK_THROWS_AS(vm::next_shape(), vm::ShapesExhausted);
  CHECK_THROWS_AS(vm::next_shape(), vm::ShapesExhausted);
  counter.store(before);
}

TEST_CASE("an instance has room for the fields its class is known to have") {
  for (const int fields : {0, 1, 2, 3, 4, 7, 8, 9, 50, 254, 300}) {
    CAPTURE(fields);
    const Instance* const instance = make_instance(make_class(fields));
    const auto capacity = static_cast<int>(instance->capacity);
    CHECK(capacity >= std::min(fields, 254));
    CHECK(capacity <= 254);
    CHECK(capacity % 2 == 0);
    for (std::uint32_t i = 0; i < instance->capacity; ++i) CHECK(instance->cells[i].load().is_absent());
  }
  // header, class, and cells: three fields fit 48 bytes
  CHECK(16 + 8 * make_instance(make_class(3))->capacity <= 48);
}

TEST_CASE("fields keep their place while the layout grows, inside and in the overflow") {
  Class* const klass = make_class(3);
  Instance* const old = make_instance(klass);
  const std::uint32_t old_shape = old->shape;
  constexpr int kFields = 3000;
  for (int i = 0; i < kFields; ++i) {
    const std::uint32_t slot = klass->field(numbered("field", i));
    REQUIRE(slot == static_cast<std::uint32_t>(i));
    const vm::Cell* const before = old->find_cell(slot);
    REQUIRE((before == nullptr || before->load().is_absent()));
    old->cell(slot)->store(Value::number(i));
    REQUIRE(old->find_cell(slot)->load() == Value::number(i));
  }
  CHECK(old->shape == old_shape);
  CHECK(old->klass() == klass);
  Instance* const young = make_instance(klass);
  CHECK(young->shape != old->shape);
  CHECK(young->capacity == Class::kMaxCapacity);
  CHECK(young->tail.load() == klass);
  CHECK(young->find_cell(kFields - 1) == nullptr);
  test::run_in_thread([] { gc::collect(); });
  int right = 0;
  for (int i = 0; i < kFields; ++i) {
    if (old->find_cell(*klass->find_field(numbered("field", i)))->load() == Value::number(i)) ++right;
  }
  CHECK(right == kFields);
}

TEST_CASE("instances grow with their class, and shapes go with capacities") {
  Class* const klass = make_class(0);
  std::uint32_t shape = 0;
  std::uint32_t capacity = 0;
  int shapes = 0;
  for (int i = 0; i < 100; ++i) {
    const Instance* const instance = make_instance(klass);
    const std::uint32_t slot = klass->field(numbered("field", i));
    CHECK((instance->shape == shape) == (instance->capacity == capacity));
    if (instance->shape != shape) ++shapes;
    shape = instance->shape;
    capacity = instance->capacity;
    CHECK(slot < make_instance(klass)->capacity);
  }
  CHECK(shapes < 20);
}

TEST_CASE("a field shadows a method of its name, whichever comes first") {
  const vm::Symbol* const name = vm::intern("both");
  Class* const klass = make_class(0, 2);
  klass->add_method(name, make_method());
  const vm::MethodRecord* const record = klass->find_method(name);
  REQUIRE(record != nullptr);
  CHECK(record->fast.load() == record->method.load());
  klass->field(name);
  CHECK(record->fast.load() == nullptr);
  CHECK(record->method.load() != nullptr);
  CHECK(klass->find_method(name) == record);

  Class* const other = make_class(0, 1);
  other->field(name);
  other->add_method(name, make_method());
  CHECK(other->find_method(name)->fast.load() == nullptr);

  Class* const child = make_class(0);
  child->inherit(klass);
  CHECK(child->find_method(name)->fast.load() == nullptr);
}

TEST_CASE("a class inherits fields and methods into tables of its own") {
  Class* const super = make_class(5, 3);
  for (int i = 0; i < 20; ++i) super->add_method(numbered("method", i), make_method());
  super->add_method(vm::intern("init"), make_method());
  Class* const child = make_class(3, 1);
  child->inherit(super);
  CHECK(child->superclass.load() == super);
  CHECK(child->field_count == 5);
  CHECK(child->initializer.load() == super->initializer.load());
  for (int i = 0; i < 20; ++i) {
    const vm::MethodRecord* const record = child->find_method(numbered("method", i));
    REQUIRE(record != nullptr);
    CHECK(record->klass == child);
    CHECK(record->method.load() == super->find_method(numbered("method", i))->method.load());
  }
  vm::Closure* const own = make_method();
  child->add_method(vm::intern("method3"), own);
  CHECK(child->find_method(vm::intern("method3"))->method.load() == own);
  CHECK(super->find_method(vm::intern("method3"))->method.load() != own);
  vm::Closure* const init = make_method();
  child->add_method(vm::intern("init"), init);
  CHECK(child->initializer.load() == init);
  CHECK(super->initializer.load() != init);
  child->field(vm::intern("only the child's"));
  CHECK_FALSE(super->find_field(vm::intern("only the child's")));
}

TEST_CASE("threads that write the fields of one object lose and invent nothing") {
  constexpr int kFields = 200;
  constexpr int kRounds = 300 / test::kSlowdown;
  for (const int threads : {2, 8}) {
    Class* const klass = make_class(2);
    const gc::Root<Instance> root(make_instance(klass));
    Instance* const object = root.get();
    const auto names = [] {
      gc::RootVector<const vm::Symbol*> all;
      for (int i = 0; i < kFields; ++i) all.push_back(numbered("raced", i));
      return all;
    }();
    std::atomic<int> invented{0};
    std::atomic<int> lost{0};
    {
      std::vector<std::jthread> running;
      for (int t = 0; t < threads; ++t) {
        running.push_back(gc::start_thread([&, t] {
          // Field i only ever holds thread * 1000 + i; each thread alone writes the fields that it owns last.
          for (int round = 0; round < kRounds; ++round) {
            for (int k = 0; k < kFields; ++k) {
              const int i = (k * 7 + t * 31 + round) % kFields;
              if (k % 3 == 0) {
                object->cell(klass->field(names[i]))->store(Value::number(t * 1000 + i));
                continue;
              }
              const auto slot = klass->find_field(names[i]);
              const vm::Cell* const cell = slot ? object->find_cell(*slot) : nullptr;
              const Value v = cell == nullptr ? Value::absent() : cell->load();
              if (v.is_absent()) continue;
              if (!v.is_number() || static_cast<int>(v.as_number()) % 1000 != i) ++invented;
            }
          }
          for (int i = t; i < kFields; i += threads) {
            const vm::Symbol* const mine = numbered("own", i);
            object->cell(klass->field(mine))->store(Value::number(i));
            if (object->find_cell(*klass->find_field(mine))->load() != Value::number(i)) ++lost;
          }
        }));
      }
    }
    for (int i = 0; i < kFields; ++i) {
      const auto slot = klass->find_field(numbered("own", i));
      if (!slot || object->find_cell(*slot)->load() != Value::number(i)) ++lost;
    }
    CAPTURE(threads);
    CHECK(invented.load() == 0);
    CHECK(lost.load() == 0);
    // Slots are 0, 1, 2, ... each once.
    std::vector<int> seen(klass->field_count);
    klass->fields.load()->for_each([&](const vm::Symbol*, std::uint64_t slot) { ++seen.at(slot); });
    CHECK(seen == std::vector<int>(klass->field_count, 1));
  }
}

TEST_CASE("of threads that name a new field at one moment all get one place, and no other field has it") {
  constexpr int kFields = 4000 / test::kSlowdown;
  gc::RootVector<const vm::Symbol*> names;
  for (int i = 0; i < 2 * kFields; ++i) names.push_back(numbered("named", i));
  Class* const klass = make_class(0);
  const gc::Root<Class> root(klass);
  std::vector<std::uint32_t> shared[2];  // the places of every second name, which both threads ask for
  std::atomic<int> arrived{0};
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < 2; ++t) {
      running.push_back(gc::start_thread([&, t] {
        for (int i = 0; i < kFields; ++i) {
          arrived.fetch_add(1);
          while (arrived.load() < 2 * (i + 1)) std::this_thread::yield();
          shared[t].push_back(klass->field(names[2 * i]));
          if ((i + t) % 2 == 0) klass->field(names[2 * i + 1]);
        }
      }));
    }
  }
  CHECK(shared[0] == shared[1]);
  CHECK(klass->field_count == 2 * kFields);
  std::vector<int> seen(klass->field_count);
  klass->fields.load()->for_each([&](const vm::Symbol*, std::uint64_t slot) { ++seen.at(slot); });
  CHECK(seen == std::vector<int>(klass->field_count, 1));
}

TEST_CASE("threads see the layout and the instances of a class that grows") {
  Class* const klass = make_class(0);
  const gc::Root<Class> root(klass);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < 4; ++t) {
      running.push_back(gc::start_thread([&] {
        for (int i = 0; i < 250; ++i) {
          const std::uint32_t slot = klass->field(numbered("grown", i));
          Instance* const instance = make_instance(klass);
          instance->cell(slot)->store(Value::number(i));
          if (instance->find_cell(slot)->load() != Value::number(i)) ++wrong;
          if (instance->klass() != klass) ++wrong;
          if (klass->find_field(numbered("grown", i)) != slot) ++wrong;
        }
      }));
    }
  }
  CHECK(wrong.load() == 0);
  CHECK(klass->field_count == 250);
}
