// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/commands.hpp"

#include <algorithm>
#include <new>
#include <sstream>
#include <string_view>

#include "vm/cli/sources.hpp"
#include "vm/compiler.hpp"
#include "vm/disasm.hpp"
#include "vm/output.hpp"
#include "vm/scanner.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::cli {
namespace {

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

/// Shows them all; whether one is an error.
bool show(const std::vector<vm::Diagnostic>& diagnostics, std::string_view source, vm::ReportStyle style) {
  bool failed = false;
  std::string text;
  for (const vm::Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += vm::report_text(diagnostic, source, style);
    failed |= diagnostic.severity == vm::Severity::error;
  }
  if (!text.empty()) complain(text);
  return failed;
}

}  // namespace

int check_files(vm::VM& machine, const std::vector<std::string>& files, vm::ReportStyle style) {
  bool failed = false;
  bool unread = false;
  for (const std::string& file : files) {
    std::string source;
    if (read_source(file, source)) {
      failed |= show(vm::check(machine.main_module(), source, source_name(file)), source, style);
    } else {
      unread = true;
    }
  }
  if (failed) return kCompileError;
  return unread ? kInputOutput : kOk;
}

int dump(vm::VM& machine, Dump what, const std::string& source, const std::string& name,
         vm::ReportStyle style) {
  std::ostringstream out;
  if (what == Dump::tokens) {
    vm::dump_tokens(source, out);
  } else {
    std::vector<vm::Diagnostic> errors;
    const vm::Function* const function =
        vm::compile(machine.main_module(), source, name, vm::CompileMode::program, errors);
    if (function == nullptr) {
      show(errors, source, style);
      return kCompileError;
    }
    if (what == Dump::bytecode) {
      vm::disassemble(*function, out, source);
    } else {
      dump_symbols(out);
    }
  }
  if (!out) throw std::bad_alloc();  // nothing else can go wrong with it, and it says so in no other way
  vm::StandardOutput::instance()->write(out.str());
  return kOk;
}

}  // namespace interlox::cli
