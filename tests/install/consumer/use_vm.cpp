// SPDX-License-Identifier: BSD-3-Clause
// A VM inside a program of one's own.
#include <cstdio>

#include "gc/heap.hpp"
#include "stdlib/natives.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

int main() {
  interlox::gc::initialize();
  const interlox::vm::ThreadScope scope;
  interlox::vm::VM machine;
  interlox::stdlib::install(machine);
  machine.set_global("limit", interlox::vm::Value::number(10));
  const auto ran = machine.run(R"(
    class Sum { init() { this.total = 0; } add(n) { this.total = this.total + n; return this; } }
    var sum = Sum();
    for (var i = 0; i < limit; i = i + 1) sum.add(i);
    print sum.total;
  )");
  interlox::vm::StandardOutput::instance()->flush();
  const auto total = machine.eval("sum.total + 1");
  const auto wrong = machine.run("print nothing;");
  std::printf("%d %g\n%s\n", static_cast<int>(ran.status), total.value.as_number(), wrong.error.c_str());
}
