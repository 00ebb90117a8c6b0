// SPDX-License-Identifier: BSD-3-Clause
// Values on their way between Lua and the runtime.
#pragma once

#include <lua.hpp>

#include "vm/interchange.hpp"
#include "vm/lua/binding.hpp"
#include "vm/object.hpp"
#include "vm/value.hpp"

namespace interlox::lua {

/// Makes this state able to hold runtime objects: the cache of their userdata. Raises Lua errors.
void open_values(lua_State* state);

/// Sets the table on top, popped, as the metatable of all userdata of kinds that have none of their own.
void set_default_metatable(lua_State* state);

/// Sets the table on top, popped, as the metatable of all userdata of `kind` in this state.
void set_object_metatable(lua_State* state, vm::ObjectKind kind);

/// Sets, in this state, the metatable of all userdata of `kind`, which has these methods and is called
/// `name`.
void set_methods(lua_State* state, vm::ObjectKind kind, const char* name, const luaL_Reg* methods);

/// Pushes the userdata of a runtime object: the same one as long as Lua holds it, so userdata
/// are equal, also as table keys, when their objects are the same.
void push_object(lua_State* state, vm::Object* object);

/// The runtime object at `index`, or null.
vm::Object* to_object(lua_State* state, int index) noexcept;

/// The method's object, as the T that `kind` says. Raises unless it is one; `what` names it.
template <class T>
T* self(const Call& call, vm::ObjectKind kind, const char* what) {
  vm::Object* const object = to_object(call.state(), 1);
  if (object == nullptr || !object->is(kind)) call.bad_object(what);
  return static_cast<T*>(object);
}

/// Pushes a value of a trie or a channel; a table's copy becomes a fresh table.
void push_value(lua_State* state, vm::Value v);

/// Pushes a value of the language: an integral number within 2^53 becomes an integer.
void push_language_value(lua_State* state, vm::Value v);

/// What is at `index` as something to look up; false for tables, functions, threads,
/// foreign userdata, nothing. nil counts as a value. Raises nothing.
bool to_lookup(lua_State* state, int index, vm::Lookup& lookup) noexcept;

/// An argument that is a key: anything that may cross but nil and NaN.
vm::Lookup check_key(const Call& call, int argument);

/// An argument that may cross and is not nil, as something to compare with.
vm::Lookup check_value_lookup(const Call& call, int argument);

/// The same as a value of the runtime.
vm::Value check_value(const Call& call, int argument);

/// An argument of a channel or a thread: what may cross, or a plain acyclic table of it, which
/// is copied. nil is refused unless `nil_too`.
vm::Value check_copied(const Call& call, int argument, bool nil_too);

/// An argument that goes to the language: anything that may cross, nil too.
vm::Value check_language_value(const Call& call, int argument);

}  // namespace interlox::lua
