// SPDX-License-Identifier: BSD-3-Clause
// The program `interlox`: puts the heap, the VM, the standard library and Lua together.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "gc/heap.hpp"
#include "stdlib/natives.hpp"
#include "vm/cli/format_command.hpp"
#include "vm/cli/interrupt.hpp"
#include "vm/cli/options.hpp"
#include "vm/disasm.hpp"
#include "vm/lua/runtime.hpp"
#include "vm/output.hpp"
#include "vm/repl.hpp"
#include "vm/scanner.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::cli {
namespace {

void complain(const std::string& message) {
  vm::StandardOutput::instance()->flush();
  std::cerr << message << '\n';
}

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

int report(const vm::Result& result) {
  if (result.status != vm::Status::ok) complain(result.error);
  return exit_code(result.status);
}

/// Reads the file `path`, or standard input for "-". False, with a complaint, if it can't.
bool read_source(const std::string& path, std::string& source) {
  const int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char buffer[65536];
  ssize_t got = file < 0 ? -1 : 0;
  while (file >= 0) {
    got = read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    source.append(buffer, static_cast<std::size_t>(got));
  }
  const int error = errno;
  if (file > STDIN_FILENO) close(file);
  if (got < 0) complain("interlox: cannot read '" + path + "': " + std::strerror(error));
  return got == 0;
}

std::unique_ptr<vm::VM> make_vm() {
  auto machine = std::make_unique<vm::VM>();
  stdlib::install(*machine);
  return machine;
}

void dump_symbols(std::ostream& out) {
  std::vector<std::string> names;
  vm::SymbolTable::instance().for_each([&](const vm::Symbol& s) { names.emplace_back(s.view()); });
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) out << name << '\n';
  const auto stats = vm::SymbolTable::instance().stats();
  out << "# " << stats.entries << " symbols, " << stats.indirects << " inner nodes, depths:";
  for (std::size_t depth = 0; depth < stats.depths.size(); ++depth) {
    out << ' ' << depth + 1 << ':' << stats.depths[depth];
  }
  out << '\n';
}

int dump(vm::VM& machine, Dump what, const std::string& source, const std::string& name) {
  std::ostringstream out;
  if (what == Dump::tokens) {
    vm::dump_tokens(source, out);
  } else {
    std::string errors;
    const vm::Function* function = machine.compile(source, name, errors);
    if (function == nullptr) {
      complain(errors);
      return kCompileError;
    }
    if (what == Dump::bytecode)
      vm::disassemble(*function, out);
    else
      dump_symbols(out);
  }
  vm::StandardOutput::instance()->write(out.str());
  return kOk;
}

int run_program(const Options& options) {
  const auto machine = make_vm();
  int code = kOk;
  const auto one = [&](const std::string& source, const std::string& name) {
    code = options.dump == Dump::none ? report(machine->run(source, name))
                                      : dump(*machine, options.dump, source, name);
    return code == kOk;
  };
  if (!options.file.empty()) {
    std::string source;
    if (!read_source(options.file, source)) return kInputOutput;
    one(source, options.file == "-" ? "stdin" : options.file);
  }
  for (const std::string& source : options.expressions) {
    if (!one(source, "-e")) break;
  }
  if (options.interactive) {
    vm::repl(*machine, std::cin, isatty(STDIN_FILENO) != 0);
    code = kOk;
  }
  return code;
}

/// Flushes everything and ends the process without running destructors: other threads may
/// still be running and must not see the statics they use go away.
[[noreturn]] void finish(int code) {
  const auto& output = vm::StandardOutput::instance();
  output->flush();
  lua::flush_streams();
  if (output->error() != 0) {
    std::cerr << "interlox: cannot write to standard output: " << std::strerror(output->error()) << '\n';
    if (code == kOk) code = kInputOutput;
  }
  _exit(code);
}

int run_command(const Options& options) {
  const lua::Options lua_options{.make_vm = make_vm, .command = options.command_words, .finish = finish};
  switch (options.command) {
    case Command::run:
      return run_program(options);
    case Command::lua:
      return lua::run_script(lua_options, options.file, options.arguments);
    case Command::test:
      return lua::run_tests(lua_options, options.arguments);
    case Command::format:
      return format_command(options.arguments, read_source);
    case Command::help:
      vm::StandardOutput::instance()->write(help_text());
      return kOk;
    case Command::version:
      vm::StandardOutput::instance()->write("interlox " INTERLOX_VERSION "\n");
      return kOk;
  }
  std::abort();
}

int guarded_main(const Options& options) {
  try {
    gc::initialize(options.heap);
    const vm::ThreadScope scope;
    end_on_interrupt();
    return run_command(options);
  } catch (const std::bad_alloc&) {
    complain("interlox: out of memory");
  } catch (const std::exception& error) {
    complain(std::string("interlox: ") + error.what());
  }
  return kRuntimeError;
}

}  // namespace
}  // namespace interlox::cli

int main(int argc, char* argv[]) {
  using namespace interlox::cli;
  const Options options = parse_options(argc, argv);
  if (!options.error.empty()) {
    std::cerr << "interlox: " << options.error << "\nTry 'interlox --help'.\n";
    return kUsage;
  }
  finish(guarded_main(options));
}
