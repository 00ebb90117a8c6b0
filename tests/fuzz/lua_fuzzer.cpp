// SPDX-License-Identifier: BSD-3-Clause
// Bytes as calls from Lua: which function or method of the modules, of which object, with which arguments,
// odd ones among them. Each call gives results or raises an error with a text; maps pass their own check
// afterwards; nothing crashes. What calls give is what later ones are made with.
#include <lua.hpp>
#include <string>

#include "tests/fuzz/machine.hpp"
#include "tests/fuzz/target.hpp"
#include "vm/lua/runtime.hpp"
#include "vm/lua/state.hpp"

using namespace interlox;

namespace {

constexpr const char* kPlayer = R"lua(
local data = ...
local position = 1
local byte_of = string.byte  -- a call may well have changed what strings have
local function byte()
  local b = byte_of(data, position) or 0
  position = position + 1
  return b
end

local trie, symbols, unique = require "interlox.trie", require "interlox.symbols", require "interlox.unique"
local gc, thread, vm = require "interlox.gc", require "interlox.thread", require "interlox.vm"

local deep = {}
for _ = 1, 200 do deep = {deep} end
local round = {}
round[1] = round
-- Values that calls are made with: the odd ones, and then what calls have given.
local pool = table.pack(
  nil, false, true, 0, 1, -1, 3, 2.5, -0.0, 0 / 0, 1 / 0, math.maxinteger, math.mininteger, 2 ^ 53, (1 << 53) + 1,
  "", "a", "b", "name", "\0\xff", ("x"):rep(1000), {}, {1, 2, "a"}, {n = 3}, {a = 1}, deep, round,
  {hash = "zero", seed = 1}, {hash = "truncated"}, {hash = 1}, function() end, function(...) return ... end,
  function() error("wrong") end, print, coroutine.create(print), io.stdout, setmetatable({}, {__index = function() error("none") end}),
  "class A { init(x) { this.x = x; } get { return this.x; } m(a) { return a; } } var a = A(1);",
  "[1, 2, 3]", "[1: 2, \"k\": nil]", "fun (x) { return x + 1; }", "1..4", "throw 1", "print 1;", "var", "A(3)")
local kMost = 100

local function bounded(f, argument, most)
  return function(...)
    local all = table.pack(...)
    local n = all[argument]
    if math.type(n) and n > most then all[argument] = most end
    return f(table.unpack(all, 1, all.n))
  end
end
-- A cleanup that waits for ever to send keeps all later ones waiting, and each collection waits a second for
-- them: so no channel stays open.
local channels <close> = setmetatable({}, {__close = function(all)
  for _, channel in ipairs(all) do pcall(channel.close, channel) end
end})
local function channel(...)
  local made = thread.channel(...)
  channels[#channels + 1] = made
  return made
end
-- A collection takes as long as some hundred calls: one an input.
local collected = false
local function collect(...)
  if collected or byte() <= 250 then return false end
  collected = true
  return gc.collect(...)
end
local functions = {
  trie.new, trie.new, symbols.intern, symbols.find, symbols.count, symbols.stats, unique.make, unique.find,
  unique.count, unique.stats, bounded(collect, 1, 1), gc.stats, gc.weak, gc.cleanup, thread.spawn,
  channel, thread.count, thread.now, vm.run, vm.capture, vm.eval, vm.global, vm.set_global, vm.call, vm.new,
}
local methods = {
  "load", "load_many", "load_or_store", "store", "swap", "compare_and_swap", "compare_and_delete",
  "load_and_delete", "delete", "clear", "pairs", "count", "stats", "dump", "dot", "check", "name", "value", "get",
  "stop", "join", "send", "close", "run", "capture", "eval", "global", "set_global", "call", "new", "recv", "x", "m",
}
local operators = {
  function(a, b) return a[b] end, function(a, b, c) a[b] = c end, function(a) return #a end,
  function(a) return tostring(a) end, function(a, b) return a == b end, function(a, b) return a < b end,
  function(a, b) return #a + #b < 10000 and a .. b end, function(a, ...) return a(...) end, function(a) return -a end,
  function(a) for k, v in pairs(a) do if byte() > 200 then a[k] = nil else return k, v end end end,
  function(a, b) local t = {[a] = b}; return t[a] end, function(a) return getmetatable(a) end,
  function(a, b) return (getmetatable(a) or {})[b] end, function(a) return rawlen(a) end,
}

local function pick()
  return pool[byte() % pool.n + 1]
end
-- What may block does so only now and then: it takes an input's whole time.
local function seconds(method, argument)
  if method == "recv" and byte() ~= 0 then return 0 end
  return argument
end

local calls = 0
while position <= #data and calls < 50 do
  calls = calls + 1
  local which, n = byte(), byte() % 5
  local arguments = {}
  for i = 1, n do arguments[i] = pick() end
  local f
  if which < 100 then
    f = functions[which % #functions + 1]
  elseif which < 210 then
    local object, name = pick(), methods[which % #methods + 1]
    arguments[1] = seconds(name, arguments[1])
    f = function(...) return object[name](object, ...) end
  else
    f = operators[which % #operators + 1]
  end
  local results = table.pack(pcall(f, table.unpack(arguments, 1, n)))
  if not results[1] and type(results[2]) ~= "string" then return "an error without a text: " .. type(results[2]) end
  for i = 2, math.min(results.n, 3) do
    if results[1] then
      if pool.n < kMost then
        pool.n = pool.n + 1
        pool[pool.n] = results[i]
      else
        pool[byte() % kMost + 1] = results[i]
      end
    end
  end
end
for i = 1, pool.n do
  if type(pool[i]) == "userdata" then
    local is_map, check = pcall(function() return pool[i].load and pool[i].check end)
    if is_map and check then
      local good, why = pcall(check, pool[i])
      if not good then return why end
    end
  end
end
)lua";

// The player's code, which it would take a third of an input's time to compile.
const std::string& player() {
  static const std::string code = [] {
    std::string text;
    lua_State* const state = luaL_newstate();
    const auto append = [](lua_State*, const void* part, std::size_t size, void* to) {
      static_cast<std::string*>(to)->append(static_cast<const char*>(part), size);
      return 0;
    };
    if (luaL_loadstring(state, kPlayer) != LUA_OK || lua_dump(state, append, &text, 0) != 0) text.clear();
    fuzz::expect(!text.empty(), "the player compiles");
    lua_close(state);
    return text;
  }();
  return code;
}

// Runs the player on the input. Returns what it has found, or nothing.
std::string play(lua_State* state, std::string_view data) {
  if (luaL_loadbuffer(state, player().data(), player().size(), "=player") == LUA_OK) {
    lua_pushlstring(state, data.data(), data.size());
    if (lua_pcall(state, 1, 1, 0) == LUA_OK && lua_isnil(state, -1)) return {};
  }
  return luaL_tolstring(state, -1, nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzz::start_machine();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lua::Options options;
  options.make_vm = [] { return fuzz::make_machine(); };
  const lua::State state(std::make_shared<lua::Context>(std::move(options), true));
  const fuzz::TimeLimit limit;
  const std::string found = play(state.get(), fuzz::text_of(data, size));
  // The player is not protected between its calls: an interrupt that comes there ends it, as it may any
  // script.
  fuzz::expect(found.empty() || found.find("nterrupted") != std::string::npos ||
                   found.find("not enough memory") != std::string::npos,
               found);
  return 0;
}
