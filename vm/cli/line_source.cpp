// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/line_source.hpp"

#include <cstdlib>
#include <iostream>
#include <string_view>
#include <unistd.h>

#include "vm/cli/interrupt.hpp"
#include "vm/output.hpp"
#include "vm/thread.hpp"

namespace interlox::cli {
namespace {

/// Lines as they come; the terminal, if it is one, does what editing there is.
class PlainLines final : public vm::LineSource {
 public:
  explicit PlainLines(bool terminal) : terminal_(terminal) {
    // The terminal itself drops a line at Ctrl-C: what is missing is the prompt.
    if (terminal_) interrupt_inputs(vm::Thread::current(), "> ");
  }

  Outcome read(std::string_view prompt, std::string& line) override {
    vm::Output& output = *vm::StandardOutput::instance();
    if (terminal_) {
      output.write(prompt);
      output.flush();
    }
    if (std::getline(std::cin, line)) return Outcome::line;
    if (terminal_) output.write("\n");
    return Outcome::end;
  }

  void running(bool now) override {
    if (now) {
      begin_interruptible();
    } else {
      end_interruptible();
    }
  }

 private:
  const bool terminal_;
};

}  // namespace

std::unique_ptr<vm::LineSource> make_line_source(const vm::VM& machine) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  if (terminal && isatty(STDOUT_FILENO) != 0) {
    const char* const kind = std::getenv("TERM");
    const bool able = kind != nullptr && std::string_view(kind) != "dumb" && *kind != '\0';
    std::unique_ptr<vm::LineSource> editor = able ? make_line_editor(machine) : nullptr;
    if (editor != nullptr) return editor;
  }
  return std::make_unique<PlainLines>(terminal);
}

std::string history_path() {
  if (const char* const path = std::getenv("INTERLOX_HISTORY")) return path;
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.interlox_history" : std::string();
}

}  // namespace interlox::cli
