// SPDX-License-Identifier: BSD-3-Clause
// interlox.unique: canonical handles.
#include <cmath>

#include "vm/list.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/stats_table.hpp"
#include "vm/lua/values.hpp"
#include "vm/unique_content.hpp"
#include "vm/unique_table.hpp"

namespace interlox::lua {
namespace {

using vm::Lookup;
using vm::Tuple;
using vm::Unique;
using vm::UniqueTable;
using vm::Value;

constexpr const char* kExpected =
    "boolean, number, string, nil, symbol, handle or array of such expected, got %s";

// Makes contents of what scripts pass. Like every body of a binding, it holds nothing that has a destructor;
// a tuple that is being filled is on the C stack.
class Contents {
 public:
  explicit Contents(const Call& call) : call_(call), state_(call.state()) {}

  // The content that the value at `index` stands for; a string's is Lua's own, and a table's a new tuple.
  Lookup at(int index, int depth) const {
    Lookup content;
    if (lua_istable(state_, index)) return Lookup::of_word(Value::object(tuple(index, depth)));
    if (!to_lookup(state_, index, content)) refuse(index);
    if (vm::is_object(content.word, vm::ObjectKind::list)) return of_list(content.word);
    if (UniqueTable::can_hold(content)) return content;
    if (content.kind == Lookup::Kind::number) call_.bad_argument(1, "value expected, got nan");
    refuse(index);
  }

 private:
  [[noreturn]] void refuse(int index) const {
    call_.bad_argument(1, lua_pushfstring(state_, kExpected, type_name(state_, index)));
  }

  Lookup of_list(Value list) const {
    const Value content = call_.with_memory([list] {
      Value culprit;
      return vm::to_content(list, culprit);
    });
    if (content.is_absent()) call_.bad_argument(1, "a list of values that a handle can't hold");
    return Lookup::of_word(content);
  }

  // How many elements an array has: `n` of them if it says so, else as many as it has keys.
  std::uint32_t count_elements(int table, bool& has_n) const {
    if (lua_getmetatable(state_, table) != 0) call_.bad_argument(1, "table has a metatable");
    lua_pushliteral(state_, "n");
    has_n = lua_rawget(state_, table) != LUA_TNIL;
    lua_Integer count = static_cast<lua_Integer>(lua_rawlen(state_, table));
    if (has_n) {
      int is_integer = 0;
      count = lua_tointegerx(state_, -1, &is_integer);
      if (is_integer == 0 || lua_type(state_, -1) != LUA_TNUMBER || count < 0) {
        call_.bad_argument(1, "field 'n' must be a non-negative integer");
      }
    }
    lua_pop(state_, 1);
    constexpr lua_Integer kMost = 1 << 27;
    if (count > kMost) call_.bad_argument(1, "array is too large");
    return static_cast<std::uint32_t>(count);
  }

  // Every key is a position, or `n`; without `n`, every position is a key.
  void check_keys(int table, std::uint32_t count, bool has_n) const {
    std::uint32_t positions = 0;
    lua_pushnil(state_);
    while (lua_next(state_, table) != 0) {
      lua_pop(state_, 1);
      if (lua_isinteger(state_, -1) != 0) {
        const lua_Integer key = lua_tointeger(state_, -1);
        if (key >= 1 && key <= static_cast<lua_Integer>(count)) {
          ++positions;
          continue;
        }
        call_.bad_argument(
            1, lua_pushfstring(state_,
                               has_n ? "array has an element behind its 'n', at %I"
                                     : "array with holes: a nil inside needs a field 'n' (key %I)",
                               static_cast<LUAI_UACINT>(key)));
      }
      lua_pushvalue(state_, -1);
      if (!has_n || lua_type(state_, -1) != LUA_TSTRING ||
          std::string_view(lua_tostring(state_, -1)) != "n") {
        call_.bad_argument(1, lua_pushfstring(state_, "array expected, got a table with the key '%s'",
                                              luaL_tolstring(state_, -1, nullptr)));
      }
      lua_pop(state_, 1);
    }
    if (!has_n && positions != count) {
      call_.bad_argument(1, "array with holes: a nil inside needs a field 'n'");
    }
  }

  Tuple* tuple(int table, int depth) const {
    if (depth > Tuple::kMaxDepth) call_.bad_argument(1, "array contains itself, or is nested too deeply");
    luaL_checkstack(state_, 8, "array is nested too deeply");
    bool has_n = false;
    const std::uint32_t count = count_elements(table, has_n);
    check_keys(table, count, has_n);
    Tuple* const made = call_.with_memory([count] { return Tuple::make(count); });
    for (std::uint32_t i = 0; i < count; ++i) {
      lua_rawgeti(state_, table, static_cast<lua_Integer>(i) + 1);
      const Lookup element = at(lua_gettop(state_), depth + 1);
      made->elements[i] = call_.with_memory([&element] { return vm::make_value(element); });
      lua_pop(state_, 1);
    }
    return made;
  }

  const Call& call_;
  lua_State* state_;
};

Lookup check_content(const Call& call) {
  if (lua_isnone(call.state(), call.at(1))) call.expected(1, "value");
  return Contents(call).at(call.at(1), 1);
}

int unique_make(Call& call) {
  const Lookup content = check_content(call);
  push_object(call.state(), call.with_memory([&content] { return UniqueTable::instance().make(content); }));
  return 1;
}

int unique_find(Call& call) {
  if (Unique* const handle = UniqueTable::instance().find(check_content(call))) {
    push_object(call.state(), handle);
  } else {
    lua_pushnil(call.state());
  }
  return 1;
}

int unique_count(Call& call) {
  lua_pushinteger(call.state(), static_cast<lua_Integer>(UniqueTable::instance().count()));
  return 1;
}

int unique_stats(Call& call) {
  return push_stats(call.state(), [] { return UniqueTable::instance().stats(); });
}

int unique_dump(Call& call) {
  return push_text_of(call, [] { return UniqueTable::instance().dump(); });
}
int unique_dot(Call& call) {
  return push_text_of(call, [] { return UniqueTable::instance().dot(); });
}
int unique_check(Call& call) {
  return push_check(call, [] { return UniqueTable::instance().check(); });
}

void push_content(lua_State* state, Value content) {
  if (!vm::is_object(content, vm::ObjectKind::tuple)) return push_value(state, content);
  const Tuple& tuple = *vm::as<Tuple>(content);
  luaL_checkstack(state, 4, "array is nested too deeply");
  lua_createtable(state, static_cast<int>(tuple.count), 0);
  bool has_nil = false;
  for (std::uint32_t i = 0; i < tuple.count; ++i) {
    has_nil = has_nil || tuple.elements[i].is_nil();
    push_content(state, tuple.elements[i]);
    lua_rawseti(state, -2, static_cast<lua_Integer>(i) + 1);
  }
  if (!has_nil) return;
  lua_pushinteger(state, static_cast<lua_Integer>(tuple.count));
  lua_setfield(state, -2, "n");
}

int handle_value(Call& call) {
  const Unique& handle = *self<Unique>(call, vm::ObjectKind::unique, "unique");
  if (handle.is_text()) {
    lua_pushlstring(call.state(), handle.text().data(), handle.text().size());
  } else {
    push_content(call.state(), handle.word());
  }
  return 1;
}

}  // namespace

void open_unique_objects(lua_State* state) {
  constexpr luaL_Reg kMethods[] = {{"value", binding<"value", handle_value, 1>}, {nullptr, nullptr}};
  set_methods(state, vm::ObjectKind::unique, "unique", kMethods);
}

int open_unique(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {
      {"make", binding<"make", unique_make>},    {"find", binding<"find", unique_find>},
      {"count", binding<"count", unique_count>}, {"stats", binding<"stats", unique_stats>},
      {"dump", binding<"dump", unique_dump>},    {"dot", binding<"dot", unique_dot>},
      {"check", binding<"check", unique_check>}, {nullptr, nullptr},
  };
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
