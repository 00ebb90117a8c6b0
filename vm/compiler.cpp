// SPDX-License-Identifier: BSD-3-Clause
#include "vm/compiler.hpp"

#include "vm/codegen.hpp"
#include "vm/parser.hpp"
#include "vm/symbol_table.hpp"
#include "vm/verifier.hpp"

namespace interlox::vm {
namespace {

Diagnostic error_of_the_whole(Position at, std::string_view message) {
  Diagnostic diagnostic;
  diagnostic.at = at;
  diagnostic.text = "[line " + std::to_string(at.line) + "] Error: " + std::string(message);
  return diagnostic;
}

/// As compile(); `warnings` may be null. The diagnostics have no file yet.
const Function* translate(Module& module, std::string_view source, std::string_view name, CompileMode mode,
                          std::vector<Diagnostic>& errors, std::vector<Diagnostic>* warnings) {
  // What bounds a string bounds every name and literal in the source, and 32 bits count its bytes.
  if (source.size() > String::kMaxLength) {
    errors.push_back(error_of_the_whole({}, "Source is too long."));
    return nullptr;
  }
  ast::Arena arena;
  const auto global_exists = [&module](std::string_view global) {
    const Symbol* const symbol = SymbolTable::instance().find(global);
    return symbol != nullptr && !module.global(symbol).is_absent();
  };
  Parser parser(arena, source, global_exists);
  const ast::Function* const tree =
      mode == CompileMode::program ? parser.parse_script() : parser.parse_single_expression();
  errors = parser.diagnostics();
  if (!errors.empty()) return nullptr;
  if (warnings != nullptr) *warnings = parser.warnings();
  try {
    const Function* const code = generate(module, *tree, name, parser.name_count());
#ifdef INTERLOX_VERIFY_CODE
    require_verified(*code);
#endif
    return code;
  } catch (const CodeLimit& limit) {
    errors.push_back(error_of_the_whole(limit.at, limit.message));
    return nullptr;
  }
}

void set_file(std::vector<Diagnostic>& diagnostics, std::string_view name) {
  for (Diagnostic& diagnostic : diagnostics) diagnostic.file = name;
}

}  // namespace

const Function* compile(Module& module, std::string_view source, std::string_view name, CompileMode mode,
                        std::vector<Diagnostic>& diagnostics) {
  diagnostics.clear();
  const Function* const function = translate(module, source, name, mode, diagnostics, nullptr);
  set_file(diagnostics, name);
  return function;
}

const Function* compile(Module& module, std::string_view source, std::string_view name, CompileMode mode,
                        std::string& errors) {
  std::vector<Diagnostic> diagnostics;
  const Function* const function = compile(module, source, name, mode, diagnostics);
  errors = plain_text(diagnostics);
  return function;
}

std::vector<Diagnostic> check(Module& module, std::string_view source, std::string_view name) {
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  const bool good = translate(module, source, name, CompileMode::program, errors, &warnings) != nullptr;
  std::vector<Diagnostic>& found = good ? warnings : errors;
  set_file(found, name);
  return found;
}

}  // namespace interlox::vm
