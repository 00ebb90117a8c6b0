// SPDX-License-Identifier: BSD-3-Clause
#include "vm/compiler.hpp"

#include "vm/codegen.hpp"
#include "vm/parser.hpp"

namespace interlox::vm {

const Function* compile(Module& module, std::string_view source, std::string_view name, CompileMode mode,
                        std::string& errors) {
  errors.clear();
  // What bounds a string bounds every name and literal in the source, and 32 bits count its bytes.
  if (source.size() > String::kMaxLength) {
    errors = "[line 1] Error: Source is too long.";
    return nullptr;
  }
  ast::Arena arena;
  Parser parser(arena, source);
  const ast::Function* const tree =
      mode == CompileMode::program ? parser.parse_script() : parser.parse_single_expression();
  errors = parser.errors();
  if (!errors.empty()) return nullptr;
  try {
    return generate(module, *tree, name, parser.name_count());
  } catch (const CodeLimit& limit) {
    errors = "[line " + std::to_string(limit.at.line) + "] Error: " + std::string(limit.message);
    return nullptr;
  }
}

}  // namespace interlox::vm
