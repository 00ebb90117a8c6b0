// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as source: the compiler gives code, which can be shown, or errors, and never crashes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "gc/heap.hpp"
#include "vm/disasm.hpp"
#include "vm/scanner.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***);
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  interlox::gc::initialize();
  // Lives as long as the process: its thread compiles every input.
  static const interlox::vm::ThreadScope scope;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  interlox::vm::VM machine;
  std::string errors;
  const interlox::vm::Function* const function = machine.compile(source, "input", errors);
  if ((function == nullptr) == errors.empty()) std::abort();
  std::ostringstream text;
  if (function != nullptr) interlox::vm::disassemble(*function, text);
  interlox::vm::dump_tokens(source, text);
  return 0;
}
