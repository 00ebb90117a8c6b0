// SPDX-License-Identifier: BSD-3-Clause
// What a script does with lists, maps, instances, functions and all other objects of a VM that have no module
// here.
#pragma once

#include <lua.hpp>
#include <string>

#include "vm/lua/binding.hpp"
#include "vm/value.hpp"

namespace interlox::lua {

/// Sets the metatable of such objects in this state. Raises Lua errors.
void open_objects(lua_State* state);

/// Calls `callee` with the arguments from number `first` on, and pushes what it gives. Raises its error as it
/// stands.
int call_with_arguments(Call& call, vm::Value callee, int first);

/// Raises the text, which new_text() made, as it stands.
[[noreturn]] void raise_text(lua_State* state, std::string& text);

}  // namespace interlox::lua
