// SPDX-License-Identifier: BSD-3-Clause
// Tables through channels and to threads: copied into the collected heap by the sender, into a
// fresh table by each reader. What a table holds twice is one table twice in the copy as well.
#include <cmath>
#include <limits>

#include "vm/lua/values.hpp"

namespace interlox::lua {
namespace {

using vm::Lookup;
using vm::TableCopy;
using vm::Value;

// Both directions recurse; this keeps them well within any C stack.
constexpr int kMaxDepth = 180;

// A tree of tables on its way out. The copies made so far are in a Lua table, {[table] = copy}, as
// light userdata; what keeps them alive are the copies under construction, which are on the C stack.
class Copier {
 public:
  Copier(const Call& call, int argument) : call_(call), state_(call.state()), argument_(argument) {
    lua_newtable(state_);
    seen_ = lua_gettop(state_);
  }

  // Copies the table at the absolute index `table`.
  TableCopy* copy(int table, int depth) {
    const int top = lua_gettop(state_);
    if (depth > kMaxDepth) call_.bad_argument(argument_, "table is nested too deeply");
    luaL_checkstack(state_, 8, "table is nested too deeply");
    lua_pushvalue(state_, table);
    lua_rawget(state_, seen_);
    if (lua_islightuserdata(state_, -1)) {
      auto* const known = static_cast<TableCopy*>(lua_touserdata(state_, -1));
      lua_settop(state_, top);
      return known;
    }
    if (lua_toboolean(state_, -1) != 0) call_.bad_argument(argument_, "table contains itself");
    if (lua_getmetatable(state_, table) != 0) call_.bad_argument(argument_, "table has a metatable");
    lua_pushvalue(state_, table);
    lua_pushboolean(state_, 1);  // under construction
    lua_rawset(state_, seen_);

    const std::uint32_t count = count_pairs(table);
    TableCopy* const made = call_.with_memory([count] { return TableCopy::make(count); });
    // The allocations below may run finalizers of the script's, which may change the table: so
    // no more pairs than were counted.
    lua_pushnil(state_);
    while (made->count < count && lua_next(state_, table) != 0) {
      const int value = lua_gettop(state_);
      made->pairs[made->count].key = element(value - 1, depth);
      made->pairs[made->count].value = element(value, depth);
      ++made->count;
      lua_settop(state_, value - 1);
    }
    lua_pushvalue(state_, table);
    lua_pushlightuserdata(state_, made);
    lua_rawset(state_, seen_);
    lua_settop(state_, top);
    return made;
  }

 private:
  std::uint32_t count_pairs(int table) {
    std::uint32_t count = 0;
    lua_pushnil(state_);
    while (lua_next(state_, table) != 0) {
      lua_pop(state_, 1);
      if (++count == std::numeric_limits<std::uint32_t>::max()) {
        call_.bad_argument(argument_, "table is too large");
      }
    }
    return count;
  }

  Value element(int index, int depth) {
    if (lua_istable(state_, index)) return Value::object(copy(index, depth + 1));
    Lookup lookup;
    if (!to_lookup(state_, index, lookup)) {
      call_.bad_argument(argument_, lua_pushfstring(state_, "value expected in the table, got %s",
                                                    type_name(state_, index)));
    }
    return call_.with_memory([&lookup] { return vm::make_value(lookup); });
  }

  const Call& call_;
  lua_State* state_;
  int argument_;
  int seen_ = 0;
};

void push_copy(lua_State* state, const TableCopy* copy, int seen, int depth);

void push_element(lua_State* state, Value v, int seen, int depth) {
  if (vm::is_object(v, vm::ObjectKind::table_copy)) {
    push_copy(state, vm::as<TableCopy>(v), seen, depth + 1);
  } else {
    push_value(state, v);
  }
}

// `seen` is the index of {[copy as light userdata] = table}.
void push_copy(lua_State* state, const TableCopy* copy, int seen, int depth) {
  luaL_checkstack(state, 8, "table is nested too deeply");
  if (lua_rawgetp(state, seen, copy) == LUA_TTABLE) return;
  lua_pop(state, 1);
  lua_newtable(state);
  lua_pushvalue(state, -1);
  lua_rawsetp(state, seen, copy);
  for (std::uint32_t i = 0; i < copy->count; ++i) {
    push_element(state, copy->pairs[i].key, seen, depth);
    push_element(state, copy->pairs[i].value, seen, depth);
    lua_rawset(state, -3);
  }
}

}  // namespace

Value check_copied(const Call& call, int argument, bool nil_too) {
  lua_State* const state = call.state();
  const int index = call.at(argument);
  if (lua_istable(state, index)) {
    const int top = lua_gettop(state);
    Value copied;
    {
      Copier copier(call, argument);
      copied = Value::object(copier.copy(index, 1));
    }
    lua_settop(state, top);
    return copied;
  }
  Lookup lookup;
  if ((lua_isnil(state, index) && !nil_too) || !to_lookup(state, index, lookup)) {
    call.expected(argument, "value or plain table");
  }
  return call.with_memory([&lookup] { return vm::make_value(lookup); });
}

void push_value(lua_State* state, Value v) {
  const Lookup l = vm::lookup_of(v);
  switch (l.kind) {
    case Lookup::Kind::number:
      return lua_pushnumber(state, l.number);
    case Lookup::Kind::integer:
      return lua_pushinteger(state, l.integer);
    case Lookup::Kind::text:
      lua_pushlstring(state, l.text.data(), l.text.size());
      return;
    case Lookup::Kind::word:
      break;
  }
  if (v.is_boolean()) {
    lua_pushboolean(state, v.as_boolean() ? 1 : 0);
  } else if (vm::is_object(v, vm::ObjectKind::table_copy)) {
    lua_newtable(state);
    const int seen = lua_gettop(state);
    push_copy(state, vm::as<TableCopy>(v), seen, 1);
    lua_remove(state, seen);
  } else if (v.is_object()) {
    push_object(state, v.as_object());
  } else {
    lua_pushnil(state);
  }
}

}  // namespace interlox::lua
