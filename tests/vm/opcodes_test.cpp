// SPDX-License-Identifier: BSD-3-Clause
// The instruction set's document has the table of opcodes.hpp, row by row.
#include "vm/opcodes.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"

using namespace interlox::vm;

namespace {

const char* operands(Format format) {
  switch (format) {
    case Format::a:
      return "A";
    case Format::ab:
      return "A B";
    case Format::abc:
      return "A B C";
    case Format::abk:
      return "A B K[C]";
    case Format::ab_cache:
      return "A B cache C";
    case Format::a_n_cache:
      return "A count B cache C";
    case Format::a_n:
      return "A count B";
    case Format::a_k:
      return "A K[Bx]";
    case Format::a_global:
      return "A global sBx";
    case Format::a_upvalue:
      return "A upvalue Bx";
    case Format::jump:
      return "jump sBx";
    case Format::a_jump:
      return "A jump sBx";
    case Format::ab_jump:
      return "A B jump sC";
    case Format::ak_jump:
      return "A K[B] jump sC";
  }
  return "";
}

std::string row(const std::string& name, Format format, const std::string& meaning) {
  return "| `" + name + "` | " + operands(format) + " | " + meaning + " |\n";
}

std::string table_of_the_code() {
  std::string table;
#define INTERLOX_ROW(name, format, effects, meaning) table += row(#name, Format::format, meaning);
  INTERLOX_OPCODES(INTERLOX_ROW)
#undef INTERLOX_ROW
  return table;
}

std::string table_of_the_document() {
  std::ifstream document(INTERLOX_SOURCE_DIR "/docs/instructions.md");
  std::string table;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("| `")) table += line + "\n";
  }
  return table;
}

}  // namespace

TEST_CASE("docs/instructions.md has the instructions of opcodes.hpp") {
  CHECK(table_of_the_document() == table_of_the_code());
}

TEST_CASE("operands are read from where the instruction is in memory as from its word") {
  for (const std::uint32_t a : {0U, 1U, 0x1234U, 0xffffU}) {
    for (const std::uint32_t b : {0U, 7U, 0xabcdU, 0xffffU}) {
      const Instruction code[] = {encode(Opcode::add, a, b, 0x654321),
                                  encode(Opcode::move, ~a & 0xffff, 0, 0)};
      CHECK(a_before(code + 1) == a);
      CHECK(b_before(code + 1) == b);
      CHECK(a_of(code[0]) == a);
      CHECK(b_of(code[0]) == b);
    }
  }
}
