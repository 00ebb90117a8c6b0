// SPDX-License-Identifier: BSD-3-Clause
#include "vm/disasm.hpp"

#include <sstream>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/vm/compiled.hpp"

using namespace interlox;

namespace {

std::string listing(std::string_view source) {
  const vm::ThreadScope scope;
  vm::VM vm;
  std::string errors;
  const vm::Function* const function =
      vm::compile(vm.main_module(), source, "a.lox", vm::CompileMode::program, errors);
  if (function == nullptr) return errors;
  std::ostringstream out;
  vm::disassemble(*function, out);
  return out.str();
}

}  // namespace

TEST_CASE("A listing shows offsets, lines, operands and what they stand for") {
  CHECK(listing("var a = 1;\nprint a + 2;\nif (a == nil) a.b();\n") ==
        "== (script) (a.lox), arity 0, 2 registers, 0 captures ==\n"
        "     0     1  load_k             R1 K0               ; 1\n"
        "     1     |  define_global      R1 G0               ; a\n"
        "     2     2  get_global         R1 G0               ; a\n"
        "     3     |  add_k              R1 R1 K1            ; 2\n"
        "     4     |  print              R1\n"
        "     5     3  get_global         R1 G0               ; a\n"
        "     6     |  jump_not_equal_k   R1 K2 -> 9          ; nil\n"
        "     7     |  get_global_invoke  R1 G0               ; a\n"
        "     8     |  invoke             R1 0 C0             ; b\n"
        "     9     4  return_nil\n");
}

TEST_CASE("Nested functions follow, with their captures") {
  const std::string text = listing("fun f(a) { fun g() { fun h() { return a; } } }");
  const std::size_t f = text.find("== f (a.lox), arity 1, 3 registers, 0 captures ==\n");
  const std::size_t g =
      text.find("== g (a.lox), arity 0, 2 registers, 1 captures ==\n  U0 = R1 of the function around\n");
  const std::size_t h =
      text.find("== h (a.lox), arity 0, 2 registers, 1 captures ==\n  U0 = U0 of the function around\n");
  CHECK(f != std::string::npos);
  CHECK(g != std::string::npos);
  CHECK(h != std::string::npos);
  CHECK(f < g);
  CHECK(g < h);
}

TEST_CASE("Strings are shown on one line, cut when they are long") {
  CHECK(listing("print \"a\nb\";").find("; \"a\\nb\"\n") != std::string::npos);
  const std::string text = listing("print \"" + std::string(100, 'x') + "\";");
  CHECK(text.find("; \"" + std::string(40, 'x') + "\"...\n") != std::string::npos);
}

TEST_CASE("Deeply nested functions are listed without recursion") {
  const std::string text = listing(test::repeat("fun f() {", 1000) + test::repeat("}", 1000));
  std::size_t functions = 0;
  for (std::size_t at = text.find("== f "); at != std::string::npos; at = text.find("== f ", at + 1))
    ++functions;
  CHECK(functions == 1000);
}

TEST_CASE("Every opcode has a name and a format") {
  CHECK(std::string(vm::opcode_name(vm::Opcode::load_k)) == "load_k");
  CHECK(std::string(vm::opcode_name(vm::Opcode::print)) == "print");
  CHECK(vm::opcode_format(vm::Opcode::jump_less_k) == vm::Format::ak_jump);
  CHECK(vm::opcode_format(vm::Opcode::super_invoke) == vm::Format::a_n_cache);
}
