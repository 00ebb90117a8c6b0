// SPDX-License-Identifier: BSD-3-Clause
#include "vm/repl_commands.hpp"

#include <map>
#include <optional>
#include <sstream>

#include "vm/class.hpp"
#include "vm/collecting.hpp"
#include "vm/disasm.hpp"

namespace interlox::vm {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

/// The methods, inherited ones included, by name.
void disassemble_class(const Class& klass, std::ostream& out) {
  const NameTable* const table = klass.methods.load(std::memory_order_acquire);  // as in find_method
  if (table == nullptr) return;
  // The closures stay reachable through the class.
  std::map<std::string, const Function*> methods;
  table->for_each([&](const Symbol* name, std::uint64_t) {
    const MethodRecord* const record = klass.find_method(name);
    methods[std::string(name->view())] = record->method.load(std::memory_order_acquire)->function;
  });
  for (const auto& [name, function] : methods) disassemble(*function, out);
}

}  // namespace

ReplCommand parse_repl_command(std::string_view line, std::string_view& operand) noexcept {
  const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
  operand = line.substr(end);
  operand.remove_prefix(std::min(operand.find_first_not_of(kBlanks), operand.size()));
  operand = operand.substr(0, operand.find_last_not_of(kBlanks) + 1);
  for (const ReplCommandInfo& info : kReplCommands) {
    if (line.substr(0, end) == info.name) return info.command;
  }
  return ReplCommand::unknown;
}

std::string repl_help() {
  std::string text =
      "Type a declaration, a statement or an expression: the value of an expression is shown.\n"
      "What is not complete goes on in the next line; an empty line ends it.\n";
  for (const ReplCommandInfo& info : kReplCommands) {
    text += "  " + padded(std::string(info.name) + ' ' + std::string(info.operand), 20);
    text.append(info.purpose) += '\n';
  }
  return text + "Tab completes names, Ctrl-C stops what runs or takes back what was typed.\n";
}

std::string collect_and_show() {
  collect_and_tidy();
  std::string text;
  for (const Figure& figure : collector_figures()) {
    text += padded(figure.name, 18) + std::to_string(figure.value) + '\n';
  }
  return text;
}

std::string disassemble_global(const VM& machine, std::string_view name) {
  const std::optional<Value> value = machine.global(name);
  std::ostringstream out;
  if (!value) return {};
  if (is_object(*value, ObjectKind::closure)) {
    disassemble(*as<Closure>(*value)->function, out);
  } else if (is_object(*value, ObjectKind::bound_method)) {
    disassemble(*as<BoundMethod>(*value)->method->function, out);
  } else if (is_object(*value, ObjectKind::klass)) {
    disassemble_class(*as<Class>(*value), out);
  }
  return out.str();
}

}  // namespace interlox::vm
