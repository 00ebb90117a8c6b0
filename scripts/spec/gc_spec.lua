-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local gc = require "interlox.gc"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local trie = require "interlox.trie"
local unique = require "interlox.unique"
local vm = require "interlox.vm"
local misuse = support.misuse

describe("gc.collect", function()
  it("does one collection, or as many as asked for", function()
    local function done(...)
      local before = gc.stats().collections
      assert.equal(0, select("#", gc.collect(...)))
      return gc.stats().collections - before
    end
    assert.is_true(done() >= 1)
    assert.is_true(done(nil) >= 1)
    assert.is_true(done(3) >= 3)
    assert.is_true(done(2.0) >= 2)
    assert.is_true(done(0) >= 0)
  end)

  it("frees what Lua dropped", function()
    -- Each map is 100 nodes; were they kept, the heap would hold 60 MB more.
    local function churn()
      for _ = 1, 500 do
        local map = trie.new()
        for i = 1, 100 do map:store(i, ("x"):rep(1000)) end
      end
    end
    churn()
    gc.collect(3)
    local before = gc.stats().used_bytes
    churn()
    gc.collect(3)
    assert.is_true(gc.stats().used_bytes < before + 20e6)
  end)

  it("keeps what Lua holds, wherever it holds it", function()
    local function made(n)
      local map = trie.new()
      for i = 1, 100 do map:store(i, ("%d %d"):format(n, i)) end
      return map
    end
    local in_table, in_closure, in_coroutine = { made(1) }, nil, nil
    do
      local map = made(2)
      in_closure = function() return map end
      in_coroutine = coroutine.wrap(function(m)
        while true do coroutine.yield(m) end
      end)
      in_coroutine(made(3))
    end
    gc.collect(3)
    for _ = 1, 200 do made(0) end
    for n, map in ipairs { in_table[1], in_closure(), in_coroutine() } do
      for i = 1, 100 do assert.equal(("%d %d"):format(n, i), map:load(i)) end
    end
  end)

  it("may be called from a finalizer", function()
    local called = false
    setmetatable({}, { __gc = function()
      gc.collect()
      called = true
    end })
    collectgarbage()
    assert.is_true(called)
  end)

  it("refuses what is no count", function()
    misuse("bad argument #1 to 'collect' (count expected, got string)", gc.collect, "1")
    misuse("bad argument #1 to 'collect' (number has no integer representation)", gc.collect, 1.5)
    misuse("bad argument #1 to 'collect' (count must not be negative)", gc.collect, -1)
  end)
end)

describe("gc.stats", function()
  it("is a table of integers", function()
    gc.collect()
    local stats = gc.stats()
    for _, name in ipairs { "collections", "heap_bytes", "used_bytes", "allocated_bytes", "pause_ns_last",
      "pause_ns_max", "pause_ns_total" } do
      assert.equal("integer", math.type(stats[name]))
      assert.is_true(stats[name] > 0)
    end
    assert.equal("integer", math.type(stats.weak_cleared))
    assert.equal("integer", math.type(stats.cleanups_run))
    assert.is_true(stats.pause_ns_last <= stats.pause_ns_max)
    assert.is_true(stats.pause_ns_max <= stats.pause_ns_total)
    assert.is_true(stats.used_bytes <= stats.heap_bytes)
  end)

  it("grows with what is allocated", function()
    local before = gc.stats().allocated_bytes
    local map = trie.new()
    for i = 1, 1000 do map:store(i, ("x"):rep(1000)) end
    assert.is_true(gc.stats().allocated_bytes >= before + 1000000)
  end)

  it("counts nodes when the program was started with --count-nodes, else not", function()
    local source = [[
      local gc, trie = require "interlox.gc", require "interlox.trie"
      local map = trie.new()
      local start = gc.stats()
      if not start.nodes_allocated then print("not counted") return end
      local function fill() for i = 1, 20000 do map:store(i, i) end end
      fill()
      local filled = gc.stats()
      assert(filled.nodes_allocated - start.nodes_allocated >= 20000)
      for i = 1, 20000 do map:delete(i) end
      local retired = gc.stats().nodes_retired - start.nodes_retired
      assert(retired >= 20000 and retired <= gc.stats().nodes_allocated, retired)
      assert(retired == map:stats().retired)
      gc.collect(2)
      local reclaimed = gc.stats().nodes_reclaimed
      assert(reclaimed >= retired * 0.95 and reclaimed <= gc.stats().nodes_allocated, reclaimed)
      print("counted")
    ]]
    local out, err, code = support.script(source, { "--count-nodes" })
    assert.same({ "counted\n", "", 0 }, { out, err, code })
    out, err, code = support.script(source)
    assert.same({ "not counted\n", "", 0 }, { out, err, code })
  end)
end)

describe("a small heap", function()
  it("runs out with an error that can be caught, and goes on", function()
    local out, err, code = support.script([[
      local gc, trie, thread = require "interlox.gc", require "interlox.trie", require "interlox.thread"
      for round = 1, 2 do
        local kept = trie.new()
        local ok, message = pcall(function()
          for i = 1, math.huge do kept:store(i, ("x"):rep(10000)) end
        end)
        assert(not ok)
        print(round, message)
        assert(kept:check() and #kept > 10)
        kept = nil
        gc.collect(2)
      end
      local channel = thread.channel()
      print(pcall(function() while true do channel:send({ ("y"):rep(10000) }) end end))
      channel = nil
      gc.collect(2)
      print(pcall(function()
        local all = {}
        while true do all[#all + 1] = thread.channel() end
      end))
      gc.collect(2)
      local map = trie.new()
      map:store("still", "works")
      print(map:load("still"))
    ]], { "--initial-heap=4m", "--max-heap=16m" })
    assert.same({ "1\tnot enough memory\n2\tnot enough memory\n" ..
      "false\tnot enough memory\nfalse\tnot enough memory\n" ..
      "works\n", "", 0 }, { out, err, code })
  end)

  it("uncaught is an error like others", function()
    local out, err, code = support.script([[
      print("start")
      local map = require("interlox.trie").new()
      for i = 1, math.huge do map:store(i, ("x"):rep(10000)) end
    ]], { "--initial-heap=4m", "--max-heap=16m" })
    assert.equal("start\n", out)
    assert.equal(1, code)
    assert.is_not_nil(err:find("^interlox: not enough memory"))
  end)

  it("is no reason to keep what Lua has dropped but not collected", function()
    local out, err, code = support.script([[
      local trie = require "interlox.trie"
      collectgarbage("stop")
      for _ = 1, 200 do
        local map = trie.new()
        for i = 1, 100 do map:store(i, ("x"):rep(10000)) end
      end
      print("through")
    ]], { "--initial-heap=4m", "--max-heap=32m" })
    assert.same({ "through\n", "", 0 }, { out, err, code })
  end)

  it("runs out on two threads at once, and both go on", function()
    local out, err, code = support.script([[
      local thread = require "interlox.thread"
      local function hog()
        local trie = require "interlox.trie"
        local failures = 0
        for _ = 1, 3 do
          local map = trie.new()
          local ok, message = pcall(function()
            for i = 1, math.huge do map:store(i, ("x"):rep(10000)) end
          end)
          if not ok and message == "not enough memory" then failures = failures + 1 end
          map:clear()
        end
        return failures
      end
      local a, b = thread.spawn(hog), thread.spawn(hog)
      print(a:join(), b:join())
    ]], { "--initial-heap=4m", "--max-heap=32m" })
    assert.same({ "3\t3\n", "", 0 }, { out, err, code })
  end)
end)

describe("a collection at every few allocations", function()
  it("changes nothing", function()
    local out, err, code = support.script([[
      local trie, thread, vm = require "interlox.trie", require "interlox.thread", require "interlox.vm"
      local symbols = require "interlox.symbols"
      local map, channel = trie.new { hash = "truncated" }, thread.channel(1)
      local t = thread.spawn(function(map, channel)
        for i = 1, 20 do
          map:store("child " .. i, tostring(i))
          channel:send({ i, { "nested " .. i } })
        end
        return map:load("child 20")
      end, map, channel)
      for i = 1, 20 do
        map:store(i + 0.5, symbols.intern("s" .. i))
        local got = channel:recv()
        assert(got[1] == i and got[2][1] == "nested " .. i)
      end
      assert(t:join() == "20")
      for i = 1, 20 do assert(map:load(i + 0.5).name == "s" .. i and map:load("child " ..
        i) == tostring(i)) end
      local text = vm.capture("class A { m() { return \"x\" + \"y\"; } } print A().m();")
      assert(text == "xy\n" and #map == 40 and map:check())
      print("fine")
    ]], { "--gc-stress=3", "--initial-heap=4m" })
    assert.same({ "fine\n", "", 0 }, { out, err, code })
  end)
end)

describe("gc.weak", function()
  it("gives the object while it lives, and nil after", function()
    local symbol = symbols.intern("weakly held")
    local reference = gc.weak(symbol)
    gc.collect(2)
    assert.is_true(rawequal(symbol, reference:get()))
    assert.equal("<WeakRef>", tostring(reference))
  end)

  it("takes symbols, handles, maps, channels and objects of the VM", function()
    vm.run("class WeakSpec {} fun weakSpec() {} var weakSpecList = List(3, 0);")
    local objects = { symbols.intern("x"), unique.make(1), trie.new(), thread.channel(), vm.eval("WeakSpec()"),
      vm.global("weakSpec"), vm.global("weakSpecList"), vm.global("WeakSpec") }
    local references = {}
    for i, object in ipairs(objects) do references[i] = gc.weak(object) end
    gc.collect()
    for i, object in ipairs(objects) do assert.equal(object, references[i]:get()) end
  end)

  it("keeps nothing alive", function()
    local before = gc.stats().weak_cleared
    local references = {}
    local function fill()
      for i = 1, 1000 do references[i] = gc.weak(i % 2 == 0 and trie.new() or unique.make("weak " .. i)) end
    end
    fill()
    gc.collect(2)
    local gone = 0
    for i = 1, 1000 do gone = gone + (references[i]:get() == nil and 1 or 0) end
    assert.is_true(gone >= 950, gone)
    assert.is_true(gc.stats().weak_cleared - before >= gone)
  end)

  it("refuses what has no identity", function()
    misuse("bad argument #1 to 'weak' (symbol, handle, map, channel or VM object expected, got no value)", gc.weak)
    misuse("expected, got number)", gc.weak, 1)
    misuse("expected, got string)", gc.weak, "x")
    misuse("expected, got table)", gc.weak, {})
    misuse("calling 'get' on bad self (weakref expected, got nil)", gc.weak(trie.new()).get, nil)
  end)
end)

describe("gc.cleanup", function()
  it("sends the value, once, when the object has gone", function()
    local channel = thread.channel()
    local before = gc.stats().cleanups_run
    local function drop()
      for i = 1, 100 do gc.cleanup(trie.new(), channel, i) end
    end
    drop()
    gc.collect(2)
    local seen, count = {}, 0
    for _ = 1, 100 do
      local value = channel:recv(0)
      if value then
        assert.is_nil(seen[value])
        seen[value], count = true, count + 1
      end
    end
    assert.is_true(count >= 95, count)
    assert.is_nil(channel:recv(0))
    assert.equal(before + count, gc.stats().cleanups_run)
  end)

  it("does not run while the object lives", function()
    local channel, object = thread.channel(), trie.new()
    gc.cleanup(object, channel, "early")
    gc.collect(2)
    assert.is_nil(channel:recv(0))
    object:store(1, 2)
  end)

  it("can be stopped until it has run", function()
    local channel, cleanups, objects = thread.channel(), {}, {}
    for i = 1, 100 do
      objects[i] = trie.new()
      cleanups[i] = gc.cleanup(objects[i], channel, i)
    end
    for i = 1, 50 do
      assert.is_true(cleanups[i]:stop())
      assert.is_false(cleanups[i]:stop())
    end
    objects = nil
    gc.collect(2)
    local count = 0
    while true do
      local value = channel:recv(0)
      if not value then break end
      assert.is_true(value > 50)
      assert.is_false(cleanups[value]:stop())
      count = count + 1
    end
    assert.is_true(count >= 45, count)
  end)

  it("sends tables as channels do, and drops what a closed channel would get", function()
    local channel, closed = thread.channel(), thread.channel()
    closed:close()
    local function drop()
      for i = 1, 10 do
        gc.cleanup(trie.new(), closed, i)
        gc.cleanup(trie.new(), channel, { "a table", { i } })
      end
    end
    drop()
    gc.collect(2)
    local value = channel:recv(0)
    assert.equal("a table", value[1])
    assert.equal(1, #value[2])
  end)

  it("does not hold up collect for more than a second", function()
    local blocked = thread.channel(0)
    local function drop()
      for _ = 1, 3 do gc.cleanup(trie.new(), blocked, "nobody receives yet") end
    end
    drop()
    local begin = thread.now()
    gc.collect(3)
    assert.is_true(thread.now() - begin < 5)
    blocked:close()
    gc.collect()
  end)

  it("names function, argument and what was expected", function()
    local channel, map = thread.channel(), trie.new()
    misuse("bad argument #1 to 'cleanup' (symbol, handle, map, channel or VM object expected, got number)",
      gc.cleanup, 1, channel, 1)
    misuse("bad argument #2 to 'cleanup' (channel expected, got no value)", gc.cleanup, map)
    misuse("bad argument #2 to 'cleanup' (channel expected, got map)", gc.cleanup, map, map, 1)
    misuse("bad argument #3 to 'cleanup' (value or plain table expected, got nil)", gc.cleanup, map, channel, nil)
    misuse("bad argument #3 to 'cleanup' (the value must not be the object itself)", gc.cleanup, map, channel, map)
    misuse("bad argument #2 to 'cleanup' (the channel must not be the object itself)", gc.cleanup, channel, channel, 1)
    misuse("calling 'stop' on bad self (cleanup expected, got nil)", gc.cleanup(map, channel, 1).stop, nil)
  end)
end)

describe("onCollect and gc.collect", function()
  it("run cleanups of the language before collect returns, with their output captured", function()
    -- Many, since a word that a call has left on the stack may keep one.
    local out, status, err = vm.capture([[
      fun bye(x) { print "bye " + x; }
      fun drop() { onCollect(List(), bye, "list"); }
      for (var i = 0; i < 1000; i += 1) drop();
      GC.collect();
    ]])
    assert.equal("ok", status)
    assert.equal("", err)
    local farewells = select(2, out:gsub("bye list\n", ""))
    assert(farewells >= 950 and #out == farewells * #"bye list\n", farewells)
  end)
end)

describe("gc.snapshot", function()
  it("writes what scripts and the language hold", function()
    local path = os.tmpname()
    local map = trie.new()
    map:store("key", vm.eval("[`only ${1} has this`]"))
    assert.equal(0, select("#", gc.snapshot(path)))
    local file <close> = assert(io.open(path, "rb"))
    local text = file:read("a")
    os.remove(path)
    assert(text:find('"only 1 has this"', 1, true), "the string is there")
    assert(text:find('"ConcurrentMap"', 1, true), "the map is there")
    assert(text:find('"node_fields":["type","name","id","self_size","edge_count"]', 1, true), "the head is there")
    assert.equal(1, #map)
  end)

  it("says why it can't", function()
    assert.has_error(function() gc.snapshot("/nonexistent/x") end,
      "cannot write '/nonexistent/x': No such file or directory")
    misuse("bad argument #1 to 'snapshot' (path expected, got no value)", gc.snapshot)
    misuse("bad argument #1 to 'snapshot' (path without NUL expected)", gc.snapshot, "a\0b")
  end)
end)
