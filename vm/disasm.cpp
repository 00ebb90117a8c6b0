// SPDX-License-Identifier: BSD-3-Clause
#include "vm/disasm.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace interlox::vm {

namespace {

struct OpcodeInfo {
  const char* name;
  Format format;
};

constexpr OpcodeInfo kOpcodes[] = {
#define INTERLOX_OPCODE(name, format, effects, meaning) {#name, Format::format},
    INTERLOX_OPCODES(INTERLOX_OPCODE)
#undef INTERLOX_OPCODE
};

// A string as one line that cannot be too long.
std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  std::string result = "\"";
  for (const char c : text.substr(0, kLongest)) {
    if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += '?';
    } else {
      result += c;
    }
  }
  result += text.size() > kLongest ? "\"..." : "\"";
  return result;
}

std::string constant_text(const Function& function, std::uint64_t index) {
  const Value value = function.constants[index];
  if (is_object(value, ObjectKind::string)) return quoted(as<String>(value)->view());
  if (is_object(value, ObjectKind::function)) {
    const Symbol* const name = as<Function>(value)->name;
    return "function " + (name != nullptr ? std::string(name->view()) : std::string("(script)"));
  }
  if (is_object(value, ObjectKind::class_template)) {
    return "class " + std::string(as<ClassTemplate>(value)->name->view());
  }
  return to_text(value);
}

std::string global_text(const Function& function, std::uint32_t number) {
  return std::string(function.global(number)->name->view());
}

std::string cache_text(const Function& function, std::uint64_t index) {
  return std::string(function.cache(static_cast<std::uint32_t>(index)).name->view());
}

std::string reg(std::uint32_t number) {
  std::string text(1, 'R');
  return text += std::to_string(number);
}

std::string target(std::size_t offset, std::int64_t distance) {
  return "-> " + std::to_string(static_cast<std::int64_t>(offset) + 1 + distance);
}

struct Operands {
  std::string text;
  std::string comment = {};
};

Operands operands_of(const Function& f, std::size_t offset) {
  const Instruction i = f.code[offset];
  const std::uint32_t a = a_of(i), b = b_of(i), c = c_of(i);
  const std::string bx = std::to_string(bx_of(i));
  switch (opcode_format(opcode_of(i))) {
    case Format::a:
      return {opcode_of(i) == Opcode::return_nil ? std::string() : reg(a)};
    case Format::ab:
      return {reg(a) + " " + reg(b)};
    case Format::abc:
      return {reg(a) + " " + reg(b) + " " + reg(c)};
    case Format::abk:
      return {reg(a) + " " + reg(b) + " K" + std::to_string(c), constant_text(f, c)};
    case Format::ab_cache:
      return {reg(a) + " " + reg(b) + " C" + std::to_string(c), cache_text(f, c)};
    case Format::a_n_cache:
      return {reg(a) + " " + std::to_string(b) + " C" + std::to_string(c), cache_text(f, c)};
    case Format::a_n:
      return {reg(a) + " " + std::to_string(b)};
    case Format::a_k:
      return {reg(a) + " K" + bx, constant_text(f, bx_of(i))};
    case Format::a_global:
      return {reg(a) + " G" + std::to_string(global_of(i)), global_text(f, global_of(i))};
    case Format::a_upvalue:
      return {reg(a) + " U" + bx};
    case Format::jump:
      return {target(offset, sbx_of(i))};
    case Format::a_jump:
      return {reg(a) + " " + target(offset, sbx_of(i))};
    case Format::ab_jump:
      return {reg(a) + " " + reg(b) + " " + target(offset, sc_of(i))};
    case Format::ak_jump:
      return {reg(a) + " K" + std::to_string(b) + " " + target(offset, sc_of(i)), constant_text(f, b)};
  }
  return {};
}

void write_instruction(const Function& function, std::size_t offset, std::ostream& out) {
  const Operands operands = operands_of(function, offset);
  char columns[96];
  const bool same_line = offset > 0 && function.lines[offset] == function.lines[offset - 1];
  if (same_line) {
    std::snprintf(columns, sizeof columns, "%6zu     |  %-18s ", offset,
                  opcode_name(opcode_of(function.code[offset])));
  } else {
    std::snprintf(columns, sizeof columns, "%6zu %5u  %-18s ", offset, function.lines[offset],
                  opcode_name(opcode_of(function.code[offset])));
  }
  std::string line = columns + operands.text;
  if (!operands.comment.empty()) {
    constexpr std::size_t kCommentColumn = 52;
    if (line.size() < kCommentColumn) line.resize(kCommentColumn, ' ');
    line += " ; " + operands.comment;
  }
  line.resize(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

std::vector<std::string_view> lines_of(std::string_view source) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < source.size();) {
    const std::size_t end = std::min(source.find('\n', begin), source.size());
    lines.push_back(source.substr(begin, end - begin));
    if (lines.back().ends_with('\r')) lines.back().remove_suffix(1);
    begin = end + 1;
  }
  return lines;
}

void write_source_line(const std::vector<std::string_view>& lines, std::uint32_t number, std::ostream& out) {
  if (number - 1 >= lines.size()) return;
  std::string_view line = lines[number - 1];
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (!line.empty()) out << "             ; " << line << '\n';
}

void write_function(const Function& function, const std::vector<std::string_view>& lines, std::ostream& out) {
  out << "== " << (function.name != nullptr ? function.name->view() : std::string_view("(script)"));
  if (function.source_name != nullptr) out << " (" << function.source_name->view() << ')';
  out << ", arity " << function.arity << ", " << function.registers << " registers, "
      << function.capture_count << " captures ==\n";
  for (std::uint32_t i = 0; i < function.capture_count; ++i) {
    const Capture& capture = function.captures[i];
    out << "  U" << i << " = " << (capture.from_register ? "R" : "U") << capture.index
        << " of the function around\n";
  }
  for (std::size_t offset = 0; offset < function.code_length; ++offset) {
    const std::uint32_t line = function.lines[offset];
    if (offset == 0 || line != function.lines[offset - 1]) write_source_line(lines, line, out);
    write_instruction(function, offset, out);
  }
  for (std::uint32_t i = 0; i < function.handler_count; ++i) {
    const Handler& handler = function.handlers[i];
    out << "  errors of " << handler.begin << " to " << handler.end - 1 << ": " << reg(handler.reg) << " -> "
        << handler.target << '\n';
  }
}

}  // namespace

Format opcode_format(Opcode op) noexcept { return kOpcodes[static_cast<std::size_t>(op)].format; }

const char* opcode_name(Opcode op) noexcept { return kOpcodes[static_cast<std::size_t>(op)].name; }

void disassemble(const Function& function, std::ostream& out, std::string_view source) {
  const std::vector<std::string_view> lines = lines_of(source);
  // A list instead of a recursion, since functions may nest as deep as the parser lets them. It may lie in
  // memory that the collector does not see: `function` keeps all that is in it.
  std::vector<const Function*> pending{&function};
  bool first = true;
  while (!pending.empty()) {
    const Function* const next = pending.back();
    pending.pop_back();
    if (!first) out << '\n';
    first = false;
    write_function(*next, lines, out);
    for (std::uint32_t i = next->constant_count; i-- > 0;) {
      if (is_object(next->constants[i], ObjectKind::function))
        pending.push_back(as<Function>(next->constants[i]));
    }
  }
}

}  // namespace interlox::vm
