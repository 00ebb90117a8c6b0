// SPDX-License-Identifier: BSD-3-Clause
#include "vm/repl.hpp"

#include <iostream>
#include <istream>
#include <string>

#include "vm/thread.hpp"

namespace interlox::vm {
namespace {

/// Whether the only thing wrong with the input is that it stops too early.
bool is_incomplete(const std::string& errors) {
  if (errors.find('\n') != std::string::npos) return false;
  return errors.find("] Error at end: ") != std::string::npos ||
         errors.find("] Error: Unterminated string.") != std::string::npos;
}

}  // namespace

void repl(VM& machine, std::istream& input, bool prompts) {
  Output& output = Thread::current().output();
  std::string pending;
  std::string line;
  while (true) {
    if (prompts) output.write(pending.empty() ? "> " : "... ");
    output.flush();
    const bool more = static_cast<bool>(std::getline(input, line));
    if (!more && pending.empty()) break;
    if (more) pending += (pending.empty() ? "" : "\n") + line;
    if (more && !line.empty()) {
      std::string errors;
      if (machine.compile(pending, "", errors) == nullptr && is_incomplete(errors)) continue;
    }
    const Result result = machine.run(pending, "");
    pending.clear();
    output.flush();
    if (result.status != Status::ok) std::cerr << result.error << '\n';
  }
  if (prompts) output.write("\n");
}

}  // namespace interlox::vm
