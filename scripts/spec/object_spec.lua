-- SPDX-License-Identifier: BSD-3-Clause
-- Objects of a VM as Lua sees them: lists, maps, ranges, instances, what can be called.
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local trie = require "interlox.trie"
local vm = require "interlox.vm"
local misuse = support.misuse

describe("a list", function()
  it("is indexed from 0, and from its end", function()
    local l = vm.eval([==[[10, "two", [3]]]==])
    assert.same({ 10, "two", 3, "two" }, { l[0], l[1], l[2][0], l[-2] })
    assert.equal("integer", math.type(l[0]))
    assert.equal(10, l[0.0])
    assert.equal(3, #l)
    assert.equal(#vm.eval("[]"), 0)
  end)

  it("is assigned to", function()
    local l = vm.eval("[1, 2, 3]")
    l[0], l[-1], l[1] = "first", nil, l
    assert.equal('["first", [...], nil]', tostring(l))
    assert.is_true(rawequal(l, l[1]))
    assert.is_nil(l[2])
  end)

  it("names what is not there, with the script's line", function()
    local l = vm.eval("[1, 2, 3]")
    misuse("List index 3 out of bounds for length 3.", function() return l[3] end)
    misuse("List index -4 out of bounds for length 3.", function() l[-4] = 0 end)
    misuse('List index must be an integer, not 1.5.', function() return l[1.5] end)
    misuse('List index must be an integer, not "length".', function() return l.length end)
    misuse("List index must be an integer, not nil.", function() return l[nil] end)
    misuse("object_spec.lua:", function() return l[3] end)
    assert.equal(3, #l)
  end)

  it("refuses what can't cross", function()
    local l = vm.eval("[1]")
    misuse("bad argument #1 to 'index' (value expected, got table)", function() return l[{}] end)
    misuse("bad argument #1 to 'newindex' (value expected, got function)", function() l[print] = 1 end)
    misuse("bad argument #2 to 'newindex' (value expected, got table)", function() l[0] = {} end)
    misuse("bad argument #2 to 'newindex' (no number of the language equals the integer 9007199254740993)",
      function() l[0] = (1 << 53) + 1 end)
    misuse("no number of the language equals", function() return l[math.maxinteger] end)
    assert.equal(1, l[0])
  end)

  it("is walked by pairs, in order, while it changes", function()
    local l, seen = vm.eval("[5, nil, 7]"), {}
    for i, v in pairs(l) do
      seen[#seen + 1] = i .. "=" .. tostring(v)
      l[2] = 8
    end
    assert.same({ "0=5", "1=nil", "2=8" }, seen)
  end)
end)

describe("a map", function()
  it("has its values under keys of any kind", function()
    local m, s, c = vm.eval("[:]"), symbols.intern("s"), thread.channel()
    local keys = { "text", "a\0b", 1, 0.5, true, false, s, c, trie.new(), m }
    for i, key in ipairs(keys) do m[key] = i end
    for i, key in ipairs(keys) do assert.equal(i, m[key]) end
    assert.equal(#keys, #m)
    m[nil] = "of nil"
    assert.equal("of nil", m[nil])
    assert.equal(3, m[1.0])
  end)

  it("keeps an entry whose value is nil", function()
    local m = vm.eval('["k": 1]')
    m.k = nil
    assert.equal('["k": nil]', tostring(m))
    assert.is_nil(m.k)
    assert.equal(1, #m)
  end)

  it("names a key that is missing, also one like a method's name", function()
    local m = vm.eval("[:]")
    misuse('Undefined key "get".', function() return m.get end)
    misuse("Undefined key 1.", function() return m[1] end)
    misuse('Undefined key "a\\0b".', function() return m["a\0b"] end)
    misuse("Map key must not be nan.", function() m[0 / 0] = 1 end)
    misuse("no number of the language equals the integer", function() return m[math.maxinteger] end)
    assert.equal("[:]", tostring(m))
  end)

  it("is walked by pairs, in the order of insertion", function()
    local m, seen = vm.eval('["b": 1, nil: 0, "a": nil, 3: 4]'), {}
    for k, v in pairs(m) do
      seen[#seen + 1] = k .. "=" .. tostring(v)
      m[#m] = "added"
    end
    assert.same({ "b=1", "a=nil", "3=4" }, seen)
    local next_of, walk = pairs(m)
    misuse("bad argument #1 to 'next' (map iterator expected, got table)", next_of, {})
    for _ = 1, 30 do next_of(walk) end
    assert.is_nil(next_of(walk))
  end)
end)

describe("numbers", function()
  it("go in as doubles and come out as integers where they are integral", function()
    local l = vm.eval("[nil]")
    local function through(v)
      l[0] = v
      return l[0]
    end
    for _, case in ipairs { { 1, 1 }, { 2.0, 2 }, { 1 << 53, 1 << 53 }, { 2.0 ^ 53 + 2, 2.0 ^ 53 + 2 },
      { 0.5, 0.5 }, { math.huge, math.huge }, { math.mininteger, -2.0 ^ 63 } } do
      local got = through(case[1])
      assert.equal(case[2], got)
      assert.equal(math.type(case[2]), math.type(got))
    end
    assert.equal("float", math.type(through(-0.0)))
    assert.equal(-math.huge, 1 / through(-0.0))
    local nan = through(0 / 0)
    assert.is_true(nan ~= nan)
  end)
end)

describe("a range", function()
  it("has a length and ends, and is equal to its like", function()
    local r = vm.eval("2..5")
    assert.same({ 3, 2, 5, "2..5" }, { #r, r.from, r.to, tostring(r) })
    assert.is_true(r == vm.eval("2..5"))
    assert.is_false(r == vm.eval("2..6"))
    misuse("Cannot index 2..5.", function() return r[0] end)
    misuse("Cannot assign to an index of 2..5.", function() r[0] = 1 end)
    misuse("Only instances have fields.", function() r.from = 1 end)
    assert.equal(math.huge, #vm.eval("0..1/0"))
  end)
end)

describe("an instance", function()
  vm.run([[
    class SpecPoint {
      init(x) { this.x = x; }
      sum(y) { return this.x + y; }
      twice { return this.x * 2; }
      bad { return -nil; }
      class of(x) { return SpecPoint(x); }
    }
  ]])

  it("has fields, getters and methods under their names", function()
    local p = vm.call("SpecPoint", 4)
    assert.equal(4, p.x)
    assert.equal(8, p.twice)
    assert.equal(7, p.sum(3))
    p.x, p.added = 5, p
    assert.equal(10, p.twice)
    assert.is_true(rawequal(p, p.added))
    p.x = nil
    assert.is_nil(p.x)
  end)

  it("is printed by its toString()", function()
    vm.run([[
      class SpecShown { init(t) { this.t = t; } toString() { return "shown " + this.t; } }
      class SpecMute { toString() { return nil(); } }
    ]])
    local shown = vm.call("SpecShown", "a\0b")
    assert.equal("shown a\0b", tostring(shown))
    assert.equal("[shown a\0b]", tostring(vm.call("List", 1, shown)))
    misuse("Can only call functions and classes.", tostring, vm.call("SpecMute"))
    misuse("Can only call functions and classes.", tostring, vm.call("List", 1, vm.call("SpecMute")))
    assert.equal(1, vm.eval("1")) -- no error is left behind
  end)

  it("names what it does not have, and what fails", function()
    local p = vm.call("SpecPoint", 4)
    misuse("Undefined property 'y'.", function() return p.y end)
    misuse("Operand must be a number.\n[line 5] in bad()", function() return p.bad end)
    misuse("Cannot index SpecPoint instance.", function() return p[0] end)
    misuse("Cannot assign to an index of SpecPoint instance.", function() p[0] = 1 end)
    misuse("calling '#' on bad self (list, map or range expected, got interlox object)", function() return #p end)
    misuse("calling 'pairs' on bad self (list or map expected, got interlox object)", pairs, p)
    misuse("bad argument #2 to 'newindex' (value expected, got table)", function() p.x = {} end)
    assert.is_false(getmetatable(p))
  end)

  it("shares its class's members with the language", function()
    local class = vm.global("SpecPoint")
    assert.equal(9, class.of(9).x)
    misuse("Only instances have fields.", function() class.x = 1 end)
    misuse("Only instances have properties.", function() return class.x end)
  end)
end)

describe("an atomic", function()
  it("has its methods under their names", function()
    local a = vm.call("Atomic", 40)
    assert.equal("<Atomic>", tostring(a))
    assert.equal(42, a.add(2))
    assert.equal("integer", math.type(a.get()))
    assert.is_nil(a.set("text"))
    assert.equal("text", a.swap(nil))
    assert.is_nil(a.get())
    assert.is_true(a.compareAndSet(nil, a))
    assert.is_true(rawequal(a, a.get()))
    assert.is_false(a.compareAndSet(vm.call("Atomic", 1), 1))
  end)

  it("names what is wrong", function()
    local a = vm.call("Atomic", "text")
    misuse('Cannot add to an Atomic that holds "text".', a.add, 1)
    misuse('add() argument must be a number, not "1".', a.add, "1")
    misuse("Expected 1 arguments but got 0.", a.set)
    misuse("Only instances have properties.", function() return a.value end)
    misuse("no number of the language equals the integer", a.set, math.maxinteger)
    assert.equal("text", a.get())
  end)

  it("is one for all threads", function()
    local a = vm.call("Atomic", 0)
    local threads = {}
    for i = 1, 8 do
      threads[i] = thread.spawn(function(shared)
        for _ = 1, 1000 do shared.add(1) end
      end, a)
    end
    for _, t in ipairs(threads) do t:join() end
    assert.equal(8000, a.get())
  end)
end)

describe("a concurrent map", function()
  it("of the language is a map of the trie module, and the other way round", function()
    local m = vm.eval("ConcurrentMap()")
    m:store("k", 1)
    vm.set_global("spec_map", m)
    assert.is_true(vm.eval("spec_map is ConcurrentMap"))
    assert.equal(1, vm.eval('spec_map.swap("k", "two")'))
    assert.equal("two", m:load("k"))
    assert.equal(1, #m)
    vm.set_global("spec_map", trie.new { hash = "zero" })
    vm.run('spec_map.set(0..2, [1]); spec_map.set(1.5, "x");')
    assert.equal("[1]", tostring(vm.global("spec_map"):load(vm.eval("0..2"))))
    assert.equal("x", vm.global("spec_map"):load(1.5))
    assert.equal(2, vm.eval("spec_map.length"))
  end)

  it("keeps what the language can't hold, and says so", function()
    local m, large = trie.new(), (1 << 53) + 1
    m:store("k", large)
    vm.set_global("spec_map", m)
    local message = "The integer 9007199254740993 in a concurrent map is too large for a number."
    for _, call in ipairs { 'get("k")', 'getOrSet("k", 1)', 'swap("k", 1)', 'remove("k")', "each(fun (k, v) => 1)" } do
      misuse(message, vm.eval, "spec_map." .. call)
      assert.equal(large, m:load("k"))
    end
    m:store(large, 1)
    misuse(message, vm.eval, "spec_map.each(fun (k, v) => 1)")
    local _, err = vm.run("for (var k in spec_map) print k;")
    assert.equal(message .. "\n[line 1] in script", err)
    assert.equal(2, #m)
  end)
end)

describe("what can be called", function()
  it("is called as a Lua function is", function()
    vm.run("fun spec_join(a, b) { return a + b; }")
    local join = vm.global("spec_join")
    assert.equal("ab", join("a", "b"))
    assert.equal("number", type(vm.eval("clock")()))
    assert.equal("[nil, nil]", tostring(vm.global("List")(2, nil)))
    assert.is_true(select(2, pcall(join, 1, "x")) == "Operands must be two numbers or two strings.\n[line 1] in spec_join()")
    misuse("Expected 2 arguments but got 1.", join, 1)
    misuse("Can only call functions and classes.", function() vm.eval("[]")() end)
    misuse("bad argument #2 to 'call' (value expected, got table)", join, 1, {})
  end)

  it("is itself wherever it comes from", function()
    assert.is_true(vm.global("spec_join") == vm.eval("spec_join"))
    local keyed = { [vm.global("spec_join")] = "found" }
    assert.equal("found", keyed[vm.eval("spec_join")])
  end)
end)

describe("a module", function()
  it("has members that are read", function()
    vm.run('import "math" as spec_math;')
    local math_module = vm.global("spec_math")
    assert.equal(3, math_module.floor(3.7))
    misuse("Undefined property 'nothing'.", function() return math_module.nothing end)
    misuse("Only instances have fields.", function() math_module.pi = 3 end)
  end)
end)

describe("objects", function()
  it("are reached from several threads", function()
    local shared = vm.eval("[0, 0, 0, 0, 0, 0, 0, 0]")
    local threads = {}
    for i = 1, 8 do
      threads[i] = thread.spawn(function(l, at)
        for n = 1, 2000 do l[at] = n end
        return l[at]
      end, shared, i - 1)
    end
    for _, t in ipairs(threads) do assert.equal(2000, t:join()) end
    assert.equal("[2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000]", tostring(shared))
  end)

  it("keep what only they refer to", function()
    local outer = vm.eval("[[[[]]]]")
    for _, v in pairs(outer) do v[0][0] = "deep" .. "est" end
    require("interlox.gc").collect(2)
    assert.equal('[[["deepest"]]]', tostring(outer))
  end)
end)
