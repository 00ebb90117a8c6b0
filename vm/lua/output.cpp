// SPDX-License-Identifier: BSD-3-Clause
// What a script prints. All of it goes through the thread's vm::Output, in order with what the
// language prints there, and is captured or made a comment where that is: print directly;
// io.stdout (and with it io.write) because its stream is one of our own, unbuffered, whose
// write function hands the bytes on. io.stderr's stream flushes that output first. What hands over
// to others (io.flush, io.read, io.popen, os.execute) flushes too, before or after.
#include "vm/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/thread.hpp"

namespace interlox::lua {
namespace {

ssize_t write_to_output(void*, const char* bytes, std::size_t size) noexcept {
  try {
    vm::Thread::current().output().write({bytes, size});
    return static_cast<ssize_t>(size);
  } catch (const std::exception&) {
    errno = ENOMEM;
    return 0;
  }
}

ssize_t write_to_error(void*, const char* bytes, std::size_t size) noexcept {
  try {
    vm::Thread::current().output().flush();
  } catch (const std::exception&) {
    // Out of order is better than not at all.
  }
  ssize_t written = 0;
  do {
    written = ::write(STDERR_FILENO, bytes, size);
  } while (written < 0 && errno == EINTR);
  return written < 0 ? 0 : written;
}

std::FILE* open_stream(cookie_write_function_t* write) {
  std::FILE* const file = fopencookie(nullptr, "w", {nullptr, write, nullptr, nullptr});
  if (file != nullptr) std::setvbuf(file, nullptr, _IONBF, 0);
  return file;
}

int print(Call& call) {
  lua_State* const state = call.state();
  const int count = call.count();
  luaL_Buffer line;
  luaL_buffinit(state, &line);
  for (int i = 1; i <= count; ++i) {
    if (i > 1) luaL_addchar(&line, '\t');
    luaL_tolstring(state, i, nullptr);
    luaL_addvalue(&line);
  }
  luaL_addchar(&line, '\n');
  luaL_pushresult(&line);
  std::size_t length = 0;
  const char* const text = lua_tolstring(state, -1, &length);
  vm::Thread::current().output().write({text, length});
  return 0;
}

// Calls the standard function, which is the upvalue, with the same arguments.
int call_original(lua_State* state) {
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, lua_gettop(state) - 1, LUA_MULTRET);
  return lua_gettop(state);
}

int flush_first(Call& call) {
  vm::Thread::current().output().flush();
  return call_original(call.state());
}

int flush_after(Call& call) {
  const int results = call_original(call.state());
  vm::Thread::current().output().flush();
  return results;
}

// io.stdout:setvbuf would put a buffer before ours, which no other thread and no print knows of.
int set_buffer(Call& call) {
  const auto* const stream = static_cast<luaL_Stream*>(luaL_testudata(call.state(), 1, LUA_FILEHANDLE));
  const State& owner = state_of(call.state());
  const bool is_ours =
      stream != nullptr && (stream->f == owner.standard_output() || stream->f == owner.standard_error());
  if (!is_ours) return call_original(call.state());
  lua_pushboolean(call.state(), 1);
  return 1;
}

int os_exit(Call& call) {
  lua_State* const state = call.state();
  const Context& context = *state_of(state).context();
  if (context.testing()) call.fail("os.exit would end the test run");
  int code = EXIT_SUCCESS;
  if (lua_isboolean(state, 1)) {
    code = lua_toboolean(state, 1) != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  } else if (!call.is_missing(1)) {
    code = static_cast<int>(call.integer(1, "exit code"));
  }
  if (lua_toboolean(state, 2) != 0) lua_close(state);
  end_process(context, code);
}

// Replaces the field `name` of the table on top by `with`, which has the old value as its upvalue.
void wrap(lua_State* state, const char* name, lua_CFunction with) {
  lua_getfield(state, -1, name);
  lua_pushcclosure(state, with, 1);
  lua_setfield(state, -2, name);
}

void set_stream(lua_State* state, const char* name, std::FILE* file) {
  lua_getfield(state, -1, name);
  static_cast<luaL_Stream*>(luaL_checkudata(state, -1, LUA_FILEHANDLE))->f = file;
  lua_pop(state, 1);
}

}  // namespace

std::FILE* open_standard_output() { return open_stream(write_to_output); }
std::FILE* open_standard_error() { return open_stream(write_to_error); }

void open_output(lua_State* state) {
  lua_pushcfunction(state, (binding<"print", print>));
  lua_setglobal(state, "print");

  lua_getglobal(state, LUA_IOLIBNAME);
  set_stream(state, "stdout", state_of(state).standard_output());
  set_stream(state, "stderr", state_of(state).standard_error());
  wrap(state, "flush", binding<"flush", flush_after>);
  wrap(state, "read", binding<"read", flush_first>);
  wrap(state, "popen", binding<"popen", flush_first>);
  lua_pop(state, 1);

  luaL_getmetatable(state, LUA_FILEHANDLE);
  lua_getfield(state, -1, "__index");
  wrap(state, "flush", binding<"flush", flush_after>);
  wrap(state, "setvbuf", binding<"setvbuf", set_buffer>);
  lua_pop(state, 2);

  lua_getglobal(state, LUA_OSLIBNAME);
  wrap(state, "execute", binding<"execute", flush_first>);
  lua_pushcfunction(state, (binding<"exit", os_exit>));
  lua_setfield(state, -2, "exit");
  lua_pop(state, 1);
}

}  // namespace interlox::lua
