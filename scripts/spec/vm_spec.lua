-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local trie = require "interlox.trie"
local vm = require "interlox.vm"
local misuse = support.misuse

-- Every test of these runs on the default VM and on one of its own.
local function on_both(name, f)
  it(name .. " (default VM)", function()
    f(setmetatable({}, { __index = function(_, key)
      return function(_, ...) return vm[key](...) end
    end }))
  end)
  it(name .. " (own VM)", function() f(vm.new()) end)
end

describe("run", function()
  on_both("gives true, and runs where the last run left off", function(m)
    assert.same({ n = 1, true }, table.pack(m:run("var spec_a = 1; fun spec_f() { return spec_a; }")))
    assert.is_true(m:run("spec_a = spec_a + 1;"))
    assert.equal(2, m:eval("spec_f()"))
    assert.is_true(m:run(""))
  end)

  on_both("gives a compile error's text", function(m)
    assert.same({ n = 2, nil, "[line 2] Error at '=': Expect variable name." },
      table.pack(m:run("print 1;\nvar = 2;")))
    local _, text = m:run("var 1;\nprint ;\n")
    assert.equal("[line 1] Error at '1': Expect variable name.\n[line 2] Error at ';': Expect expression.",
      text)
  end)

  on_both("gives a run-time error's text", function(m)
    assert.same({ n = 2, nil, "Operand must be a number.\n[line 1] in f()\n[line 2] in script" },
      table.pack(m:run("fun f() { return -\"a\"; }\nf();")))
    assert.same({ n = 2, nil, "Undefined variable 'spec_missing'.\n[line 1] in script" },
      table.pack(m:run("spec_missing;")))
  end)

  on_both("goes on after errors", function(m)
    for _ = 1, 100 do assert.is_nil((m:run("fun f() { f(); } f();"))) end
    assert.is_true(m:run("var ok = 1;"))
  end)

  it("takes a name for the source", function()
    assert.is_true(vm.run("var named = 1;", "file.lox"))
    assert.is_not_nil(select(2, vm.run("nil();",
      "file.lox")):find("^Can only call functions and classes.\n%[line 1%]"))
    assert.equal("file.lox:2:5: [line 2] Error at '1': Expect variable name.",
      select(2, vm.run("\nvar 1;", "file.lox")))
  end)
end)

describe("capture", function()
  on_both("gives output, status and error", function(m)
    assert.same({ "1\nx\n", "ok", "" }, { m:capture("print 1; print \"x\";") })
    assert.same({ "", "ok", "" }, { m:capture("") })
    assert.same({ "", "compile", "[line 1] Error at end: Expect expression." }, { m:capture("print") })
    assert.same({ "before\n", "runtime", "Operands must be numbers.\n[line 1] in script" },
      { m:capture("print \"before\"; print 1 < \"2\";") })
  end)

  it("leaves later output alone", function()
    local out, err, code = support.script([[
      local vm = require "interlox.vm"
      print("a")
      io.write((vm.capture("print \"captured\";")))
      vm.run("print \"b\";")
      vm.capture("print \"gone\"; nil();")
      vm.run("print \"c\";")
    ]])
    assert.same({ "a\ncaptured\nb\nc\n", "", 0 }, { out, err, code })
  end)

  it("does not mix what two threads capture", function()
    local threads = {}
    for i = 1, 4 do
      threads[i] = thread.spawn(function(id)
        local vm = require "interlox.vm"
        for round = 1, 50 do
          local mark = ("thread %d round %d"):format(id, round)
          local text = vm.capture(("for (var i = 0; i < 20; i = i + 1) print \"%s\";"):format(mark))
          if text ~= (mark .. "\n"):rep(20) then error("mixed: " .. text) end
        end
        return true
      end, i)
    end
    for _, t in ipairs(threads) do assert.is_true(t:join()) end
  end)

  it("captures much", function()
    local text = vm.capture("for (var i = 0; i < 100000; i = i + 1) print \"0123456789\";")
    assert.equal(1100000, #text)
  end)
end)

describe("eval", function()
  on_both("gives the value of an expression", function(m)
    assert.equal(3, m:eval("1 + 2"))
    assert.equal("ab", m:eval("\"a\" + \"b\""))
    assert.is_true(m:eval("1 < 2"))
    assert.is_false(m:eval("!true"))
    assert.same({ n = 1, nil }, table.pack(m:eval("nil")))
  end)

  on_both("raises on any error, with its text", function(m)
    local function message(source) return select(2, pcall(m.eval, m, source)) end
    assert.equal("Operands must be two numbers or two strings.\n[line 1] in script", message("1 + nil"))
    assert.is_not_nil(message("1 +"):find("^%[line 1%] Error at end: Expect expression%."))
    assert.is_not_nil(message(""):find("^%[line 1%] Error at end: Expect expression%."))
    assert.is_not_nil(message("1; 2"):find("^%[line 1%] Error at ';': "))
    assert.is_not_nil(message("var a = 1"):find("^%[line 1%] Error at 'var': Expect expression%."))
  end)

  it("gives integral numbers within 2^53 as integers, others as floats", function()
    for source, expected in pairs { ["0"] = 0, ["-7"] = -7, ["1/2"] = 0.5, ["4/2"] = 2,
      ["9007199254740992"] = 1 << 53,
      ["-9007199254740992"] = -(1 << 53), ["9007199254740994"] = 2.0 ^ 53 + 2, ["1/0"] = math.huge,
      ["-1/0"] = -math.huge } do
      local got = vm.eval(source)
      assert.equal(expected, got)
      assert.equal(math.type(expected), math.type(got))
    end
    local zero = vm.eval("-0")
    assert.equal("float", math.type(zero))
    assert.equal(-math.huge, 1 / zero)
    local nan = vm.eval("0/0")
    assert.is_true(nan ~= nan)
  end)
end)

describe("globals", function()
  on_both("are read and set", function(m)
    m:set_global("spec_g", 41)
    assert.equal(42, m:eval("spec_g + 1"))
    m:run("spec_g = \"changed\";")
    assert.equal("changed", m:global("spec_g"))
    m:set_global("spec_g", nil)
    assert.is_nil(m:global("spec_g"))
    assert.equal("function", m:eval("clock") ~= nil and "function")
  end)

  on_both("that are undefined raise", function(m)
    misuse("Undefined variable 'spec_undefined'.", m.global, m, "spec_undefined")
  end)

  it("take strings of any bytes, symbols, maps and channels", function()
    for _, value in ipairs { "", "a\0b", true, false, 1.5, symbols.intern("s"), trie.new(),
      thread.channel() } do
      vm.set_global("spec_any", value)
      assert.equal(value, vm.global("spec_any"))
      assert.is_true(vm.eval("spec_any == spec_any"))
    end
  end)

  it("take integers that a double equals, and no others", function()
    for _, n in ipairs { 0, 1 << 53, -(1 << 53), (1 << 53) + 2, math.mininteger } do
      vm.set_global("spec_n", n)
      assert.equal(n, vm.global("spec_n"))
    end
    for _, n in ipairs { (1 << 53) + 1, math.maxinteger, -(1 << 53) - 1 } do
      misuse(("bad argument #2 to 'set_global' (no number of the language equals the integer %d)"):format(n),
        vm.set_global, "spec_n", n)
    end
    vm.set_global("spec_n", -0.0)
    assert.equal("-0", (vm.capture("print spec_n;"):gsub("\n", "")))
  end)
end)

describe("call", function()
  on_both("calls functions, classes, methods and natives", function(m)
    m:run("fun spec_add(a, b) { return a + b; }" ..
      "class SpecBox { init(v) { this.v = v; } get() { return this.v; } }" ..
      "var spec_box = SpecBox(7); var spec_get = spec_box.get;")
    assert.equal(3, m:call("spec_add", 1, 2))
    assert.equal("ab", m:call(m:global("spec_add"), "a", "b"))
    assert.equal("<fn spec_add>", tostring(m:global("spec_add")))
    assert.equal(7, m:call("spec_get"))
    local box = m:call("SpecBox", "held")
    assert.equal("SpecBox instance", tostring(box))
    m:set_global("spec_box", box)
    assert.equal("held", m:eval("spec_box.get()"))
    assert.is_true(rawequal(box, m:eval("spec_box")))
    assert.equal("number", type(m:call("clock")))
  end)

  on_both("raises run-time errors", function(m)
    m:run("fun spec_two(a, b) { return a - b; }")
    local function message(...) return select(2, pcall(m.call, m, ...)) end
    assert.is_not_nil(message("spec_two", 1):find("^Expected 2 arguments but got 1%."))
    assert.equal("Operands must be numbers.\n[line 1] in spec_two()", message("spec_two", 1, "x"))
    assert.is_not_nil(message(symbols.intern("x")):find("^Can only call functions and classes%."))
    m:set_global("spec_no_function", 3)
    assert.is_not_nil(message("spec_no_function"):find("^Can only call functions and classes%."))
    assert.is_not_nil(message("spec_unknown"):find("Undefined variable 'spec_unknown'.", 1, true))
  end)

  it("takes as many arguments as a function has", function()
    local names, values = {}, {}
    for i = 1, 255 do
      names[i] = "p" .. i
      values[i] = i
    end
    vm.run(("fun spec_many(%s) { return p1 + p255; }"):format(table.concat(names, ", ")))
    assert.equal(256, vm.call("spec_many", table.unpack(values)))
    values[256] = 1
    assert.has_error(function() vm.call("spec_many", table.unpack(values)) end,
      "^Expected 255 arguments but got 256%.")
  end)

  it("works on any thread", function()
    vm.run("fun spec_square(n) { return n * n; }")
    local threads = {}
    for i = 1, 8 do
      threads[i] = thread.spawn(function(f, i)
        local vm = require "interlox.vm"
        for _ = 1, 500 do
          if vm.call(f, i) ~= i * i or vm.call("spec_square", i) ~= i * i then return false end
        end
        return true
      end, vm.global("spec_square"), i)
    end
    for _, t in ipairs(threads) do assert.is_true(t:join()) end
  end)
end)

describe("a new VM", function()
  it("has globals of its own", function()
    local a, b = vm.new(), vm.new()
    a:run("var mine = \"a\";")
    b:run("var mine = \"b\";")
    assert.equal("a", a:global("mine"))
    assert.equal("b", b:global("mine"))
    assert.has_error(function() vm.global("mine") end, "Undefined variable 'mine'%.")
  end)

  it("may go while its functions stay", function()
    local f = (function()
      local m = vm.new()
      m:run("var n = 0; fun count() { n = n + 1; return n; }")
      return m:global("count")
    end)()
    collectgarbage()
    require("interlox.gc").collect(2)
    assert.equal(1, vm.call(f))
    assert.equal(2, vm.call(f))
  end)

  it("shares symbols and objects with the others", function()
    local m, map = vm.new(), trie.new()
    m:set_global("map", map)
    vm.set_global("spec_map", m:global("map"))
    assert.is_true(rawequal(map, vm.global("spec_map")))
  end)
end)

describe("objects of the VM", function()
  it("are kept alive by Lua", function()
    vm.run("class SpecNode { init(next, text) { this.next = next; this.text = text; } }" ..
      "fun spec_list(n) { var list = nil; for (var i = 0; i < n; i = i + 1) " ..
      "list = SpecNode(list, \"t\" + \"x\"); return list; } " ..
      "fun spec_length(l) { var n = 0; while (l != nil) { n = n + 1; l = l.next; } return n; }")
    local list = vm.call("spec_list", 1000)
    require("interlox.gc").collect(3)
    vm.call("spec_list", 1000)
    assert.equal(1000, vm.call("spec_length", list))
  end)
end)

describe("misuse of vm", function()
  it("names function, argument and what was expected", function()
    for _, case in ipairs { { "run", "source" }, { "capture", "source" }, { "eval", "expression" },
      { "global", "name" },
      { "set_global", "name" } } do
      local name, what = table.unpack(case)
      local text = ("bad argument #1 to '%s' (%s expected, got "):format(name, what)
      local m = vm.new()
      for _, call in ipairs { vm[name], function(...) return m[name](m, ...) end } do
        misuse(text .. "no value)", call)
        misuse(text .. "nil)", call, nil, 1)
        misuse(text .. "number)", call, 42, 1)
        misuse(text .. "table)", call, {}, 1)
      end
    end
    misuse("bad argument #2 to 'run' (name expected, got table)", vm.run, "1;", {})
    misuse("bad argument #2 to 'capture' (name expected, got number)", vm.capture, "1;", 1)
    misuse("bad argument #2 to 'set_global' (value expected, got no value)", vm.set_global, "x")
    misuse("bad argument #2 to 'set_global' (value expected, got table)", vm.set_global, "x", {})
    misuse("bad argument #2 to 'set_global' (value expected, got function)", vm.set_global, "x", print)
    misuse("bad argument #1 to 'call' (callable or name expected, got no value)", vm.call)
    misuse("bad argument #1 to 'call' (callable or name expected, got number)", vm.call, 1)
    misuse("bad argument #1 to 'call' (callable or name expected, got function)", vm.call, print)
    misuse("bad argument #2 to 'call' (value expected, got table)", vm.call, "clock", {})
    misuse("bad argument #3 to 'call' (no number of the language equals", vm.call, "clock", 1,
      math.maxinteger)
  end)

  it("names a method's wrong object", function()
    local m = vm.new()
    for _, name in ipairs { "run", "capture", "eval", "global", "set_global", "call" } do
      misuse(("calling '%s' on bad self (vm expected, got no value)"):format(name), m[name])
      misuse(("calling '%s' on bad self (vm expected, got string)"):format(name), m[name], "print 1;")
      misuse(("calling '%s' on bad self (vm expected, got map)"):format(name), m[name], trie.new(), "x")
    end
  end)
end)
