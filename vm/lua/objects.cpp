// SPDX-License-Identifier: BSD-3-Clause
// A list or map is indexed as in the language; of all else obj.name is what it is there. So a map's keys
// never mix with the names of its methods.
#include "vm/lua/objects.hpp"

#include <cmath>

#include "vm/element.hpp"
#include "vm/list.hpp"
#include "vm/lua/values.hpp"
#include "vm/map.hpp"
#include "vm/properties.hpp"
#include "vm/range.hpp"
#include "vm/runtime_error.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::lua {
namespace {

using vm::List;
using vm::Map;
using vm::Object;
using vm::ObjectKind;
using vm::Value;

Object* object_of(const Call& call) {
  Object* const object = to_object(call.state(), 1);
  if (object == nullptr) call.bad_object("runtime object");
  return object;
}

/// Raises the thread's error, with the position of the script.
[[noreturn]] void raise_pending(const Call& call, std::string& text) {
  text = vm::take_error(vm::Thread::current());
  luaL_where(call.state(), 1);
  push_text(call.state(), text);
  lua_concat(call.state(), 2);
  lua_error(call.state());
  __builtin_unreachable();
}

/// Whether the key, the first argument, is the name of a property.
bool names_property(const Call& call, const Object* object) {
  return lua_type(call.state(), call.at(1)) == LUA_TSTRING && !object->is(ObjectKind::list) &&
         !object->is(ObjectKind::map);
}

int object_index(Call& call) {
  Object* const object = object_of(call);
  std::string& error = new_text(call.state());
  vm::Thread& thread = vm::Thread::current();
  const Value found = names_property(call, object)
                          ? vm::get_property(thread, Value::object(object), vm::intern(call.string(1)))
                          : vm::get_element(thread, Value::object(object), check_language_value(call, 1));
  if (found.is_absent()) raise_pending(call, error);
  push_language_value(call.state(), found);
  return 1;
}

int object_set_index(Call& call) {
  Object* const object = object_of(call);
  std::string& error = new_text(call.state());
  const Value value = check_language_value(call, 2);
  bool done = false;
  if (names_property(call, object)) {
    const std::string_view name = call.string(1);
    done = call.with_memory([=] {
      return vm::set_property(vm::Thread::current(), Value::object(object), vm::intern(name), value);
    });
  } else {
    const Value key = check_language_value(call, 1);
    done = call.with_memory(
        [=] { return vm::set_element(vm::Thread::current(), Value::object(object), key, value); });
  }
  if (!done) raise_pending(call, error);
  return 0;
}

int object_length(Call& call) {
  const Object* const object = object_of(call);
  double length = 0;
  if (object->is(ObjectKind::list)) {
    length = static_cast<const List*>(object)->length();
  } else if (object->is(ObjectKind::map)) {
    length = static_cast<const Map*>(object)->length();
  } else if (object->is(ObjectKind::range)) {
    length = static_cast<const vm::Range*>(object)->length();
  } else {
    call.bad_object("list, map or range");
  }
  push_language_value(call.state(), Value::number(length));
  return 1;
}

// Lua asks only about userdata that are two: ranges are values, and so are strings, which are none.
int object_equal(Call& call) {
  Object* const a = to_object(call.state(), 1);
  Object* const b = to_object(call.state(), 2);
  const bool equal = a != nullptr && b != nullptr && vm::equal(Value::object(a), Value::object(b));
  lua_pushboolean(call.state(), equal ? 1 : 0);
  return 1;
}

int object_call(Call& call) { return call_with_arguments(call, Value::object(object_of(call)), 1); }

int list_next(Call& call) {
  const List* const list = self<List>(call, ObjectKind::list, "list");
  const lua_Integer position = call.integer(1, "position");
  const Value element = position < -1 ? Value::absent() : list->get(static_cast<std::size_t>(position + 1));
  if (element.is_absent()) {
    lua_pushnil(call.state());
    return 1;
  }
  lua_pushinteger(call.state(), position + 1);
  push_language_value(call.state(), element);
  return 2;
}

// A walk over a map, in a userdata: scanned memory, as the cursor needs.
struct Walk {
  Map* map = nullptr;
  alignas(Map::Cursor) unsigned char cursor[sizeof(Map::Cursor)] = {};

  Map::Cursor& at() noexcept { return *std::launder(reinterpret_cast<Map::Cursor*>(cursor)); }
};
constexpr char kWalkTag[] = "walk";
void release_walk(Walk& walk) noexcept { walk = Walk(); }

int map_next(Call& call) {
  Walk* const walk = to_owned<Walk, kWalkTag>(call.state(), 1);
  if (walk == nullptr || walk->map == nullptr) call.expected(1, "map iterator");
  while (walk->at().next()) {
    if (walk->at().key().is_nil()) continue;  // it would end the loop
    push_language_value(call.state(), walk->at().key());
    push_language_value(call.state(), walk->at().value());
    return 2;
  }
  lua_pushnil(call.state());
  return 1;
}

int object_pairs(Call& call) {
  Object* const object = object_of(call);
  if (object->is(ObjectKind::list)) {
    lua_pushcfunction(call.state(), (binding<"next", list_next, 1>));
    push_object(call.state(), object);
    lua_pushinteger(call.state(), -1);
    return 3;
  }
  if (!object->is(ObjectKind::map)) call.bad_object("list or map");
  lua_pushcfunction(call.state(), (binding<"next", map_next>));
  Walk& walk = new_owned<Walk, kWalkTag, release_walk>(call.state());
  walk.map = static_cast<Map*>(object);
  ::new (static_cast<void*>(walk.cursor)) Map::Cursor(*walk.map);
  return 2;
}

/// Runs it; the text of its error, if that is what came of it, goes to memory that Lua owns.
Value run(Value callee, const Value* arguments, int count, std::string& error) {
  vm::Result result = vm::VM::call(callee, arguments, static_cast<std::uint32_t>(count));
  error.swap(result.error);
  return result.status == vm::Status::ok ? result.value : Value::absent();
}

}  // namespace

void raise_text(lua_State* state, std::string& text) {
  push_text(state, text);
  lua_error(state);
  __builtin_unreachable();
}

int call_with_arguments(Call& call, Value callee, int first) {
  lua_State* const state = call.state();
  const int count = call.count() - first + 1;
  // Lua's userdata are scanned: here the arguments are safe while the later ones are made.
  auto* const arguments =
      static_cast<Value*>(lua_newuserdatauv(state, static_cast<std::size_t>(count + 1) * sizeof(Value), 0));
  for (int i = 0; i < count; ++i) arguments[i] = check_language_value(call, i + first);
  std::string& error = new_text(state);
  const Value result = run(callee, arguments, count, error);
  if (result.is_absent()) raise_text(state, error);
  push_language_value(state, result);
  return 1;
}

void open_objects(lua_State* state) {
  constexpr luaL_Reg kMetamethods[] = {
      {"__index", binding<"index", object_index, 1>},
      {"__newindex", binding<"newindex", object_set_index, 1>},
      {"__len", binding<"#", object_length, 1>},
      {"__eq", binding<"eq", object_equal>},
      {"__call", binding<"call", object_call, 1>},
      {"__pairs", binding<"pairs", object_pairs, 1>},
      {nullptr, nullptr},
  };
  lua_createtable(state, 0, 9);
  luaL_setfuncs(state, kMetamethods, 0);
  lua_pushliteral(state, "interlox object");
  lua_setfield(state, -2, "__name");
  set_default_metatable(state);
}

}  // namespace interlox::lua
