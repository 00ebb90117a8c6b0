// SPDX-License-Identifier: BSD-3-Clause
// The program `interlox`: puts the heap, the VM, the standard library and Lua together.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>

#include "gc/heap.hpp"
#include "stdlib/natives.hpp"
#include "stdlib/process.hpp"
#include "stdlib/testing.hpp"
#include "vm/cli/commands.hpp"
#include "vm/cli/end_snapshot.hpp"
#include "vm/cli/ending.hpp"
#include "vm/cli/format_command.hpp"
#include "vm/cli/interrupt.hpp"
#include "vm/cli/line_source.hpp"
#include "vm/cli/options.hpp"
#include "vm/cli/sources.hpp"
#include "vm/cli/test_results.hpp"
#include "vm/lua/runtime.hpp"
#include "vm/output.hpp"
#include "vm/repl.hpp"
#include "vm/report.hpp"
#include "vm/thread.hpp"
#include "vm/unjoined_errors.hpp"
#include "vm/vm.hpp"

namespace interlox::cli {
namespace {

int exit_code(vm::Status status) {
  switch (status) {
    case vm::Status::ok:
      return kOk;
    case vm::Status::compile_error:
      return kCompileError;
    case vm::Status::runtime_error:
      return kRuntimeError;
  }
  std::abort();
}

std::unique_ptr<vm::VM> make_vm() {
  auto machine = std::make_unique<vm::VM>();
  stdlib::install(*machine);
  return machine;
}

/// What `interlox FILE`, -e and -i share: a VM, and the texts it ran.
class Session {
 public:
  explicit Session(const Options& options)
      : machine_(make_vm()), dump_(options.dump), style_(report_style(options.diagnostics)) {}

  /// Runs (or dumps) one source; its exit code. `name` is empty where there is none.
  int run(const std::string& source, const std::string& name) {
    if (dump_ != Dump::none) return dump(*machine_, dump_, source, name, style_);
    sources_.add(name, source);
    const vm::Result result = machine_->run(source, name);
    if (result.status != vm::Status::ok) {
      complain(
          vm::report_text(result, style_, [&](const vm::TraceFrame& f) { return sources_.find(f.file); }));
    }
    return exit_code(result.status);
  }

  /// Reads and runs until the user has had enough.
  void loop() {
    const std::unique_ptr<vm::LineSource> lines = make_line_source(*machine_);
    vm::repl(*machine_, *lines, {style_, [&](const vm::TraceFrame& f) { return sources_.find(f.file); }});
  }

 private:
  std::unique_ptr<vm::VM> machine_;
  Dump dump_;
  vm::ReportStyle style_;
  Sources sources_;
};

int run_program(const Options& options) {
  stdlib::set_program_arguments(options.arguments);
  Session session(options);
  TestResults& tests = TestResults::instance();
  if (!options.interactive) stdlib::set_test_sink(tests.sink());  // else a test that fails shows it at once
  int code = kOk;
  if (!options.file.empty()) {
    std::string source;
    if (!read_source(options.file, source)) return kInputOutput;
    code = session.run(source, source_name(options.file));
  }
  for (const std::string& source : options.expressions) {
    code = session.run(source, "");
    if (code != kOk) break;
  }
  if (options.interactive) {
    session.loop();
    code = kOk;
  }
  return take_end_snapshot(tests.conclude() || code != kOk ? code : kRuntimeError);
}

int run_dis(const Options& options) {
  std::string source;
  if (!read_source(options.file, source)) return kInputOutput;
  return dump(*make_vm(), Dump::bytecode, source, source_name(options.file),
              report_style(options.diagnostics));
}

/// Says what nobody else has been told, flushes everything and ends the process without running destructors:
/// other threads may still be running and must not see the statics they use go away.
[[noreturn]] void finish(int code) {
  vm::UnjoinedErrors::instance().report_all();
  const auto& output = vm::StandardOutput::instance();
  output->flush();
  lua::flush_streams();
  if (output->error() != 0) {
    std::cerr << "interlox: cannot write to standard output: " << std::strerror(output->error()) << '\n';
    if (code == kOk) code = kInputOutput;
  }
  code = conclude(code);
  _exit(code);
}

/// The same where a program asks for its end: what it has is still there.
[[noreturn]] void exit_program(int code) { finish(take_end_snapshot(code)); }

/// What is left to do when all threads wait for each other.
void on_deadlock(const std::string& report, int code) {
  const bool goes_on = interrupt_input();
  if (!goes_on) vm::UnjoinedErrors::instance().report_all();
  vm::StandardOutput::instance()->report(report);
  if (!goes_on) finish(code);
}
void on_deadlock_of_program(const std::string& report) { on_deadlock(report, kRuntimeError); }
void on_deadlock_of_script(const std::string& report) { on_deadlock(report, kScriptError); }

int run_command(const Options& options) {
  const lua::Options lua_options{.make_vm = make_vm,
                                 .command = options.command_words,
                                 .before_end = take_end_snapshot,
                                 .finish = exit_program,
                                 .set_test_sink = stdlib::set_test_sink};
  switch (options.command) {
    case Command::run:
      return run_program(options);
    case Command::check:
      return check_files(*make_vm(), options.arguments, report_style(options.diagnostics));
    case Command::dis:
      return run_dis(options);
    case Command::lua:
      return lua::run_script(lua_options, options.file, options.arguments);
    case Command::test:
      return lua::run_tests(lua_options, options.arguments);
    case Command::format:
      return format_command(options.arguments);
    case Command::help:
      vm::StandardOutput::instance()->write(help_text());
      return kOk;
    case Command::version:
      vm::StandardOutput::instance()->write("interlox " INTERLOX_VERSION "\n");
      return kOk;
  }
  std::abort();
}

int run(int argc, char* argv[]) {
  Options options = parse_options(argc, argv);
  if (const char* const settings = std::getenv("INTERLOX_DEBUG")) parse_debug(settings, options);
  if (!options.error.empty()) {
    complain("interlox: " + options.error + "\nTry 'interlox --help'.");
    return kUsage;
  }
  gc::initialize(options.heap);
  if (!prepare_ending(options)) return kInputOutput;
  vm::Thread::set_stack_sizes({options.stack_bytes});
  const bool is_script = options.command == Command::lua || options.command == Command::test;
  vm::set_deadlock_handler(is_script ? on_deadlock_of_script : on_deadlock_of_program);
  const vm::ThreadScope scope;
  end_on_signals();
  set_end_snapshot(options.heap_snapshot);
  stdlib::set_exit_function(exit_program);
  finish(run_command(options));  // while this thread counts as one: it is not blocked
}

/// Memory may be what is missing: nothing here asks for any, but to name another error.
int guarded_run(int argc, char* argv[]) {
  try {
    try {
      return run(argc, argv);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      complain(std::string("interlox: ") + error.what());
    }
  } catch (const std::bad_alloc&) {
    complain("interlox: out of memory");
  }
  return kRuntimeError;
}

}  // namespace
}  // namespace interlox::cli

int main(int argc, char* argv[]) {
  using namespace interlox::cli;
  finish(guarded_run(argc, argv));
}
