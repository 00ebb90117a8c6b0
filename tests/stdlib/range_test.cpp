// SPDX-License-Identifier: BSD-3-Clause
// What programs read of ranges, and callbacks of maps, on values that are made here.
#include "vm/range.hpp"

#include <limits>
#include <string>

#include "stdlib/natives.hpp"
#include "tests/support/catch.hpp"
#include "vm/map.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using vm::Value;

namespace {

struct Machine {
  const vm::ThreadScope scope;
  vm::VM vm;

  Machine() { stdlib::install(vm); }
  void set_range(double from, double to) { vm.set_global("r", Value::object(vm::Range::make(from, to))); }
  /// The value of the source's last expression as a text, or the first line of its error.
  std::string eval(std::string_view source) {
    const vm::Result result = vm.eval(source);
    if (result.status == vm::Status::ok) return vm::to_text(result.value);
    return result.error.substr(0, result.error.find('\n'));
  }
};

}  // namespace

TEST_CASE("programs read the ends and the length of a range") {
  Machine machine;
  machine.set_range(1, 4.5);
  CHECK(machine.eval("r") == "1..4.5");
  CHECK(machine.eval("r.from") == "1");
  CHECK(machine.eval("r.to") == "4.5");
  CHECK(machine.eval("r.length") == "4");
  CHECK(machine.eval("List(2, r)") == "[1..4.5, 1..4.5]");
  CHECK(machine.eval("String(r) + \"!\"") == "1..4.5!");
  CHECK(machine.eval("r.step") == "Only instances have properties.");
  CHECK(machine.eval("r.from = 3") == "Only instances have fields.");
  CHECK(machine.eval("r.reverse()") == "Only instances have methods.");
  CHECK(machine.eval("r()") == "Can only call functions and classes.");
  CHECK(machine.eval("\"abc\".repeat(r)") == "repeat() count must be a non-negative integer, not 1..4.5.");
  machine.set_range(0, std::numeric_limits<double>::infinity());
  CHECK(machine.eval("r.length") == "inf");
}

TEST_CASE("a map calls back with its keys and values, in their order") {
  Machine machine;
  vm::Map* const map = vm::Map::make();
  for (int i = 0; i < 5; ++i) map->set(Value::number(i), Value::number(i * i));
  machine.vm.set_global("m", Value::object(map));
  machine.vm.set_global("seen", Value::nil());
  const auto each = [&](const std::string& body) {
    machine.vm.run("fun f(k, v) { seen.add(k); seen.add(v); " + body + " }");
    machine.eval("seen = List()");
    const std::string result = machine.eval("m.each(f)");
    return result == "nil" ? machine.eval("seen") : result;
  };
  CHECK(each("") == "[0, 0, 1, 1, 2, 4, 3, 9, 4, 16]");
  CHECK(each("m.remove(k); m.remove(k + 1);") == "[0, 0, 2, 4, 4, 16]");
  CHECK(machine.eval("m") == "[:]");
  CHECK(each("") == "[]");
  map->set(Value::number(1), Value::nil());
  CHECK(each("-v;") == "Operand must be a number.");
}
