// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>
#include <thread>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/stdlib/program.hpp"

using namespace interlox;
using test::Program;

TEST_CASE("time has a clock for the calendar and one for measuring") {
  Program p{"time"};
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double said = p.machine.eval("time.now()").value.as_number();
  CHECK(said >= now);
  CHECK(said < now + 60);
  CHECK(p.run("var a = time.monotonic(); time.sleep(0.02); var b = time.monotonic(); print b - a >= 0.02;"
              "print b - a < 30;") == "true\ntrue\n");
  CHECK(p.eval("time.sleep(0)") == "nil");
  CHECK(p.eval("time.sleep(-1)") == "sleep() seconds must be a non-negative number, not -1.");
  CHECK(p.eval("time.sleep(0/0)").starts_with("sleep() seconds must be a non-negative number, not "));
}

TEST_CASE("the collector stops a thread that sleeps, and it sleeps on") {
  Program p{"time"};
  double slept = 0;
  {
    const std::jthread sleeper = gc::start_thread([&] {
      const vm::ThreadScope scope;
      slept = p.machine
                  .eval(
                      "time.monotonic() * 0 - time.monotonic() + (time.sleep(0.1) == nil and 0 or 1) + "
                      "time.monotonic()")
                  .value.as_number();
    });
    for (int i = 0; i < 10; ++i) {
      gc::collect();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  CHECK(slept >= 0.1);
}

TEST_CASE("times are written in UTC") {
  Program p{"time"};
  CHECK(p.eval("time.format(0)") == "1970-01-01T00:00:00Z");
  CHECK(p.eval("time.format(1700000000.9)") == "2023-11-14T22:13:20Z");
  CHECK(p.eval("time.format(-1)") == "1969-12-31T23:59:59Z");
  CHECK(p.eval("time.format(0, \"%H:%M %d.%m.%y\")") == "00:00 01.01.70");
  CHECK(p.eval("time.format(0, \"\")").empty());
  CHECK(p.eval("time.format(0, \"%%|\")") == "%|");
  CHECK(p.eval("time.format(0, 1)") == "format() pattern must be a string, not 1.");
  CHECK(p.eval("time.format(0, \"%999999999d\")") == "String too long.");
  CHECK(p.eval("time.format(1/0)") == "format() seconds must be a time within 30 million years, not inf.");
  CHECK(p.eval("time.format(0/0)").starts_with("format() seconds must be"));
}
