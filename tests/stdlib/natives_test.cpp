// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/natives.hpp"

#include "tests/support/catch.hpp"
#include "vm/object.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;

TEST_CASE("clock is a native function whatever its arguments are") {
  const vm::ThreadScope scope;
  vm::VM machine;
  CHECK_FALSE(machine.global("clock"));
  stdlib::install(machine);
  REQUIRE(machine.global("clock"));
  CHECK(vm::to_text(*machine.global("clock")) == "<native fn>");

  const vm::Value arguments[] = {vm::Value::nil(), vm::Value::number(3)};
  const vm::Result first = vm::VM::call(*machine.global("clock"), nullptr, 0);
  double busy = 1;
  for (int i = 0; i < 30'000'000; ++i) busy = busy * 1.0000001 + 1;
  const vm::Result second = vm::VM::call(*machine.global("clock"), arguments, 2);
  REQUIRE(first.status == vm::Status::ok);
  REQUIRE(second.status == vm::Status::ok);
  CHECK(busy > 1);
  REQUIRE(first.value.is_number());
  CHECK(first.value.as_number() >= 0);
  CHECK(second.value.as_number() > first.value.as_number());
}

TEST_CASE("each VM has builtins of its own, which programs may redefine") {
  const vm::ThreadScope scope;
  vm::VM a;
  vm::VM b;
  stdlib::install(a);
  stdlib::install(b);
  a.set_global("clock", vm::Value::number(1));
  CHECK(a.global("clock")->is_number());
  CHECK(vm::is_object(*b.global("clock"), vm::ObjectKind::native));
}
