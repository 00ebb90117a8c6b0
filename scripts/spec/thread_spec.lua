-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local gc = require "interlox.gc"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local trie = require "interlox.trie"
local misuse = support.misuse

describe("thread.spawn", function()
  it("runs a function and join gives its results", function()
    assert.equal(0, select("#", thread.spawn(function() end):join()))
    local t = thread.spawn(function(...) return select("#", ...), ... end, 1, nil, 2.5, "x", nil)
    assert.same({ n = 6, 5, 1, nil, 2.5, "x", nil }, table.pack(t:join()))
  end)

  it("copies plain tables both ways", function()
    local sent = { 1, { 2 } }
    local got = thread.spawn(function(t)
      t[2][1] = "changed"
      return t
    end, sent):join()
    assert.same({ 1, { "changed" } }, got)
    assert.same({ 1, { 2 } }, sent)
  end)

  it("hands over objects by reference", function()
    local map, symbol = trie.new(), symbols.intern("shared")
    local m, s = thread.spawn(function(map, symbol)
      map:store("from", "child")
      return map, symbol
    end, map, symbol):join()
    assert.is_true(rawequal(map, m))
    assert.is_true(rawequal(symbol, s))
    assert.equal("child", map:load("from"))
  end)

  it("keeps integers apart from floats", function()
    local a, b = thread.spawn(function(a, b) return math.type(a), math.type(b) end, 3, 3.0):join()
    assert.same({ "integer", "float" }, { a, b })
  end)

  it("gives the thread globals and modules of its own", function()
    a_global = "here"
    local seen, modules = thread.spawn(function()
      local names = {}
      for _, name in ipairs { "trie", "symbols", "gc", "thread", "vm", "spec" } do
        names[#names + 1] = type(require("interlox." .. name))
      end
      return a_global, table.concat(names, " ")
    end):join()
    a_global = nil
    assert.is_nil(seen)
    assert.equal("table table table table table table", modules)
  end)

  it("lets threads start threads", function()
    local function fib(n)
      if n < 2 then return n end
      local thread = require "interlox.thread"
      local code = string.dump(debug.getinfo(1, "f").func)
      local left = thread.spawn(function(code, n) return load(code)(n) end, code, n - 1)
      return load(code)(n - 2) + left:join()
    end
    assert.equal(8, thread.spawn(load(string.dump(fib)), 6):join())
  end)

  it("takes a function that was loaded without debug information", function()
    assert.equal(3, thread.spawn(load(string.dump(function(x) return math.abs(x) end, true)), -3):join())
  end)

  it("keeps arguments alive until the thread has them", function()
    local threads = {}
    for i = 1, 50 do
      threads[i] = thread.spawn(function(...)
        require("interlox.gc").collect()
        return table.concat({ ... }, " ")
      end, "a" .. i, "b" .. i, "c" .. i)
    end
    for i = 1, 50 do assert.equal(("a%d b%d c%d"):format(i, i, i), threads[i]:join()) end
  end)

  it("keeps results alive until they are joined", function()
    local t = thread.spawn(function()
      local all = {}
      for i = 1, 100 do all[i] = "result " .. i end
      return all, "end"
    end)
    gc.collect(3)
    local all, last = t:join()
    assert.equal("result 100", all[100])
    assert.equal("end", last)
  end)

  it("does not mind threads that nobody joins", function()
    for _ = 1, 20 do thread.spawn(function() return 1 end) end
    collectgarbage()
    gc.collect()
  end)

  it("counts at least one hardware thread", function()
    assert.equal("integer", math.type(thread.count()))
    assert.is_true(thread.count() >= 1)
  end)
end)

describe("an error in a thread", function()
  it("comes out of join with a traceback", function()
    local t = thread.spawn(function()
      local function inner() error("broken") end
      inner()
    end)
    local ok, message = pcall(t.join, t)
    assert.is_false(ok)
    assert.is_not_nil(message:find("thread_spec.lua:%d+: broken\nstack traceback:\n"))
    assert.is_not_nil(message:find("in upvalue 'inner'", 1, true) or message:find("in local 'inner'", 1,
      true))
  end)

  it("may be any value", function()
    local function message_of(f)
      local t = thread.spawn(f)
      local ok, message = pcall(t.join, t)
      assert.is_false(ok)
      return message
    end
    assert.is_not_nil(message_of(function() error({}) end):find("^%(error object is a table value%)"))
    assert.is_not_nil(message_of(function() error() end):find("^%(error object is a nil value%)"))
    assert.is_not_nil(message_of(function() error(42) end):find("^42"))
    assert.is_not_nil(message_of(function()
      error(setmetatable({}, { __tostring = function() return "custom" end }))
    end):find("^custom\nstack traceback:"))
  end)

  it("is also a result that can't cross", function()
    local function join(f) return pcall(function() return thread.spawn(f):join() end) end
    local ok, message = join(function() return 1, print end)
    assert.is_false(ok)
    assert.is_not_nil(message:find("bad result #2 of 'spawn' (value or plain table expected, got function)",
      1, true))
    ok, message = join(function() return { coroutine.create(print) } end)
    assert.is_false(ok)
    assert.is_not_nil(message:find("bad result #1 of 'spawn' (value expected in the table, got thread)", 1,
      true))
  end)

  it("leaves the other threads alone", function()
    local bad = thread.spawn(function() error("x") end)
    local good = thread.spawn(function() return "fine" end)
    assert.is_false((pcall(bad.join, bad)))
    assert.equal("fine", good:join())
  end)

  it("is an endless recursion, too", function()
    local t = thread.spawn(function()
      local function f() return 1 + f() end
      return f()
    end)
    local ok, message = pcall(t.join, t)
    assert.is_false(ok)
    assert.is_not_nil(message:find("stack overflow", 1, true))
  end)
end)

describe("misuse of threads", function()
  it("refuses what is no Lua function", function()
    misuse("bad argument #1 to 'spawn' (Lua function expected, got no value)", thread.spawn)
    misuse("bad argument #1 to 'spawn' (Lua function expected, got nil)", thread.spawn, nil)
    misuse("bad argument #1 to 'spawn' (Lua function expected, got string)", thread.spawn, "print")
    misuse("bad argument #1 to 'spawn' (Lua function expected, got C function)", thread.spawn, print)
  end)

  it("refuses a function with upvalues and names one", function()
    local captured = 1
    misuse("bad argument #1 to 'spawn' (function without upvalues expected, got one with 'captured')",
      thread.spawn,
      function() return captured end)
    misuse("got one with 'captured')", thread.spawn, function() return print(captured) end)
  end)

  it("refuses arguments that can't cross", function()
    local f = function() end
    misuse("bad argument #2 to 'spawn' (value or plain table expected, got function)", thread.spawn, f, print)
    misuse("bad argument #3 to 'spawn' (value or plain table expected, got FILE*)", thread.spawn, f, 1,
      io.stdout)
    misuse("bad argument #2 to 'spawn' (table has a metatable)", thread.spawn, f, setmetatable({}, {}))
    misuse("bad argument #2 to 'spawn' (value expected in the table, got function)", thread.spawn, f, { f })
  end)

  it("refuses a second join", function()
    local t = thread.spawn(function() return 1 end)
    t:join()
    misuse("calling 'join' on a thread that was joined before", t.join, t)
    local failing = thread.spawn(function() error("x") end)
    assert.is_false((pcall(failing.join, failing)))
    misuse("calling 'join' on a thread that was joined before", failing.join, failing)
  end)

  it("refuses to join what is no thread, or to send one", function()
    local t = thread.spawn(function() end)
    misuse("calling 'join' on bad self (thread expected, got no value)", t.join)
    misuse("calling 'join' on bad self (thread expected, got FILE*)", t.join, io.stdout)
    misuse("calling 'join' on bad self (thread expected, got map)", t.join, trie.new())
    misuse("bad argument #1 to 'send'", function() thread.channel():send(t) end)
    t:join()
  end)
end)

describe("eight threads on one map", function()
  local function on_eight(f, ...)
    local threads, results = {}, {}
    for i = 1, 8 do threads[i] = thread.spawn(f, i, ...) end
    for i, t in ipairs(threads) do results[i] = t:join() end
    return results
  end

  for _, hash in ipairs { "default", "zero", "truncated" } do
    local keys = hash == "zero" and 40 or 400

    it("agree on who stored first, with hash " .. hash, function()
      local map = trie.new { hash = hash }
      local won = on_eight(function(id, map, keys)
        local mine = 0
        for i = 1, keys do
          local actual, loaded = map:load_or_store("k" .. i, id)
          if not loaded then mine = mine + 1 end
          if map:load("k" .. i) ~= actual then error("another value than load_or_store gave") end
        end
        return mine
      end, map, keys)
      local sum = 0
      for _, n in ipairs(won) do sum = sum + n end
      assert.equal(keys, sum)
      assert.equal(keys, #map)
      assert.is_true(map:check())
    end)

    it("lose no increment, with hash " .. hash, function()
      local map = trie.new { hash = hash }
      for i = 1, 4 do map:store(i, 0) end
      on_eight(function(_, map)
        for n = 1, 500 do
          local key = n % 4 + 1
          repeat
            local old = map:load(key)
          until map:compare_and_swap(key, old, old + 1)
        end
      end, map)
      for i = 1, 4 do assert.equal(1000, map:load(i)) end
    end)

    it("delete each key once, with hash " .. hash, function()
      local map = trie.new { hash = hash }
      for i = 1, keys do map:store(i, i) end
      local deleted = on_eight(function(id, map, keys)
        local mine = 0
        for i = 1, keys do
          local gone
          if id % 2 == 0 then gone = map:delete(i) else gone = map:compare_and_delete(i, i) end
          if gone then mine = mine + 1 end
        end
        return mine
      end, map, keys)
      local sum = 0
      for _, n in ipairs(deleted) do sum = sum + n end
      assert.equal(keys, sum)
      assert.equal(0, #map)
      assert.is_true(map:check())
    end)

    it("iterate over residents exactly once beside writers, with hash " .. hash, function()
      local map = trie.new { hash = hash }
      local residents = keys // 4
      for i = 1, residents do map:store("resident" .. i, i) end
      local faults = on_eight(function(id, map, residents)
        if id % 2 == 0 then
          for round = 1, 30 do
            for i = 1, 20 do map:store(id * 1000 + i, round) end
            for i = 1, 20 do map:delete(id * 1000 + i) end
          end
          return 0
        end
        local faults = 0
        for _ = 1, 10 do
          local seen = {}
          for k in map:pairs() do
            if seen[k] then faults = faults + 1 end
            seen[k] = true
          end
          for i = 1, residents do
            if not seen["resident" .. i] then faults = faults + 1 end
          end
        end
        return faults
      end, map, residents)
      assert.same({ 0, 0, 0, 0, 0, 0, 0, 0 }, faults)
      assert.equal(residents, #map)
      assert.is_true(map:check())
    end)
  end

  it("survive collections and clears", function()
    local map = trie.new()
    on_eight(function(id, map)
      local gc = require "interlox.gc"
      for round = 1, 20 do
        for i = 1, 50 do map:store(("%d %d"):format(id, i), "x" .. round) end
        for i = 1, 50 do
          local value = map:load(("%d %d"):format(id, i))
          if value ~= nil and value ~= "x" .. round then error("another round's value: " .. value) end
        end
        if id == 1 then gc.collect() elseif id == 2 and round % 5 == 0 then map:clear() end
      end
    end, map)
    assert.is_true(map:check())
  end)
end)
