// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/recording_arguments.hpp"

#include <cstring>
#include <string_view>

namespace interlox::lua {

std::size_t bytes_option(const Call& call, std::size_t preset, std::size_t least) {
  lua_State* const state = call.state();
  if (call.is_missing(1)) return preset;
  if (!lua_istable(state, call.at(1))) call.expected(1, "table of options");
  auto bytes = static_cast<lua_Integer>(preset);
  lua_pushnil(state);
  while (lua_next(state, call.at(1)) != 0) {
    const char* const name = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : nullptr;
    if (name == nullptr || std::strcmp(name, "bytes") != 0)
      call.bad_argument(1, "the only option is 'bytes'");
    int is_integer = 0;
    bytes = lua_tointegerx(state, -1, &is_integer);
    if (lua_type(state, -1) != LUA_TNUMBER || is_integer == 0 || bytes < static_cast<lua_Integer>(least)) {
      lua_pushfstring(state, "'bytes' must be an integer, at least %I", static_cast<LUAI_UACINT>(least));
      call.bad_argument(1, lua_tostring(state, -1));
    }
    lua_pop(state, 1);
  }
  return static_cast<std::size_t>(bytes);
}

const char* path_argument(const Call& call, int index) {
  const std::string_view name = call.string(index, "path");
  if (std::strlen(name.data()) != name.size()) call.bad_argument(index, "a path has no zero byte");
  return name.data();
}

}  // namespace interlox::lua
