// SPDX-License-Identifier: BSD-3-Clause
// The commands of the read-eval-print loop: `:help` and its kind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vm/vm.hpp"

namespace interlox::vm {

enum class ReplCommand : std::uint8_t { help, dis, gc, time, quit, unknown };

/// A command's name, with its colon, and what help says of it.
struct ReplCommandInfo {
  std::string_view name;
  ReplCommand command;
  std::string_view operand;
  std::string_view purpose;
};

inline constexpr ReplCommandInfo kReplCommands[] = {
    {":dis", ReplCommand::dis, "NAME or CODE", "show compiled code: of a function or class, or of CODE"},
    {":gc", ReplCommand::gc, "", "collect garbage and show the collector's figures"},
    {":help", ReplCommand::help, "", "this text"},
    {":quit", ReplCommand::quit, "", "end (as Ctrl-D does)"},
    {":time", ReplCommand::time, "CODE", "run CODE and say how long it took"},
};

/// The command that `line` starts with; `operand` gets the rest, without the blanks around it.
ReplCommand parse_repl_command(std::string_view line, std::string_view& operand) noexcept;

/// What :help prints.
std::string repl_help();

/// A collection, and the figures after it, one a line.
std::string collect_and_show();

/// The code of the global `name` if that is a function, a method or a class with methods; else nothing.
std::string disassemble_global(const VM& machine, std::string_view name);

}  // namespace interlox::vm
