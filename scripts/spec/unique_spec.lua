-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local misuse = require("support").misuse
local unique = require "interlox.unique"
local gc = require "interlox.gc"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local trie = require "interlox.trie"
local vm = require "interlox.vm"

describe("unique.make", function()
  it("gives one handle for equal values", function()
    for _, v in ipairs { true, false, 1, -7, 0.5, math.maxinteger, math.huge, "", "a\0b", ("x"):rep(5000),
      symbols.intern("s") } do
      local handle = unique.make(v)
      assert.equal(handle, unique.make(v))
      assert.is_true(rawequal(handle, unique.make(v)))
      assert.equal(v, handle:value())
      assert.equal(math.type(v), math.type(handle:value()))
      assert.equal(handle, unique.find(v))
    end
    assert.equal(unique.make(nil), unique.make(nil))
    assert.is_nil(unique.make(nil):value())
  end)

  it("compares as Lua does", function()
    local one = unique.make(1)
    assert.equal(one, unique.make(1.0))
    assert.equal("integer", math.type(unique.make(1.0):value()))
    assert.is_true(unique.make("1") ~= one)
    assert.is_true(unique.make(2 ^ 53) ~= unique.make(2 ^ 53 | 0 + 1))
    assert.equal(unique.make(0.0), unique.make(-0.0))
    assert.is_true(unique.make(nil) ~= unique.make(false))
  end)

  it("makes a handle of a handle", function()
    local inner = unique.make("inner")
    local outer = unique.make(inner)
    assert.is_true(outer ~= inner)
    assert.equal(inner, outer:value())
    assert.equal(outer, unique.make(unique.make("inner")))
  end)

  it("takes arrays, by content, copied", function()
    local t = { 1, "two", { 3, { unique.make(4) } }, symbols.intern("five") }
    local handle = unique.make(t)
    assert.equal(handle, unique.make { 1.0, "two", { 3, { unique.make(4) } }, symbols.intern("five") })
    t[1], t[3][1] = "changed", "changed"
    assert.same({ 1, "two", { 3, { unique.make(4) } }, symbols.intern("five") }, handle:value())
    assert.is_true(handle:value() ~= handle:value())
    assert.is_true(unique.make { 1, 2 } ~= unique.make { 2, 1 })
    assert.is_true(unique.make { 1, { 2 } } ~= unique.make { 1, 2 })
    assert.is_true(unique.make {} ~= unique.make { {} })
    assert.equal(unique.make {}, unique.make {})
    assert.is_true(unique.make { "a" } ~= unique.make("a"))
  end)

  it("takes nil in an array that has its length in n", function()
    local handle = unique.make(table.pack(1, nil, 3, nil))
    assert.equal(handle, unique.make { 1, nil, 3, n = 4 })
    local value = handle:value()
    assert.equal(4, value.n)
    assert.equal(3, value[3])
    assert.is_nil(value[2])
    assert.equal(unique.make { 1, 2 }, unique.make { 1, 2, n = 2 })
    assert.is_nil(unique.make({ 1, 2, n = 2 }):value().n)
    assert.is_true(unique.make { n = 1 } ~= unique.make { n = 2 })
  end)

  it("is Lox's Unique", function()
    assert.equal(unique.make("both"), vm.eval([[Unique("both")]]))
    vm.set_global("fromLua", unique.make { 1, "x", { true } })
    assert.is_true(vm.eval("fromLua.value.length == 3"))
    assert.is_true(vm.eval("Unique(fromLua.value) == fromLua"))
    assert.equal("<Unique [1, \"x\", [true]]>", tostring(vm.eval("fromLua")))
    local list = vm.eval("List(2, 7)")
    assert.equal(unique.make { 7, 7 }, unique.make(list))
    vm.set_global("large", unique.make(2 ^ 53 | 0 + 1))
    assert.has_error(function() vm.eval("large.value") end, "9007199254740993")
  end)

  it("gives all threads the same", function()
    local mine = unique.make("shared by all")
    local threads = {}
    for i = 1, 4 do
      threads[i] = thread.spawn(function()
        local unique = require "interlox.unique"
        local all = {}
        for n = 1, 300 do all[n] = unique.make { "thread", n } end
        return unique.make("shared by all"), all
      end)
    end
    local first
    for i = 1, 4 do
      local handle, all = threads[i]:join()
      assert.is_true(rawequal(mine, handle))
      first = first or all
      for n = 1, 300 do assert.is_true(rawequal(first[n], all[n])) end
    end
  end)

  it("crosses into maps and channels", function()
    local map = trie.new()
    map:store(unique.make("key"), unique.make("value"))
    assert.equal(unique.make("value"), map:load(unique.make("key")))
    local channel = thread.channel()
    channel:send(unique.make("sent"))
    assert.equal(unique.make("sent"), channel:recv())
  end)
end)

describe("unique handles", function()
  it("go when nobody holds them", function()
    local before = unique.count()
    local function fill()
      for i = 1, 5000 do unique.make("passing " .. i) end
    end
    fill()
    gc.collect(2)
    assert.is_true(unique.count() <= before + 250)
    assert.equal(0, unique.stats().dead)
    assert.is_nil(unique.find("passing 77") and unique.find("passing 78") and unique.find("passing 79"))
  end)

  it("stay while something holds them", function()
    local held, map = {}, trie.new()
    for i = 1, 1000 do
      held[i] = unique.make("held " .. i)
      map:store(i, unique.make { "in a map", i })
    end
    gc.collect(3)
    for i = 1, 1000 do
      assert.is_true(rawequal(held[i], unique.find("held " .. i)))
      assert.equal(map:load(i), unique.find { "in a map", i })
    end
  end)

  it("go with the whole chain of handles of handles", function()
    local before = unique.count()
    -- On a thread of its own, whose stack goes with it: one stale reference there would keep the chain.
    thread.spawn(function()
      local unique = require "interlox.unique"
      local handle = unique.make("the innermost")
      for _ = 1, 10000 do handle = unique.make(handle) end
    end):join()
    gc.collect(2)
    assert.is_true(unique.count() <= before + 100)
  end)
end)

describe("unique.stats", function()
  it("counts", function()
    gc.collect(2)
    local before = unique.stats()
    local a = unique.make("counted a")
    local b = unique.make("counted a")
    local after = unique.stats()
    assert.equal(before.hits + 1, after.hits)
    assert.equal(before.misses + 1, after.misses)
    assert.equal(after.live, unique.count())
    assert.equal(after.entries, after.live + after.dead)
    assert.equal(after.misses, after.live + after.dead + after.pruned)
    assert.equal(after.max_depth, #after.depths)
    assert.equal(a, b)
    for _, name in ipairs { "indirects", "overflow", "bytes", "retired", "cleared" } do
      assert.equal("integer", math.type(after[name]))
    end
  end)
end)

describe("misuse of unique", function()
  it("names function, argument and what was expected", function()
    local cyclic = {}
    cyclic[1] = cyclic
    for _, name in ipairs { "make", "find" } do
      local f = unique[name]
      local text = ("bad argument #1 to '%s' ("):format(name)
      misuse(text .. "value expected, got no value)", f)
      misuse(text .. "value expected, got nan)", f, 0 / 0)
      misuse(text .. "value expected, got nan)", f, { 1, 0 / 0 })
      misuse(text .. "boolean, number, string, nil, symbol, handle or array of such expected, got function)", f, print)
      misuse(text .. "boolean, number, string, nil, symbol, handle or array of such expected, got map)", f, trie.new())
      misuse(text .. "boolean, number, string, nil, symbol, handle or array of such expected, got channel)", f,
        { thread.channel() })
      misuse(text .. "array expected, got a table with the key 'x')", f, { x = 1 })
      misuse(text .. "array with holes: a nil inside needs a field 'n' (key 3))", f, { [1] = 1, [3] = 3 })
      misuse(text .. "array has an element behind its 'n', at 2)", f, { 1, 2, n = 1 })
      misuse(text .. "field 'n' must be a non-negative integer)", f, { n = "1" })
      misuse(text .. "array contains itself, or is nested too deeply)", f, cyclic)
      misuse(text .. "table has a metatable)", f, setmetatable({}, {}))
    end
    misuse("calling 'value' on bad self (unique expected, got nil)", unique.make(1).value, nil)
    misuse("calling 'value' on bad self (unique expected, got symbol)", unique.make(1).value, symbols.intern("x"))
  end)
end)
