// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a program: errors, or code that the verifier takes and that runs, fails or is stopped; never a
// crash. And the same thread runs the next program.
#include <sstream>
#include <string>

#include "tests/fuzz/machine.hpp"
#include "tests/fuzz/target.hpp"
#include "vm/disasm.hpp"
#include "vm/scanner.hpp"
#include "vm/verifier.hpp"

using namespace interlox;

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzz::start_machine();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source = fuzz::text_of(data, size);
  const std::unique_ptr<vm::VM> machine = fuzz::make_machine();
  std::string errors;
  const vm::Function* const function = machine->compile(source, "", errors);
  fuzz::expect((function == nullptr) != errors.empty(), "code or errors");
  std::ostringstream text;
  vm::dump_tokens(source, text);
  if (function == nullptr) return 0;
  const std::string fault = vm::verify(*function);
  fuzz::expect(fault.empty(), fault);
  vm::disassemble(*function, text, source);

  const fuzz::TimeLimit limit;
  const vm::Result result = machine->run(function);
  fuzz::expect((result.status == vm::Status::ok) == result.error.empty(), "an outcome or an error");
  return 0;
}
