// SPDX-License-Identifier: BSD-3-Clause
// For the compiler's tests: source text in, code or output as text out.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "vm/codegen.hpp"
#include "vm/compiler.hpp"
#include "vm/disasm.hpp"
#include "vm/parser.hpp"
#include "vm/thread.hpp"
#include "vm/verifier.hpp"
#include "vm/vm.hpp"

namespace interlox::test {

/// The error lines that compiling `source` gives; empty if it compiles.
inline std::string compile_errors(std::string_view source, vm::CompileMode mode = vm::CompileMode::program) {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string errors;
  const vm::Function* const function = vm::compile(vm.main_module(), source, "", mode, errors);
  return function == nullptr && errors.empty() ? "null without an error" : errors;
}

/// `source` compiled with other limits than the instruction format's, and verified. Not for programs with
/// errors.
inline const vm::Function* compile_limited(vm::VM& vm, std::string_view source,
                                           const vm::CodeLimits& limits) {
  vm::ast::Arena arena;
  vm::Parser parser(arena, source);
  const vm::ast::Function* const tree = parser.parse_script();
  if (!parser.diagnostics().empty()) return nullptr;
  const vm::Function* const code = vm::generate(vm.main_module(), *tree, "test", parser.name_count(), limits);
  vm::require_verified(*code);
  return code;
}

/// The instructions of the function `name` ("(script)" for the top level) in `source`, each as the
/// disassembler writes it from its opcode on, with single spaces; joined by '\n'.
inline std::string code_of(std::string_view source, const std::string& name,
                           const vm::CodeLimits& limits = {}) {
  const vm::ThreadScope scope;
  vm::VM vm;
  const vm::Function* const function = compile_limited(vm, source, limits);
  if (function == nullptr) return "compile error";
  std::stringstream text;
  vm::disassemble(*function, text);
  std::string result;
  bool wanted = false;
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("== ", 0) == 0) {
      wanted = line.rfind("== " + name + " ", 0) == 0;
      continue;
    }
    if (!wanted || line.empty() || line.rfind("  U", 0) == 0) continue;
    std::istringstream words(line);
    std::string offset, source_line, joined;
    words >> offset >> source_line;
    for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
    result += (result.empty() ? "" : "\n") + joined;
  }
  return result;
}

/// The instructions of the body of `fun f(a, b, c) { BODY }`, the final return_nil left out.
inline std::string body_code(const std::string& body, const vm::CodeLimits& limits = {}) {
  const std::string code = code_of("fun f(a, b, c) { " + body + " }", "f", limits);
  const std::size_t last = code.rfind("return_nil");
  return last == std::string::npos ? code : code.substr(0, last == 0 ? 0 : last - 1);
}

/// What running `source` prints, and its error text, if any, after that.
inline std::string run_output(std::string_view source, const vm::CodeLimits& limits = {}) {
  const auto output = std::make_shared<vm::CapturedOutput>();
  const vm::ThreadScope scope(output);
  const std::shared_ptr<vm::Output> before = vm::Thread::current().shared_output();
  vm::Thread::current().set_output(output);  // an outer scope may have set another
  vm::VM vm;
  const vm::Function* const function = compile_limited(vm, source, limits);
  if (function == nullptr) return "compile error";
  const vm::Result result = vm::VM::call(vm::Value::object(vm::Closure::make(function)), nullptr, 0);
  vm::Thread::current().set_output(before);
  return output->text() + result.error;
}

/// `text` written `count` times.
inline std::string repeat(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace interlox::test
