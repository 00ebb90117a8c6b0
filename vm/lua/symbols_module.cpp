// SPDX-License-Identifier: BSD-3-Clause
// interlox.symbols: the process's symbol table.
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/stats_table.hpp"
#include "vm/lua/values.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::lua {
namespace {

using vm::Symbol;
using vm::SymbolTable;

// A symbol never changes, so the const_cast only satisfies the type of references.
void push_symbol(lua_State* state, const Symbol* symbol) { push_object(state, const_cast<Symbol*>(symbol)); }

int symbols_intern(Call& call) {
  const std::string_view name = call.string(1, "name");
  push_symbol(call.state(), call.with_memory([name] { return SymbolTable::instance().intern(name); }));
  return 1;
}

int symbols_find(Call& call) {
  if (const Symbol* const symbol = SymbolTable::instance().find(call.string(1, "name"))) {
    push_symbol(call.state(), symbol);
  } else {
    lua_pushnil(call.state());
  }
  return 1;
}

int symbols_count(Call& call) {
  lua_pushinteger(call.state(), static_cast<lua_Integer>(SymbolTable::instance().count()));
  return 1;
}

int symbols_stats(Call& call) {
  return push_stats(call.state(), [] { return SymbolTable::instance().stats(); });
}

int symbols_dump(Call& call) {
  return push_text_of(call, [] { return SymbolTable::instance().dump(); });
}
int symbols_dot(Call& call) {
  return push_text_of(call, [] { return SymbolTable::instance().dot(); });
}
int symbols_check(Call& call) {
  return push_check(call, [] { return SymbolTable::instance().check(); });
}

int symbol_index(Call& call) {
  const auto* const symbol = self<Symbol>(call, vm::ObjectKind::symbol, "symbol");
  if (lua_type(call.state(), 2) == LUA_TSTRING && std::string_view(lua_tostring(call.state(), 2)) == "name") {
    lua_pushlstring(call.state(), symbol->bytes, symbol->length);
  } else {
    lua_pushnil(call.state());
  }
  return 1;
}

}  // namespace

void open_symbol_objects(lua_State* state) {
  lua_createtable(state, 0, 4);
  lua_pushcfunction(state, (binding<"index", symbol_index, 1>));
  lua_setfield(state, -2, "__index");
  lua_pushliteral(state, "symbol");
  lua_setfield(state, -2, "__name");
  set_object_metatable(state, vm::ObjectKind::symbol);
}

int open_symbols(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {
      {"intern", binding<"intern", symbols_intern>}, {"find", binding<"find", symbols_find>},
      {"count", binding<"count", symbols_count>},    {"stats", binding<"stats", symbols_stats>},
      {"dump", binding<"dump", symbols_dump>},       {"dot", binding<"dot", symbols_dot>},
      {"check", binding<"check", symbols_check>},    {nullptr, nullptr},
  };
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
