// SPDX-License-Identifier: BSD-3-Clause
// Programs that use up a limited heap.
#include <string>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::Result;
using vm::Status;
using vm::Value;

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.max_heap = 48u << 20;
  return options;
}

namespace {

constexpr const char* kGreedy =
    "class Node { init(next) { this.next = next; } }\n"
    "fun fill() {\n"
    "  var list = nil;\n"
    "  while (true) list = Node(list);\n"
    "}\n";

}  // namespace

TEST_CASE("out of memory is an error with a trace, and the VM goes on; twice") {
  const vm::ThreadScope scope;
  vm::VM machine;
  REQUIRE(machine.run(kGreedy).status == Status::ok);
  for (int i = 0; i < 2; ++i) {
    const Result result = machine.run("\nfill();");
    CHECK(result.status == Status::runtime_error);
    CHECK(result.error == "Out of memory.\n[line 4] in fill()\n[line 2] in script");
    CHECK(machine.eval("Node(Node(nil)).next.next == nil").value == Value::boolean(true));
  }
}

TEST_CASE("every kind of object may be the one that does not fit") {
  const vm::ThreadScope scope;
  vm::VM machine;
  const char* const programs[] = {
      "var s = \"0123456789\"; while (true) s = s + s;",
      "fun f() { var keep = nil; while (true) { var last = keep; fun g() { return last; } keep = g; } } f();",
      "fun f() { var keep = nil; while (true) { var last = keep; class C { m() { return last; } } keep = C; "
      "} } f();",
      "class C { m() {} } fun f() { var c = C(); while (true) { c.m = c.m; var d = C(); d.last = c; d.m = "
      "c.m; c = d; } } f();",
      "class C {} fun f() { var c = nil; while (true) { var d = C(); d.a = c; d.b = 1; d.c = 2; d.d = \"x\" "
      "+ \"y\"; c = d; } } f();",
      "class C {} var keep = nil; while (true) { var c = C(); c.last = keep; keep = c; }",
  };
  for (const char* const program : programs) {
    CAPTURE(program);
    const Result result = machine.run(program);
    CHECK(result.error.substr(0, result.error.find('\n')) == "Out of memory.");
    machine.set_global("keep", Value::nil());
    machine.set_global("s", Value::nil());
    const Result after = machine.eval("1 + 1");
    CHECK(after.error.empty());
    CHECK(after.value == Value::number(2));
  }
}

TEST_CASE("a thread that exhausts the heap leaves others able to go on") {
  const vm::ThreadScope scope;
  vm::VM machine;
  REQUIRE(machine.run(kGreedy).status == Status::ok);
  std::vector<int> failed(2);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.push_back(gc::start_thread([&, t] {
        const vm::ThreadScope own;
        for (int i = 0; i < 3; ++i) {
          const Result result = vm::VM::call(*machine.global("fill"), nullptr, 0);
          if (result.error.find("Out of memory.") == 0) ++failed[static_cast<std::size_t>(t)];
        }
      }));
    }
  }
  CHECK(failed == std::vector<int>{3, 3});
  CHECK(machine.eval("Node(1).next").value == Value::number(1));
}

TEST_CASE("a collection that can't grow for want of memory is as it was") {
  const auto exhaust = [](auto add) {
    std::uint32_t added = 0;
    try {
      for (;; ++added) add(Value::number(added));
    } catch (const gc::OutOfMemory&) {
    }
    return added;
  };
  vm::List* list = vm::List::make();
  const std::uint32_t elements = exhaust([&](Value v) { list->add(v); });
  CHECK(elements > 1'000'000);
  CHECK(list->length() == elements);
  CHECK(list->get(elements - 1) == Value::number(elements - 1));
  {
    gc::RootVector<vm::List*> copies;  // how many there is room for depends on what earlier tests have left
    copies.reserve(100);
    const auto copy_until_full = [&] {
      while (copies.size() < copies.capacity()) copies.push_back(list->copy());
    };
    CHECK_THROWS_AS(copy_until_full(), gc::OutOfMemory);
  }
  CHECK_THROWS_AS(list->insert(0, Value::nil()), gc::OutOfMemory);
  CHECK(list->get(0) == Value::number(0));
  list->clear();
  list = nullptr;
  vm::Map* map = vm::Map::make();
  const std::uint32_t entries = exhaust([&](Value v) { map->set(v, v); });
  CHECK(entries > 100'000);
  CHECK(map->length() == entries);
  for (const std::uint32_t i : {0u, entries / 2, entries - 1}) {
    CHECK(map->get(Value::number(i)) == Value::number(i));
  }
  CHECK_FALSE(map->has(Value::number(entries)));
  map->set(Value::number(0), Value::nil());  // needs no memory
  CHECK(map->remove(Value::number(0)).is_nil());
  map->clear();
  map->set(Value::number(1), Value::nil());
  CHECK(map->length() == 1);
}
