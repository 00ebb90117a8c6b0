// SPDX-License-Identifier: BSD-3-Clause
#include "vm/repl.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <new>
#include <sstream>
#include <vector>

#include "vm/compiler.hpp"
#include "vm/disasm.hpp"
#include "vm/interpreter.hpp"
#include "vm/operations.hpp"
#include "vm/repl_commands.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {
namespace {

/// Input, compiled. On the stack: it refers to collected code.
struct Compiled {
  const Function* function = nullptr;
  bool is_expression = false;
  std::vector<Diagnostic> errors = {};

  /// Whether the only thing wrong with the input is that it stops too early.
  bool is_incomplete() const {
    return function == nullptr &&
           std::all_of(errors.begin(), errors.end(), [](const Diagnostic& error) { return error.at_end; });
  }
  /// Whether it stops inside of a string or comment, to which an empty line belongs.
  bool is_inside_token() const {
    return std::any_of(errors.begin(), errors.end(),
                       [](const Diagnostic& error) { return error.at_end && error.length != 0; });
  }
};

/// For as long as it lives, an input runs.
class Running {
 public:
  explicit Running(LineSource& lines) : lines_(lines) { lines_.running(true); }
  ~Running() { lines_.running(false); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  LineSource& lines_;
};

class Repl {
 public:
  Repl(VM& machine, LineSource& lines, const ReplOptions& options)
      : machine_(machine), lines_(lines), options_(options), output_(Thread::current().output()) {}

  void loop() {
    std::string line;
    while (!over_) {
      output_.flush();
      switch (lines_.read(pending_.empty() ? "> " : "... ", line)) {
        case LineSource::Outcome::line:
          take(line);
          break;
        case LineSource::Outcome::cancelled:
          pending_.clear();
          break;
        case LineSource::Outcome::end:
          if (!pending_.empty()) run(pending_, compile(pending_));
          return;
      }
    }
  }

 private:
  void take(const std::string& line) {
    try {
      if (pending_.empty() && line.starts_with(':')) return command(line);
      if (pending_.empty() && line.find_first_not_of(" \t\r") == std::string::npos) return;
      pending_ += (pending_.empty() ? "" : "\n") + line;
      const Compiled compiled = compile(pending_);
      if (compiled.is_incomplete() && (!line.empty() || compiled.is_inside_token())) return;
      run(pending_, compiled);
    } catch (const std::bad_alloc&) {  // while compiling; running has its own answer
      complain("Out of memory.");
    }
    pending_.clear();
  }

  Compiled compile(const std::string& text) {
    Compiled compiled;
    compiled.function = vm::compile(machine_.main_module(), text, {}, CompileMode::expression, compiled.errors);
    compiled.is_expression = compiled.function != nullptr;
    if (!compiled.is_expression) {
      compiled.function = vm::compile(machine_.main_module(), text, {}, CompileMode::program, compiled.errors);
    }
    return compiled;
  }

  void run(const std::string& text, const Compiled& compiled) {
    Result result;
    if (compiled.function == nullptr) {
      result.status = Status::compile_error;
      result.error = plain_text(compiled.errors);
      result.diagnostics = compiled.errors;
    } else {
      const Running running(lines_);
      result = machine_.run(compiled.function);
      const bool shown = result.status == Status::ok && compiled.is_expression;
      Thread& thread = Thread::current();
      if (shown && !(result.value == Value::nil()) && !print_operation(thread, result.value)) {
        result.status = Status::runtime_error;  // in its toString()
        result.error = take_error(thread);
      }
    }
    if (result.status == Status::ok) return;
    complain(report_text(result, options_.style, [&](const TraceFrame& frame) -> std::optional<std::string> {
      if (!frame.file.empty()) return options_.source_of(frame);
      // A function may come from an earlier input, whose text is gone.
      if (frame.function.empty()) return text;
      return std::nullopt;
    }));
  }

  void command(const std::string& line) {
    std::string_view operand;
    switch (parse_repl_command(line, operand)) {
      case ReplCommand::help:
        return output_.write(repl_help());
      case ReplCommand::gc:
        return output_.write(collect_and_show());
      case ReplCommand::dis:
        return dis(std::string(operand));
      case ReplCommand::time:
        return time(std::string(operand));
      case ReplCommand::quit:
        over_ = true;
        return;
      case ReplCommand::unknown:
        return complain("There is no command '" + line.substr(0, line.find(' ')) + "'; try :help.");
    }
  }

  void dis(const std::string& operand) {
    if (operand.empty()) return complain("':dis' needs a name or code.");
    const std::string global = disassemble_global(machine_, operand);
    if (!global.empty()) return output_.write(global);
    const Compiled compiled = compile(operand);
    if (compiled.function == nullptr) return run(operand, compiled);  // shows the errors
    std::ostringstream out;
    disassemble(*compiled.function, out, operand);
    output_.write(out.str());
  }

  void time(const std::string& operand) {
    if (operand.empty()) return complain("':time' needs code.");
    const Compiled compiled = compile(operand);
    const auto begin = std::chrono::steady_clock::now();
    run(operand, compiled);
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
    if (compiled.function == nullptr) return;
    char text[64];
    std::snprintf(text, sizeof text, "%.3f ms\n", taken.count());
    output_.write(text);
  }

  void complain(const std::string& message) {
    output_.flush();
    std::cerr << message << '\n';
  }

  VM& machine_;
  LineSource& lines_;
  const ReplOptions& options_;
  Output& output_;
  std::string pending_;
  bool over_ = false;
};

}  // namespace

void repl(VM& machine, LineSource& lines, const ReplOptions& options) {
  Repl(machine, lines, options).loop();
}

Completion complete_input(const VM& machine, std::string_view typed) {
  if (!typed.starts_with(':') || typed.find(' ') != std::string_view::npos) return complete(machine, typed);
  Completion result;
  for (const ReplCommandInfo& info : kReplCommands) {
    if (info.name.starts_with(typed)) result.words.emplace_back(info.name);
  }
  return result;
}

}  // namespace interlox::vm
