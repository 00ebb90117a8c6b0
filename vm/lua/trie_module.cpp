// SPDX-License-Identifier: BSD-3-Clause
// interlox.trie: the concurrent hash-trie map.
#include <optional>
#include <span>
#include <string>

#include "vm/concurrent_map.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/stats_table.hpp"
#include "vm/lua/values.hpp"

namespace interlox::lua {
namespace {

using vm::ConcurrentMap;
using vm::Hashing;
using vm::Lookup;
using vm::Value;

ConcurrentMap& map_of(const Call& call) {
  return *self<ConcurrentMap>(call, vm::ObjectKind::concurrent_map, "map");
}

void push_or_nil(lua_State* state, const std::optional<Value>& v) {
  if (v) {
    push_value(state, *v);
  } else {
    lua_pushnil(state);
  }
}

int push_boolean(lua_State* state, bool b) {
  lua_pushboolean(state, b ? 1 : 0);
  return 1;
}

// The fields of trie.new's options, each checked.
Hashing check_hashing(const Call& call, int index) {
  const std::string_view name =
      lua_type(call.state(), index) == LUA_TSTRING ? lua_tostring(call.state(), index) : "";
  if (name == "default") return Hashing::standard;
  if (name == "zero") return Hashing::zero;
  if (name == "truncated") return Hashing::truncated;
  call.bad_argument(
      1,
      lua_pushfstring(call.state(), "field 'hash': \"default\", \"zero\" or \"truncated\" expected, got %s",
                      luaL_tolstring(call.state(), index, nullptr)));
}

std::uint64_t check_seed(const Call& call, int index) {
  int is_integer = 0;
  const lua_Integer seed = lua_tointegerx(call.state(), index, &is_integer);
  if (lua_type(call.state(), index) != LUA_TNUMBER || is_integer == 0) {
    call.bad_argument(1, lua_pushfstring(call.state(), "field 'seed': integer expected, got %s",
                                         luaL_tolstring(call.state(), index, nullptr)));
  }
  return static_cast<std::uint64_t>(seed);
}

int trie_new(Call& call) {
  lua_State* const state = call.state();
  Hashing hashing = Hashing::standard;
  std::optional<std::uint64_t> seed;
  if (!call.is_missing(1)) {
    if (!lua_istable(state, call.at(1))) call.expected(1, "table");
    lua_pushnil(state);
    while (lua_next(state, call.at(1)) != 0) {
      const std::string_view field = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "";
      const int value = lua_gettop(state);
      if (field == "hash") {
        hashing = check_hashing(call, value);
      } else if (field == "seed") {
        seed = check_seed(call, value);
      } else {
        call.bad_argument(1, lua_pushfstring(state, "'hash' or 'seed' expected, got field '%s'",
                                             luaL_tolstring(state, value - 1, nullptr)));
      }
      lua_settop(state, value - 1);
    }
  }
  push_object(state, call.with_memory([=] { return ConcurrentMap::make(hashing, seed); }));
  return 1;
}

int map_load(Call& call) {
  ConcurrentMap& map = map_of(call);
  push_or_nil(call.state(), map.map.load(check_key(call, 1)));
  return 1;
}

// The key at the top of Lua's stack, which is `index` of the table that is the first argument.
Lookup check_key_of_many(const Call& call, lua_Integer index) {
  lua_State* const state = call.state();
  const bool is_nan =
      lua_type(state, -1) == LUA_TNUMBER && lua_tonumber(state, -1) != lua_tonumber(state, -1);
  Lookup key;
  if (is_nan || lua_isnil(state, -1) || !to_lookup(state, -1, key)) {
    const char* const got = is_nan ? "nan" : type_name(state, -1);
    call.bad_argument(
        1, lua_pushfstring(state, "key expected at index %I, got %s", static_cast<LUAI_UACINT>(index), got));
  }
  return key;
}

// Keys are looked up by as many as the map takes side by side. Their texts stay where they are while the
// table holds them.
int map_load_many(Call& call) {
  constexpr lua_Integer kBatch = 16;
  ConcurrentMap& map = map_of(call);
  lua_State* const state = call.state();
  const int keys = call.at(1);
  if (!lua_istable(state, keys)) call.expected(1, "table of keys");
  const auto count = static_cast<lua_Integer>(lua_rawlen(state, keys));
  lua_createtable(state, static_cast<int>(std::min<lua_Integer>(count, 1 << 20)), 0);
  lua_createtable(state, static_cast<int>(std::min<lua_Integer>(count, 1 << 20)), 0);
  const int present = lua_gettop(state);
  for (lua_Integer first = 1; first <= count; first += kBatch) {
    const lua_Integer size = std::min(kBatch, count - first + 1);
    Lookup batch[kBatch];
    std::optional<Value> found[kBatch];
    for (lua_Integer i = 0; i < size; ++i) {
      lua_rawgeti(state, keys, first + i);
      batch[i] = check_key_of_many(call, first + i);
      lua_settop(state, present);
    }
    const auto length = static_cast<std::size_t>(size);
    map.map.load_many(std::span<const Lookup>(batch, length), std::span(found, length));
    for (lua_Integer i = 0; i < size; ++i) {
      if (found[i]) {
        push_value(state, *found[i]);
      } else {
        lua_pushboolean(state, 0);
      }
      lua_rawseti(state, present - 1, first + i);
      lua_pushboolean(state, found[i] ? 1 : 0);
      lua_rawseti(state, present, first + i);
    }
  }
  return 2;
}

int map_load_or_store(Call& call) {
  ConcurrentMap& map = map_of(call);
  const Lookup key = check_key(call, 1);
  const Value value = check_value(call, 2);
  const auto result = call.with_memory([&] { return map.map.load_or_store(key, value); });
  push_value(call.state(), result.value);
  lua_pushboolean(call.state(), result.loaded ? 1 : 0);
  return 2;
}

int map_store(Call& call) {
  ConcurrentMap& map = map_of(call);
  const Lookup key = check_key(call, 1);
  const Value value = check_value(call, 2);
  call.with_memory([&] { map.map.store(key, value); });
  return 0;
}

int map_swap(Call& call) {
  ConcurrentMap& map = map_of(call);
  const Lookup key = check_key(call, 1);
  const Value value = check_value(call, 2);
  const auto previous = call.with_memory([&] { return map.map.swap(key, value); });
  push_or_nil(call.state(), previous);
  lua_pushboolean(call.state(), previous ? 1 : 0);
  return 2;
}

int map_compare_and_swap(Call& call) {
  ConcurrentMap& map = map_of(call);
  const Lookup key = check_key(call, 1);
  const Value old = check_value(call, 2);
  const Value value = check_value(call, 3);
  return push_boolean(call.state(),
                      call.with_memory([&] { return map.map.compare_and_swap(key, old, value); }));
}

int map_compare_and_delete(Call& call) {
  ConcurrentMap& map = map_of(call);
  const Lookup key = check_key(call, 1);
  const Value old = check_value(call, 2);
  return push_boolean(call.state(), map.map.compare_and_delete(key, old));
}

int map_load_and_delete(Call& call) {
  ConcurrentMap& map = map_of(call);
  const auto value = map.map.load_and_delete(check_key(call, 1));
  push_or_nil(call.state(), value);
  lua_pushboolean(call.state(), value ? 1 : 0);
  return 2;
}

int map_delete(Call& call) {
  ConcurrentMap& map = map_of(call);
  return push_boolean(call.state(), map.map.erase(check_key(call, 1)));
}

int map_clear(Call& call) {
  ConcurrentMap& map = map_of(call);
  call.with_memory([&] { map.map.clear(); });
  return 0;
}

int map_count(Call& call) {
  lua_pushinteger(call.state(), static_cast<lua_Integer>(map_of(call).map.count()));
  return 1;
}

// The state of an iteration, in a userdata: scanned memory, as the cursor needs.
struct Cursor {
  ConcurrentMap* map = nullptr;
  std::optional<ConcurrentMap::Map::Iterator> at;
};
constexpr char kCursorTag[] = "cursor";
void release_cursor(Cursor& cursor) noexcept { cursor = Cursor(); }

int map_next(Call& call) {
  Cursor* const cursor = to_owned<Cursor, kCursorTag>(call.state(), 1);
  if (cursor == nullptr) call.expected(1, "map iterator");
  if (cursor->at) {
    if (const auto item = cursor->at->next()) {
      push_value(call.state(), item->key);
      push_value(call.state(), item->value);
      return 2;
    }
    release_cursor(*cursor);
  }
  lua_pushnil(call.state());
  return 1;
}

int map_pairs(Call& call) {
  ConcurrentMap& map = map_of(call);
  lua_pushcfunction(call.state(), (binding<"next", map_next>));
  auto& cursor = new_owned<Cursor, kCursorTag, release_cursor>(call.state());
  cursor.map = &map;
  cursor.at.emplace(map.map.iterate());
  return 2;
}

int map_stats(Call& call) {
  ConcurrentMap& map = map_of(call);
  return push_stats(call.state(), [&] { return map.map.stats(); });
}

int map_dump(Call& call) {
  const ConcurrentMap& map = map_of(call);
  return push_text_of(call, [&map] { return map.dump(); });
}

int map_dot(Call& call) {
  const ConcurrentMap& map = map_of(call);
  return push_text_of(call, [&map] { return map.dot(); });
}

int map_check(Call& call) {
  const ConcurrentMap& map = map_of(call);
  return push_check(call, [&map] { return map.check(); });
}

constexpr luaL_Reg kMethods[] = {
    {"load", binding<"load", map_load, 1>},
    {"load_many", binding<"load_many", map_load_many, 1>},
    {"load_or_store", binding<"load_or_store", map_load_or_store, 1>},
    {"store", binding<"store", map_store, 1>},
    {"swap", binding<"swap", map_swap, 1>},
    {"compare_and_swap", binding<"compare_and_swap", map_compare_and_swap, 1>},
    {"compare_and_delete", binding<"compare_and_delete", map_compare_and_delete, 1>},
    {"load_and_delete", binding<"load_and_delete", map_load_and_delete, 1>},
    {"delete", binding<"delete", map_delete, 1>},
    {"clear", binding<"clear", map_clear, 1>},
    {"pairs", binding<"pairs", map_pairs, 1>},
    {"count", binding<"count", map_count, 1>},
    {"stats", binding<"stats", map_stats, 1>},
    {"dump", binding<"dump", map_dump, 1>},
    {"dot", binding<"dot", map_dot, 1>},
    {"check", binding<"check", map_check, 1>},
    {nullptr, nullptr},
};

}  // namespace

void open_maps(lua_State* state) {
  lua_createtable(state, 0, 6);
  luaL_newlib(state, kMethods);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, (binding<"#", map_count, 1>));
  lua_setfield(state, -2, "__len");
  lua_pushcfunction(state, (binding<"pairs", map_pairs, 1>));
  lua_setfield(state, -2, "__pairs");
  lua_pushliteral(state, "map");
  lua_setfield(state, -2, "__name");
  set_object_metatable(state, vm::ObjectKind::concurrent_map);
}

int open_trie(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {{"new", binding<"new", trie_new>}, {nullptr, nullptr}};
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
