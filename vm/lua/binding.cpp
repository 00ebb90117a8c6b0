// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/binding.hpp"

#include <cstdarg>
#include <cstdio>

#include "vm/interpreter.hpp"
#include "vm/thread.hpp"

namespace interlox::lua {
namespace {

constexpr char kTextTag[] = "text";

void release_text(std::string& text) noexcept {
  // An empty string owns no memory.
  std::string().swap(text);
}

}  // namespace

void Call::bad_argument(int argument, const char* message) const {
  if (role_ == Role::result) fail("bad result #%d of '%s' (%s)", argument, function_, message);
  fail("bad argument #%d to '%s' (%s)", argument, function_, message);
}

void Call::expected(int argument, const char* expected) const {
  const char* const got = type_name(state_, at(argument));
  bad_argument(argument, lua_pushfstring(state_, "%s expected, got %s", expected, got));
}

void Call::bad_object(const char* expected) const {
  fail("calling '%s' on bad self (%s expected, got %s)", function_, expected, type_name(state_, 1));
}

void Call::fail(const char* format, ...) const {
  luaL_where(state_, 1);
  std::va_list arguments;
  va_start(arguments, format);
  lua_pushvfstring(state_, format, arguments);
  va_end(arguments);
  lua_concat(state_, 2);
  lua_error(state_);
  __builtin_unreachable();
}

void Call::interrupted() const {
  vm::take_interrupt(vm::Thread::current());
  fail("interrupted");
}

std::string_view Call::string(int argument, const char* what) const {
  if (lua_type(state_, at(argument)) != LUA_TSTRING) expected(argument, what);
  std::size_t length = 0;
  const char* const text = lua_tolstring(state_, at(argument), &length);
  return {text, length};
}

lua_Integer Call::integer(int argument, const char* what) const {
  if (lua_type(state_, at(argument)) != LUA_TNUMBER) expected(argument, what);
  int is_integer = 0;
  const lua_Integer value = lua_tointegerx(state_, at(argument), &is_integer);
  if (is_integer == 0) bad_argument(argument, "number has no integer representation");
  return value;
}

double Call::number(int argument, const char* what) const {
  if (lua_type(state_, at(argument)) != LUA_TNUMBER) expected(argument, what);
  return lua_tonumber(state_, at(argument));
}

void Failure::capture() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
  } catch (const std::exception& error) {
    std::snprintf(text_, sizeof text_, "%s", error.what());
  } catch (...) {
    std::snprintf(text_, sizeof text_, "unknown C++ exception");
  }
}

void Failure::raise(lua_State* state) const {
  if (out_of_memory_) {
    // The very text of Lua's own memory errors, which it keeps at hand, and no position, whose
    // making would take memory.
    lua_pushliteral(state, "not enough memory");
    lua_error(state);
  }
  luaL_error(state, "%s", text_);
  __builtin_unreachable();
}

std::string& new_text(lua_State* state) { return new_owned<std::string, kTextTag, release_text>(state); }

void push_text(lua_State* state, std::string& text) {
  lua_pushlstring(state, text.data(), text.size());
  release_text(text);
}

const char* type_name(lua_State* state, int index) {
  if (luaL_getmetafield(state, index, "__name") == LUA_TSTRING) {
    return lua_tostring(state, -1);  // stays on the stack, so that it stays valid
  }
  if (lua_type(state, index) == LUA_TLIGHTUSERDATA) return "light userdata";
  return luaL_typename(state, index);
}

}  // namespace interlox::lua
