// SPDX-License-Identifier: BSD-3-Clause
// The modules of the standard library, as install() registers them: the natives of each are in
// NAME_module.cpp, the rest in NAME.lox.
#pragma once

#include <span>

#include "vm/native_member.hpp"
#include "vm/realm.hpp"

namespace interlox::stdlib {

extern const std::span<const vm::NativeMember> collections_members;
extern const std::span<const vm::NativeMember> concurrent_members;
extern const std::span<const vm::NativeMember> io_members;
extern const std::span<const vm::NativeMember> json_members;
extern const std::span<const vm::NativeMember> math_members;
extern const std::span<const vm::NativeMember> os_members;
extern const std::span<const vm::NativeMember> random_members;
extern const std::span<const vm::NativeMember> testing_members;
extern const std::span<const vm::NativeMember> text_members;
extern const std::span<const vm::NativeMember> time_members;

/// All modules, in memory that lives as long as the process.
std::span<const vm::StandardModule> standard_modules();

}  // namespace interlox::stdlib
