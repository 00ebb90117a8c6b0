-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local misuse = require("support").misuse
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local vm = require "interlox.vm"

describe("symbols.intern", function()
  it("gives one symbol for one name", function()
    local symbol = symbols.intern("spec one")
    assert.equal(symbol, symbols.intern("spec " .. "one"))
    assert.is_true(rawequal(symbol, symbols.intern("spec one")))
    assert.is_true(symbol ~= symbols.intern("spec two"))
    local t = { [symbol] = 1 }
    assert.equal(1, t[symbols.intern("spec one")])
  end)

  it("takes any bytes", function()
    for _, name in ipairs { "", "a\0b", "\xff\xfe", ("x"):rep(100000), "with space\n" } do
      assert.equal(name, symbols.intern(name).name)
      assert.equal(symbols.intern(name), symbols.find(name))
    end
    assert.is_true(symbols.intern("a\0b") ~= symbols.intern("a\0c"))
  end)

  it("gives all threads the same", function()
    local mine = symbols.intern("shared between threads")
    local threads = {}
    for i = 1, 8 do
      threads[i] = thread.spawn(function()
        local symbols = require "interlox.symbols"
        local all = {}
        for n = 1, 200 do all[n] = symbols.intern("thread symbol " .. n) end
        return symbols.intern("shared between threads"), all
      end)
    end
    local first
    for i = 1, 8 do
      local symbol, all = threads[i]:join()
      assert.is_true(rawequal(mine, symbol))
      first = first or all
      for n = 1, 200 do assert.is_true(rawequal(first[n], all[n])) end
    end
  end)
end)

describe("symbols.find", function()
  it("finds what exists and makes nothing", function()
    local count = symbols.count()
    assert.is_nil(symbols.find("never interned by anybody"))
    assert.equal(count, symbols.count())
    local symbol = symbols.intern("interned by the spec")
    assert.equal(count + 1, symbols.count())
    assert.equal(symbol, symbols.find("interned by the spec"))
  end)

  it("finds the names of the VM", function()
    vm.run("class SpecClass { specMethod() { return this.specField; } }")
    for _, name in ipairs { "SpecClass", "specMethod", "specField" } do
      assert.is_not_nil(symbols.find(name))
    end
  end)
end)

describe("a symbol", function()
  it("knows its name, and shows it as the language does", function()
    local symbol = symbols.intern("shown")
    assert.equal("shown", symbol.name)
    assert.equal("<Symbol shown>", tostring(symbol))
  end)

  it("has nothing else, and can't be changed", function()
    local symbol = symbols.intern("shown")
    assert.is_nil(symbol.other)
    assert.is_nil(symbol[1])
    assert.has_error(function() symbol.name = "x" end)
    assert.is_false(getmetatable(symbol))
  end)
end)

describe("symbols.stats", function()
  it("has the fields of map:stats", function()
    local stats = symbols.stats()
    assert.equal(symbols.count(), stats.entries)
    assert.equal(stats.max_depth, #stats.depths)
    local sum = 0
    for _, n in ipairs(stats.depths) do sum = sum + n end
    assert.equal(stats.entries, sum)
    for _, name in ipairs { "indirects", "overflow", "bytes", "retired" } do
      assert.equal("integer", math.type(stats[name]))
    end
  end)
end)

describe("misuse of symbols", function()
  it("names function, argument and what was expected", function()
    for _, name in ipairs { "intern", "find" } do
      local text = ("bad argument #1 to '%s' (name expected, got "):format(name)
      misuse(text .. "no value)", symbols[name])
      misuse(text .. "nil)", symbols[name], nil)
      misuse(text .. "number)", symbols[name], 1)
      misuse(text .. "table)", symbols[name], {})
      misuse(text .. "symbol)", symbols[name], symbols.intern("x"))
    end
  end)
end)
