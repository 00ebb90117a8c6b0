// SPDX-License-Identifier: BSD-3-Clause
// os: the process's arguments and environment, and its end.
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "stdlib/modules.hpp"
#include "stdlib/process.hpp"
#include "vm/list.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

// Set before threads run, and never changed while they do. Never destroyed: they may run until the end.
std::vector<std::string>& program_arguments() {
  static auto* const arguments = new std::vector<std::string>();
  return *arguments;
}

constinit ExitFunction exit_function = nullptr;

/// args: a list.
Value args(const Arguments& /*in*/) {
  vm::List* const list = vm::List::make();
  for (const std::string& argument : program_arguments()) {
    list->add(Value::object(vm::String::make(argument)));
  }
  return Value::object(list);
}

/// env(name): nil if there is no such variable.
Value env(const Arguments& in) {
  const vm::String* const name = in.string(0, "name");
  if (name == nullptr) return Value::absent();
  const bool can_be = name->view().find('\0') == std::string_view::npos;
  const char* const value = can_be ? std::getenv(name->bytes) : nullptr;
  return value == nullptr ? Value::nil() : Value::object(vm::String::make(value));
}

/// exit(code?).
Value exit(const Arguments& in) {
  double code = 0;
  if (in.has(0)) {
    const auto given = in.integer(0, "code");
    if (!given) return Value::absent();
    if (*given < 0 || *given > 255) return in.fail(0, "code", "between 0 and 255");
    code = *given;
  }
  if (exit_function != nullptr) exit_function(static_cast<int>(code));
  in.thread().output().flush();
  std::_Exit(static_cast<int>(code));
}

constexpr vm::NativeMember kMembers[] = {
    vm::property("args", args),
    vm::method("env", 1, env),
    vm::method("exit", {0, 1}, exit),
};

}  // namespace

void set_program_arguments(std::vector<std::string> arguments) { program_arguments() = std::move(arguments); }

void set_exit_function(ExitFunction function) noexcept { exit_function = function; }

constinit const std::span<const vm::NativeMember> os_members(kMembers);

}  // namespace interlox::stdlib
