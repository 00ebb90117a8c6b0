// SPDX-License-Identifier: BSD-3-Clause
// The methods of maps, on maps that have entries.
#include "vm/map.hpp"

#include <string>

#include "stdlib/natives.hpp"
#include "tests/support/catch.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::Value;

TEST_CASE("programs ask maps for their entries") {
  const vm::ThreadScope scope;
  vm::VM machine;
  stdlib::install(machine);
  vm::Map* const map = vm::Map::make();
  map->set(Value::object(vm::String::make("k")), Value::number(1));
  map->set(Value::number(2), Value::nil());
  machine.set_global("m", Value::object(map));
  const auto eval = [&](std::string_view source) {
    const vm::Result result = machine.eval(source);
    return result.status == vm::Status::ok ? vm::to_text(result.value) : result.error;
  };
  CHECK(eval("m") == R"(["k": 1, 2: nil])");
  CHECK(eval("m.length") == "2");
  CHECK(eval("m.get(\"k\")") == "1");
  CHECK(eval("m.get(2, 3)") == "nil");
  CHECK(eval("m.get(4, 3)") == "3");
  CHECK(eval("m.has(2)") == "true");
  CHECK(eval("m.keys()") == R"(["k", 2])");
  CHECK(eval("m.values()") == "[1, nil]");
  CHECK(eval("m.entries()") == R"([["k", 1], [2, nil]])");
  CHECK(eval("m.copy()") == R"(["k": 1, 2: nil])");
  CHECK(eval("m.remove(\"k\")") == "1");
  CHECK(eval("m.remove(\"k\")") == "nil");
  CHECK(eval("m") == "[2: nil]");
  CHECK(eval("m.clear()") == "nil");
  CHECK(eval("m") == "[:]");
}
