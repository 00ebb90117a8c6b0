// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/values.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "vm/print.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread.hpp"

namespace interlox::lua {
namespace {

using vm::Lookup;
using vm::ObjectKind;
using vm::Value;

constexpr char kObjectTag[] = "object";
constexpr char kCacheKey[] = "cache";
constexpr int kMaxKinds = 256;
char metatable_keys[kMaxKinds];  // the addresses are the registry's keys; the bytes are not used

// The userdata of a runtime object. Lua's memory for it is scanned and keeps the object alive.
struct Handle {
  const void* tag;
  vm::Object* object;
};

const void* metatable_key(ObjectKind kind) {
  return &metatable_keys[static_cast<std::size_t>(kind) % kMaxKinds];
}

/// The value as print writes it; or false, and why not.
bool write_text(Value v, std::string& text) {
  vm::Thread& thread = vm::Thread::current();
  std::optional<std::string> found = vm::text_of(thread, v);
  text = found ? std::move(*found) : vm::take_error(thread);
  return found.has_value();
}

int object_to_text(Call& call) {
  vm::Object* const object = to_object(call.state(), 1);
  if (object == nullptr) call.bad_object("runtime object");
  std::string& text = new_text(call.state());
  if (!write_text(Value::object(object), text)) {
    push_text(call.state(), text);
    lua_error(call.state());
  }
  push_text(call.state(), text);
  return 1;
}

/// What all metatables of ours have.
void finish_metatable(lua_State* state) {
  lua_pushcfunction(state, (binding<"tostring", object_to_text>));
  lua_setfield(state, -2, "__tostring");
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
}

void push_number_of_language(lua_State* state, double d) {
  constexpr double kLimit = 9007199254740992.0;  // 2^53
  const bool integral = d >= -kLimit && d <= kLimit && d == std::floor(d) && !(d == 0 && std::signbit(d));
  if (integral) {
    lua_pushinteger(state, static_cast<lua_Integer>(d));
  } else {
    lua_pushnumber(state, d);
  }
}

}  // namespace

void open_values(lua_State* state) {
  lua_createtable(state, 0, 0);
  lua_createtable(state, 0, 1);
  lua_pushliteral(state, "v");
  lua_setfield(state, -2, "__mode");
  lua_setmetatable(state, -2);
  lua_rawsetp(state, LUA_REGISTRYINDEX, kCacheKey);
}

void set_default_metatable(lua_State* state) {
  finish_metatable(state);
  lua_rawsetp(state, LUA_REGISTRYINDEX, kObjectTag);
}

void set_object_metatable(lua_State* state, ObjectKind kind) {
  finish_metatable(state);
  lua_rawsetp(state, LUA_REGISTRYINDEX, metatable_key(kind));
}

void set_methods(lua_State* state, ObjectKind kind, const char* name, const luaL_Reg* methods) {
  lua_createtable(state, 0, 4);
  lua_createtable(state, 0, 4);
  luaL_setfuncs(state, methods, 0);
  lua_setfield(state, -2, "__index");
  lua_pushstring(state, name);
  lua_setfield(state, -2, "__name");
  set_object_metatable(state, kind);
}

void push_object(lua_State* state, vm::Object* object) {
  luaL_checkstack(state, 4, "too many values");
  lua_rawgetp(state, LUA_REGISTRYINDEX, kCacheKey);
  if (lua_rawgetp(state, -1, object) == LUA_TUSERDATA) {
    lua_remove(state, -2);
    return;
  }
  lua_pop(state, 1);
  auto* const handle = static_cast<Handle*>(lua_newuserdatauv(state, sizeof(Handle), 0));
  *handle = {kObjectTag, object};
  if (lua_rawgetp(state, LUA_REGISTRYINDEX, metatable_key(object->kind())) != LUA_TTABLE) {
    lua_pop(state, 1);
    lua_rawgetp(state, LUA_REGISTRYINDEX, kObjectTag);
  }
  lua_setmetatable(state, -2);
  lua_pushvalue(state, -1);
  lua_rawsetp(state, -3, object);
  lua_remove(state, -2);
}

vm::Object* to_object(lua_State* state, int index) noexcept {
  if (lua_type(state, index) != LUA_TUSERDATA || lua_rawlen(state, index) != sizeof(Handle)) return nullptr;
  auto* const handle = static_cast<Handle*>(lua_touserdata(state, index));
  return handle->tag == kObjectTag ? handle->object : nullptr;
}

void push_language_value(lua_State* state, Value v) {
  if (v.is_number()) {
    push_number_of_language(state, v.as_number());
  } else {
    push_value(state, v);
  }
}

bool to_lookup(lua_State* state, int index, Lookup& lookup) noexcept {
  switch (lua_type(state, index)) {
    case LUA_TNIL:
      lookup = Lookup::of_word(Value::nil());
      return true;
    case LUA_TBOOLEAN:
      lookup = Lookup::of_word(Value::boolean(lua_toboolean(state, index) != 0));
      return true;
    case LUA_TNUMBER:
      lookup = lua_isinteger(state, index) != 0 ? Lookup::of_integer(lua_tointeger(state, index))
                                                : Lookup::of_number(lua_tonumber(state, index));
      return true;
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* const text = lua_tolstring(state, index, &length);
      lookup = Lookup::of_text({text, length});
      return true;
    }
    case LUA_TUSERDATA:
      if (vm::Object* const object = to_object(state, index)) {
        lookup = Lookup::of_word(Value::object(object));
        return true;
      }
      return false;
    default:
      return false;
  }
}

Lookup check_key(const Call& call, int argument) {
  Lookup lookup;
  if (lua_isnil(call.state(), call.at(argument)) || !to_lookup(call.state(), call.at(argument), lookup)) {
    call.expected(argument, "key");
  }
  if (lookup.kind == Lookup::Kind::number && std::isnan(lookup.number)) {
    call.bad_argument(argument, "key expected, got nan");
  }
  return lookup;
}

Lookup check_value_lookup(const Call& call, int argument) {
  Lookup lookup;
  if (lua_isnil(call.state(), call.at(argument)) || !to_lookup(call.state(), call.at(argument), lookup)) {
    call.expected(argument, "value");
  }
  return lookup;
}

Value check_value(const Call& call, int argument) {
  const Lookup lookup = check_value_lookup(call, argument);
  return call.with_memory([&] { return vm::make_value(lookup); });
}

Value check_language_value(const Call& call, int argument) {
  Lookup lookup;
  if (!to_lookup(call.state(), call.at(argument), lookup)) call.expected(argument, "value");
  if (lookup.kind != Lookup::Kind::integer) {
    return call.with_memory([&] { return vm::make_value(lookup); });
  }
  const auto number = vm::to_language(lookup.integer);
  if (!number) {
    call.bad_argument(argument,
                      lua_pushfstring(call.state(), "no number of the language equals the integer %I",
                                      static_cast<LUAI_UACINT>(lookup.integer)));
  }
  return *number;
}

}  // namespace interlox::lua
