// SPDX-License-Identifier: BSD-3-Clause
#include "gc/collection.hpp"

#include <cstdint>
#include <string>

#include "tests/support/catch.hpp"

namespace gc = interlox::gc;

namespace {

// A collection whose phases take 0.021, 1.204, 0.056, 0.018 and 0.310 ms.
gc::Collection example() {
  gc::Collection c;
  c.number = 12;
  const auto at = [&c](gc::Event event, std::uint64_t microseconds) {
    c.times[static_cast<std::size_t>(event)] = microseconds * 1000;
  };
  at(gc::Event::kPreStopWorld, 1000);
  at(gc::Event::kPostStopWorld, 1020);
  at(gc::Event::kMarkStart, 1021);
  at(gc::Event::kMarkEnd, 2225);
  c.weak_begin = 2226'000;
  c.weak_end = 2282'999;
  at(gc::Event::kPreStartWorld, 2283);
  at(gc::Event::kPostStartWorld, 2301);
  at(gc::Event::kReclaimStart, 2400);
  at(gc::Event::kReclaimEnd, 2710);
  c.weak_cleared = 120;
  c.used_before = 31u << 20;
  c.used_after = (13u << 20) - 1;
  c.heap_bytes = 64u << 20;
  return c;
}

std::string described(std::size_t room) {
  std::string line(room, '?');
  line.resize(gc::describe_collection(example(), 532'000'000, 17'000'000, line));
  return line;
}

}  // namespace

TEST_CASE("the line about a collection has its fields in the documented order") {
  CHECK(
      described(256) ==
      "gc 12 @0.532s 3%: 0.021+1.204+0.056+0.018+0.310 ms clock, 31->12 MB, 64 MB heap, 120 weak cleared\n");
}

TEST_CASE("a line that is too long is cut") { CHECK(described(10).size() == 10); }

TEST_CASE("a collector that has just been started has a share, too") {
  char line[256];
  const std::size_t length = gc::describe_collection(gc::Collection(), 0, 0, line);
  CHECK(std::string(line, length) ==
        "gc 0 @0.000s 0%: 0.000+0.000+0.000+0.000+0.000 ms clock, 0->0 MB, 0 MB heap, 0 weak cleared\n");
}
