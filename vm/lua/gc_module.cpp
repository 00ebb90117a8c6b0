// SPDX-License-Identifier: BSD-3-Clause
// interlox.gc: collections and figures, weak references, cleanups.
#include <chrono>
#include <string>
#include <system_error>

#include "vm/cleanup.hpp"
#include "vm/collecting.hpp"
#include "vm/heap_snapshot.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/values.hpp"
#include "vm/weak_ref.hpp"

namespace interlox::lua {
namespace {

using vm::Cleanup;
using vm::Value;
using vm::WeakRef;

int gc_collect(Call& call) {
  lua_Integer times = 1;
  if (!call.is_missing(1)) times = call.integer(1, "count");
  if (times < 0) call.bad_argument(1, "count must not be negative");
  const auto deadline = std::chrono::steady_clock::now() + vm::kCleanupPatience;
  for (lua_Integer i = 0; i < times; ++i) {
    // What Lua has dropped keeps its runtime objects until Lua has collected it.
    lua_gc(call.state(), LUA_GCCOLLECT);
    vm::collect_and_tidy(deadline);
  }
  return 0;
}

int gc_stats(Call& call) {
  lua_State* const state = call.state();
  lua_createtable(state, 0, 12);
  for (const vm::Figure& figure : vm::collector_figures()) {
    lua_pushinteger(state, static_cast<lua_Integer>(figure.value));
    lua_setfield(state, -2, figure.name);
  }
  return 1;
}

int gc_snapshot(Call& call) {
  const std::string_view path = call.string(1, "path");
  if (path.find('\0') != std::string_view::npos) call.bad_argument(1, "path without NUL expected");
  std::string& reason = new_text(call.state());
  const int error = call.with_memory([path] { return vm::write_heap_snapshot(path.data()); });
  if (error == 0) return 0;
  reason = std::generic_category().message(error);
  push_text(call.state(), reason);
  call.fail("cannot write '%s': %s", path.data(), lua_tostring(call.state(), -1));
}

// An argument that weak references and cleanups are about.
vm::Object* check_target(const Call& call, int argument) {
  vm::Object* const object = to_object(call.state(), call.at(argument));
  if (object == nullptr) call.expected(argument, "symbol, handle, map, channel or VM object");
  return object;
}

int gc_weak(Call& call) {
  vm::Object* const target = check_target(call, 1);
  push_object(call.state(), call.with_memory([target] { return WeakRef::make(target); }));
  return 1;
}

int weak_get(Call& call) {
  vm::Object* const target = self<WeakRef>(call, vm::ObjectKind::weak_ref, "weakref")->get();
  if (target == nullptr) {
    lua_pushnil(call.state());
  } else {
    push_object(call.state(), target);
  }
  return 1;
}

int gc_cleanup(Call& call) {
  vm::Object* const target = check_target(call, 1);
  vm::Object* const channel = to_object(call.state(), call.at(2));
  if (channel == nullptr || !channel->is(vm::ObjectKind::channel)) call.expected(2, "channel");
  if (channel == target) call.bad_argument(2, "the channel must not be the object itself");
  if (lua_rawequal(call.state(), call.at(1), call.at(3)) != 0) {
    call.bad_argument(3, "the value must not be the object itself");
  }
  const Value value = check_copied(call, 3, false);
  push_object(call.state(), call.with_memory([target, channel, value] {
    return Cleanup::add(target, Value::object(channel), value);
  }));
  return 1;
}

int cleanup_stop(Call& call) {
  lua_pushboolean(call.state(), self<Cleanup>(call, vm::ObjectKind::cleanup, "cleanup")->stop() ? 1 : 0);
  return 1;
}

}  // namespace

void open_gc_objects(lua_State* state) {
  constexpr luaL_Reg kWeakRefMethods[] = {{"get", binding<"get", weak_get, 1>}, {nullptr, nullptr}};
  constexpr luaL_Reg kCleanupMethods[] = {{"stop", binding<"stop", cleanup_stop, 1>}, {nullptr, nullptr}};
  set_methods(state, vm::ObjectKind::weak_ref, "weakref", kWeakRefMethods);
  set_methods(state, vm::ObjectKind::cleanup, "cleanup", kCleanupMethods);
}

int open_gc(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {
      {"collect", binding<"collect", gc_collect>},    {"stats", binding<"stats", gc_stats>},
      {"snapshot", binding<"snapshot", gc_snapshot>}, {"weak", binding<"weak", gc_weak>},
      {"cleanup", binding<"cleanup", gc_cleanup>},    {nullptr, nullptr},
  };
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
