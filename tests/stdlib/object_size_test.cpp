// SPDX-License-Identifier: BSD-3-Clause
// What objects take of the heap: measured, with all that the collector adds.
#include <cstddef>
#include <string>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "stdlib/natives.hpp"
#include "tests/support/catch.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;

namespace {

constexpr int kObjects = 100'000;

/// Bytes that one more value of `expression` takes, where `i` counts from 0, if a list that is there already
/// holds it.
double bytes_each(const std::string& declarations, const std::string& expression) {
  const vm::ThreadScope scope;
  vm::VM machine;
  stdlib::install(machine);
  const std::string count = std::to_string(kObjects);
  const auto run = [&](const std::string& source) {
    const vm::Result result = machine.run(source, "sizes.lox");
    INFO(result.error);
    REQUIRE(result.status == vm::Status::ok);
  };
  const auto used = [] {
    gc::collect();
    gc::collect();  // sweeps what the first one left
    return static_cast<double>(gc::stats().used_bytes);
  };
  run(declarations + "var list = List(" + count + ", nil);\n");
  run("for (var i = 0; i < 1000; i += 1) list[i] = " + expression +
      ";");  // what the first ones bring with them
  const double before = used();
  run("for (var i = 1000; i < " + count + "; i += 1) list[i] = " + expression + ";");
  return (used() - before) / (kObjects - 1000);
}

}  // namespace

TEST_CASE("an instance of three fields takes 48 bytes, a short string 32 and its own, a number none") {
  // The collector's pages may have some room left that counts as used.
  constexpr double kPages = 1.03;
  const std::string point = "class P { init(i) { this.x = i; this.y = i; this.z = i; } }\n";
  CHECK(bytes_each(point, "P(i)") <= 48 * kPages);
  CHECK(bytes_each("", "`ab${i + 100_000}`") <= (32 + 8) * kPages);
  CHECK(bytes_each("", "i * 0.5") <= 1);
}
