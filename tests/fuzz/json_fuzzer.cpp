// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as JSON: an error, or a value that is written as a text that stands for the same value, in one
// line and in many.
#include <string>

#include "gc/root.hpp"
#include "stdlib/json.hpp"
#include "tests/fuzz/machine.hpp"
#include "tests/fuzz/target.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread.hpp"

using namespace interlox;

namespace {

std::string written(vm::Thread& thread, vm::Value value, std::string_view indent) {
  std::string text;
  fuzz::expect(stdlib::write_json(thread, value, indent, text), "what was parsed can be written");
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzz::start_machine();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vm::Thread& thread = vm::Thread::current();
  const vm::Value value = stdlib::parse_json(thread, fuzz::text_of(data, size));
  if (value.is_absent()) {
    fuzz::expect(!vm::take_uncaught(thread).text.empty(), "an error with a text");
    return 0;
  }
  const std::string line = written(thread, value, "");
  for (const std::string_view indent : {"", "  ", "\t"}) {
    const std::string text = written(thread, value, indent);
    const vm::Value again = stdlib::parse_json(thread, text);
    fuzz::expect(!again.is_absent(), "what was written can be parsed");
    fuzz::expect(written(thread, again, "") == line, "the same value");
  }
  return 0;
}
