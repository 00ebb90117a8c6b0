// SPDX-License-Identifier: BSD-3-Clause
// What all code of one VM shares: the builtins and the modules. Collected, and referred to by each module, so
// that functions work on when their VM has gone.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>

#include "vm/module.hpp"
#include "vm/native_member.hpp"

namespace interlox::vm {

/// A module of the standard library: natives, over which Lox source may be written. It and what it refers to
/// live as long as the process.
struct StandardModule {
  std::string_view name;
  /// Defined as globals of the module before its source runs: methods as functions; properties as what they
  /// give at that time.
  std::span<const NativeMember> members;
  std::string_view source;
};

/// Invariants
///   I1  The main module is in `modules` under the path of each of its scripts' files, others under their
///       file's; those of the standard library under their names, which are no absolute paths.
///   I2  A module is in `modules` while it is loading or loaded.
struct Realm : Object {
  NameMap<Value> builtins;
  NameMap<Module*> modules;  // by canonical path, or name
  Module* main = nullptr;    // null only while the realm is being made
  std::span<const StandardModule> standard_modules;

  /// A realm without builtins, with an empty main module. Throws gc::OutOfMemory.
  static Realm* make();

  /// The value of the builtin, or absent. Lock-free.
  Value builtin(const Symbol* name) const noexcept { return builtins.load(name).value_or(Value::absent()); }
  /// Makes `value` a builtin: for modules that mention the name from now on, and for the main module unless
  /// it has a value of its own there. Throws gc::OutOfMemory.
  void define_builtin(const Symbol* name, Value value);

  /// The standard module of that name, or null.
  const StandardModule* standard_module(std::string_view name) const noexcept;

 private:
  Realm() : Object(ObjectKind::realm) {}
};

static_assert(std::is_trivially_destructible_v<Realm>);

}  // namespace interlox::vm
