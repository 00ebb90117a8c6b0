// SPDX-License-Identifier: BSD-3-Clause
// interlox.gc: collections and figures.
#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"

namespace interlox::lua {
namespace {

int gc_collect(Call& call) {
  lua_Integer times = 1;
  if (!call.is_missing(1)) times = call.integer(1, "count");
  if (times < 0) call.bad_argument(1, "count must not be negative");
  for (lua_Integer i = 0; i < times; ++i) {
    // What Lua has dropped keeps its runtime objects until Lua has collected it.
    lua_gc(call.state(), LUA_GCCOLLECT);
    gc::clear_stack();
    gc::collect();
  }
  return 0;
}

int gc_stats(Call& call) {
  lua_State* const state = call.state();
  const gc::Stats stats = gc::stats();
  struct Field {
    const char* name;
    std::uint64_t value;
    bool only_when_counting;
  };
  const Field fields[] = {
      {"collections", stats.collections, false},
      {"heap_bytes", stats.heap_bytes, false},
      {"used_bytes", stats.used_bytes, false},
      {"allocated_bytes", stats.allocated_bytes, false},
      {"pause_ns_last", stats.pause_ns_last, false},
      {"pause_ns_max", stats.pause_ns_max, false},
      {"pause_ns_total", stats.pause_ns_total, false},
      {"weak_cleared", stats.weak_cleared, false},
      {"cleanups_run", 0, false},  // no script can ask for one: none runs
      {"nodes_allocated", stats.nodes_allocated, true},
      {"nodes_retired", stats.nodes_retired, true},
      {"nodes_reclaimed", stats.nodes_reclaimed, true},
  };
  lua_createtable(state, 0, 12);
  for (const Field& field : fields) {
    if (field.only_when_counting && !gc::options().count_nodes) continue;
    lua_pushinteger(state, static_cast<lua_Integer>(field.value));
    lua_setfield(state, -2, field.name);
  }
  return 1;
}

}  // namespace

int open_gc(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {
      {"collect", binding<"collect", gc_collect>},
      {"stats", binding<"stats", gc_stats>},
      {nullptr, nullptr},
  };
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
