// SPDX-License-Identifier: BSD-3-Clause
// What happens inside bindings when memory runs out, at each allocation in turn.
#include "vm/lua/binding.hpp"

#include <cstddef>
#include <lua.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "stdlib/natives.hpp"
#include "tests/support/catch.hpp"
#include "vm/interpreter.hpp"
#include "vm/lua/state.hpp"
#include "vm/thread.hpp"

namespace lua = interlox::lua;
namespace vm = interlox::vm;

namespace {

std::unique_ptr<vm::VM> make_vm() {
  auto machine = std::make_unique<vm::VM>();
  interlox::stdlib::install(*machine);
  return machine;
}

lua::Options options() {
  lua::Options made;
  made.make_vm = make_vm;
  return made;
}

/// Lets a state allocate as it does until `left` allocations were granted; then refuses.
struct Allowance {
  lua_Alloc allocate;
  void* data;
  long left = 0;
  bool limited = false;

  static void* limit(void* self, void* block, std::size_t old_size, std::size_t size) {
    auto& me = *static_cast<Allowance*>(self);
    const bool grows = size > 0 && (block == nullptr || size > old_size);
    if (grows && me.limited && me.left-- <= 0) return nullptr;
    return me.allocate(me.data, block, old_size, size);
  }
};

/// Runs the function on top, which stays, with each allowance from 0 until it succeeds; gives the number
/// of failures. Any error must be Lua's memory error.
long failures(lua_State* state, Allowance& allowance) {
  for (long granted = 0;; ++granted) {
    lua_pushvalue(state, -1);
    allowance.left = granted;
    allowance.limited = true;
    const int status = lua_pcall(state, 0, 0, 0);
    allowance.limited = false;
    if (status == LUA_OK) return granted;
    std::size_t length = 0;
    const char* const text = luaL_tolstring(state, -1, &length);
    const std::string message = text == nullptr ? "" : std::string(text, length);
    lua_pop(state, 2);
    if (message.find("not enough memory") == std::string::npos) {
      FAIL("after " << granted << " allocations: " << message);
    }
  }
}

int throw_error(lua::Call& call) {
  if (call.integer(1) == 1) throw std::runtime_error("thrown in C++");
  if (call.integer(1) == 2) throw std::bad_alloc();
  throw 42;
}

}  // namespace

TEST_CASE("an allocation that fails inside a binding is Lua's memory error, and the state goes on") {
  const vm::ThreadScope scope;
  const lua::State state(std::make_shared<lua::Context>(options(), false));
  lua_State* const l = state.get();
  Allowance allowance{};
  allowance.allocate = lua_getallocf(l, &allowance.data);
  lua_setallocf(l, Allowance::limit, &allowance);
  REQUIRE(luaL_dostring(l, R"(
    trie, symbols, gc = require "interlox.trie", require "interlox.symbols", require "interlox.gc"
    thread, vm = require "interlox.thread", require "interlox.vm"
    vm.run("fun f(a) { return a; }")
    n = 0
    function fresh() n = n + 1 return "key " .. n end
  )") == LUA_OK);
  const char* const bodies[] = {
      "trie.new { hash = 'zero', seed = 1 }",
      "local m = trie.new() m:store(fresh(), fresh()) for k, v in pairs(m) do m:load_many { k, v } end",
      "local m = trie.new() m:swap('k', 'v') m:compare_and_swap('k', 'v', fresh()) m:load_or_store('k', m)",
      "local m = trie.new() m:store(m, 'x') m:dump() m:dot() m:stats() m:check() m:load_and_delete(m)",
      "local _, e = pcall(trie.new, { hash = {} }) if e == 'not enough memory' then error(e, 0) end",
      "symbols.intern(fresh()) symbols.find('x') symbols.stats() tostring(symbols.intern('y'))",
      "local c = thread.channel() c:send { fresh(), { fresh(), { 1.5 } } } local t = c:recv() c:close()",
      "gc.stats() gc.collect()",
      "vm.run('var a = 1;') vm.run('nil();') vm.capture('print 1; print nil < 1;')",
      "vm.set_global(fresh(), fresh()) vm.call('f', 'text') vm.eval('\"a\" + \"b\"') vm.global('f')",
      "local m = vm.new() m:run('var x = 1;')",
      "local t = thread.spawn(function(...) return ... end, { 1, { 'x' } }, 2) local a, b = t:join()",
  };
  for (const char* const body : bodies) {
    INFO(body);
    REQUIRE(luaL_loadstring(l, body) == LUA_OK);
    CHECK(failures(l, allowance) > 0);
    lua_settop(l, 0);
    REQUIRE(luaL_dostring(l, "local m = trie.new() m:store(1, 2) assert(m:load(1) == 2 and m:check())") ==
            LUA_OK);
  }
  lua_setallocf(l, allowance.allocate, allowance.data);
}

TEST_CASE("an exception in a binding becomes a Lua error") {
  const vm::ThreadScope scope;
  const lua::State state(std::make_shared<lua::Context>(options(), false));
  lua_State* const l = state.get();
  lua_pushcfunction(l, (lua::binding<"throw_error", throw_error>));
  lua_setglobal(l, "throw_error");
  CHECK(luaL_dostring(l, R"(
    local function message(n) return select(2, pcall(function() throw_error(n) end)) end
    assert(message(1):find(":2: thrown in C++", 1, true) or error(message(1)))
    assert(message(2) == "not enough memory")
    assert(message(3):find("unknown C++ exception", 1, true))
  )") == LUA_OK);
  if (lua_gettop(l) > 0) FAIL_CHECK(lua_tostring(l, -1));
}

TEST_CASE("a wait that is interrupted is an error, after which all goes on") {
  const vm::ThreadScope scope;
  const lua::State state(std::make_shared<lua::Context>(options(), true));
  lua_State* const l = state.get();
  constexpr const char* kBegin = R"lua(
    thread = require "interlox.thread"
    require "interlox.vm".run "nil;"
    gate, full = thread.channel(), thread.channel(0)
    waiting = thread.spawn(function(channel) return channel:recv() end, gate))lua";
  REQUIRE(luaL_dostring(l, kBegin) == LUA_OK);
  for (const char* const wait : {"waiting:join()", "full:recv()", "full:recv(100)", "full:send(1)"}) {
    CAPTURE(wait);
    CHECK(vm::request_interrupt(vm::Thread::current()));  // the next wait ends before it has begun
    REQUIRE(luaL_loadstring(l, wait) == LUA_OK);
    CHECK(lua_pcall(l, 0, 0, 0) != LUA_OK);
    CHECK(std::string(lua_tostring(l, -1)).find("interrupted") != std::string::npos);
    lua_pop(l, 1);
    CHECK_FALSE(vm::take_interrupt(vm::Thread::current()));
  }
  REQUIRE(luaL_dostring(l, "gate:send(7); return waiting:join()") == LUA_OK);
  CHECK(lua_tointeger(l, -1) == 7);
}
