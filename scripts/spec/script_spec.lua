-- SPDX-License-Identifier: BSD-3-Clause
-- `interlox lua`: how scripts are run, what they print and how they end.
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"

describe("a script", function()
  it("gets arg as in lua(1), and its arguments", function()
    local out, err, code = support.script([[
      print(arg[0] == debug.getinfo(1, "S").source:sub(2), #arg, arg[1], arg[2], arg[3])
      print(select("#", ...), ...)
      local lowest = 0
      while arg[lowest - 1] do lowest = lowest - 1 end
      print(lowest < -1, arg[-1], arg[lowest]:match("[^/]*$"))
    ]], {}, { "one", "", "-x y" })
    assert.same({ "true\t3\tone\t\t-x y\n3\tone\t\t-x y\ntrue\tlua\t" .. support.program():match("[^/]*$") ..
      "\n",
      "", 0 }, { out, err, code })
  end)

  it("may begin with #! and come from standard input", function()
    local out, err, code = support.script("#!/usr/bin/env interlox\nprint('ran')")
    assert.same({ "ran\n", "", 0 }, { out, err, code })
    out, err, code = support.run({ "lua", "-", "x" }, "print(arg[0], ...)")
    assert.same({ "-\tx\n", "", 0 }, { out, err, code })
  end)

  it("has the standard libraries", function()
    local out, err, code = support.script([[
      print(_VERSION, type(string.format), type(table.concat), type(math.sin), type(utf8.char), type(os.time),
        type(io.open), type(coroutine.wrap), type(debug.traceback), type(package.path), type(warn))
    ]])
    assert.same({ "Lua 5.4" .. ("\tfunction"):rep(8) .. "\tstring\tfunction\n", "", 0 }, { out, err, code })
  end)

  it("finds all modules from any folder", function()
    local out, err, code = support.script([[
      for _, name in ipairs { "trie", "symbols", "gc", "thread", "vm", "spec" } do
        package.path, package.cpath = "", ""
        local module = require("interlox." .. name)
        assert(module == require("interlox." .. name) and type(module) == "table")
      end
    ]])
    assert.same({ "", "", 0 }, { out, err, code })
  end)
end)

describe("an error", function()
  it("is a message and a traceback on stderr, and exit code 1", function()
    local out, err, code = support.script("print('before')\nlocal function f() error('broken') end\nf()")
    assert.equal("before\n", out)
    assert.equal(1, code)
    assert.is_not_nil(err:find("^interlox: [^\n]+%.lua:2: broken\nstack traceback:\n\t.*%.lua:2: in .*'f'"))
  end)

  it("in the syntax is one, too", function()
    local out, err, code = support.script("print('x'\n")
    assert.same({ "", 1 }, { out, code })
    assert.is_not_nil(err:find("')' expected", 1, true))
  end)

  it("may be any value", function()
    for source, text in pairs { ["error({})"] = "(error object is a table value)", ["error()"] = "nil value)",
      ["error(setmetatable({}, {__tostring = function() return 'own text' end}))"] = "interlox: own text\n",
      ["error(12)"] = "interlox: 12\n", ["error('a\\0b')"] = "a\0b" } do
      local out, err, code = support.script(source)
      assert.same({ "", 1 }, { out, code })
      assert.is_not_nil(err:find(text, 1, true))
    end
  end)

  it("of the VM shows its text", function()
    local _, err, code = support.script("require('interlox.vm').eval('1 + nil')")
    assert.equal(1, code)
    assert.is_not_nil(err:find("^interlox: Operands must be two numbers or two strings%.\n" ..
      "%[line 1%] in script\n"))
  end)

  it("never crashes the process", function()
    for _, source in ipairs {
      "local function f() return 1 + f() end f()",
      "local t = {} t[nil] = 1",
      "string.rep('x', -1)() ",
      "setmetatable({}, {__gc = function() error('in a finalizer') end}) collectgarbage() error('end')",
      "require('interlox.trie').new().load()",
      "debug.getmetatable(require('interlox.trie').new()).__index.load(io.stdout)",
      "debug.setmetatable(io.stdout, debug.getmetatable(require('interlox.trie').new())) io.stdout:load(1)",
      "local vm = require('interlox.vm').new() debug.getmetatable(vm).__gc(vm) vm:run('1;')",
      "local t = require('interlox.thread').spawn(function() end) debug.getmetatable(t).__gc(t) t:join()",
      "debug.getmetatable(require('interlox.vm').new()).__gc(io.stdout) error('x')",
      "coroutine.wrap(function() require('interlox.vm').eval('nope') end)()",
      "require('interlox.thread').spawn(function() local x <close> = setmetatable({}, {__close = error}) " ..
        "error('a') end):join()",
      "require('interlox.vm').run(('('):rep(100000)) error('x')",
      "require('interlox.vm').eval(('-'):rep(1000000) .. '1')",
      "require 'interlox.nothing'",
    } do
      local _, err, code = support.script(source)
      if code ~= 1 or not err:find("^interlox: ") then error(("%s: exit %s\n%s"):format(source, code,
        err)) end
    end
  end)

  it("reading the file is exit code 74", function()
    for _, path in ipairs { "/nonexistent/x.lua", "/" } do
      local out, err, code = support.run { "lua", path }
      assert.same({ "", 74 }, { out, code })
      assert.is_not_nil(err:find(path, 1, true))
    end
  end)
end)

describe("output", function()
  it("of print, io.write and the language keeps its order", function()
    local out, err, code = support.script([[
      local vm = require "interlox.vm"
      print("1", nil, 2.0)
      io.write("2", 3, "\n")
      vm.run("print \"3\";")
      io.stdout:write("4\n")
      io.output():write("5\n")
      vm.run("print \"6\";")
      print("7")
      io.stdout:setvbuf("full")
      io.write("8\n")
      print("9")
    ]])
    assert.same({ "1\tnil\t2.0\n23\n3\n4\n5\n6\n7\n8\n9\n", "", 0 }, { out, err, code })
  end)

  it("keeps its order beside stderr and child processes", function()
    local out = support.with_file(".lua", [[
      print("1")
      io.stderr:write("2\n")
      io.write("3\n")
      os.execute("echo 4")
      print("5")
      io.popen("echo 6", "w"):close()
      print("7")
      error("8", 0)
    ]], function(path)
      local command = ("'%s' lua %s 2>&1"):format(support.program(), path)
      local pipe <close> = io.popen(command)
      return pipe:read("a")
    end)
    assert.equal("1\n2\n3\n4\n5\n6\n7\ninterlox: 8\nstack", out:match("^.*stack"))
  end)

  it("of print uses __tostring and __name", function()
    local out = support.script([[
      print(setmetatable({}, { __tostring = function() return "shown" end }))
      print((tostring(setmetatable({}, { __name = "Named" })):gsub("0x%x+", "ADDRESS")))
      print(pcall(print, setmetatable({}, { __tostring = function() return {} end })))
      print()
    ]])
    assert.equal("shown\nNamed: ADDRESS\nfalse\t'__tostring' must return a string\n\n", out)
  end)

  it("of threads arrives line by line", function()
    local out, err, code = support.script([[
      local thread = require "interlox.thread"
      local threads = {}
      for i = 1, 4 do
        threads[i] = thread.spawn(function(id)
          for _ = 1, 200 do print(("line of thread %d"):format(id)) end
        end, i)
      end
      for _, t in ipairs(threads) do t:join() end
    ]])
    assert.same({ "", 0 }, { err, code })
    local count = 0
    for line in out:gmatch("[^\n]*\n") do
      assert.is_not_nil(line:find("^line of thread %d\n$"))
      count = count + 1
    end
    assert.equal(800, count)
  end)

  it("that can't be written is exit code 74", function()
    local code = support.with_file(".lua", "print('x')", function(path)
      return select(3, os.execute(("'%s' lua %s >/dev/full 2>/dev/null"):format(support.program(), path)))
    end)
    assert.equal(74, code)
  end)
end)

describe("os.exit", function()
  it("ends with the code, output flushed", function()
    for source, expected in pairs { ["os.exit()"] = 0, ["os.exit(true)"] = 0, ["os.exit(false)"] = 1,
      ["os.exit(7)"] = 7,
      ["os.exit(3, true)"] = 3, ["os.exit(4.0)"] = 4, ["coroutine.wrap(os.exit)(5)"] = 5 } do
      local out, err, code = support.script("print('printed') io.write('written') " .. source ..
        " print('never')")
      assert.same({ "printed\nwritten", "", expected }, { out, err, code })
    end
  end)

  it("flushes open files", function()
    local path = os.tmpname()
    support.script(("FILE = io.open(%q, 'w') FILE:write('kept') os.exit(0)"):format(path))
    local file <close> = assert(io.open(path))
    os.remove(path)
    assert.equal("kept", file:read("a"))
  end)

  it("closes the state when asked to", function()
    local out = support.script("setmetatable({}, {__gc = function() print('closed') end}) os.exit(0, true)")
    assert.equal("closed\n", out)
  end)

  it("ends the process from a thread", function()
    local _, _, code = support.script("require('interlox.thread').spawn(function() os.exit(9) end):join()")
    assert.equal(9, code)
  end)

  it("does not wait for a thread that reads standard input", function()
    support.with_file(".lua", [[
      local thread = require "interlox.thread"
      local ready = thread.channel()
      thread.spawn(function(c) c:send(true) io.read() end, ready)
      ready:recv()
      ready:recv(0.05)
      print("end")
      os.exit(6)
    ]], function(path)
      -- The pipe's writer keeps it open until the script has ended, but not for ever.
      local script = [[
        { for i in $(seq 200); do [ -s "$1.code" ] && echo first >"$1.order" && break; sleep 0.1; done; } |
          { "$2" lua "$1" >/dev/null; echo $? >"$1.code"; }
        cat "$1.code" "$1.order"
        rm -f "$1.code" "$1.order"
      ]]
      local pipe <close> = io.popen(("sh -c '%s' sh %s '%s'"):format(script, path, support.program()))
      assert.equal("6\nfirst\n", pipe:read("a"))
    end)
  end)

  it("refuses what is no code", function()
    local _, err, code = support.script("os.exit('x')")
    assert.equal(1, code)
    assert.is_not_nil(err:find("bad argument #1 to 'exit' (exit code expected, got string)", 1, true))
  end)
end)

describe("the end of the script", function()
  it("is the end of the process, whatever its threads do", function()
    for _, body in ipairs { "while true do end", "require('interlox.thread').channel():recv()",
      "while true do require('interlox.trie').new():store(1, {'x'}[1]) end",
      "require('interlox.vm').run('while (true) {}')" } do
      local out, err, code = support.script(([[
        local thread = require "interlox.thread"
        local ready = thread.channel()
        for _ = 1, 3 do thread.spawn(function(ready) ready:send(true) %s end, ready) end
        for _ = 1, 3 do ready:recv() end
        print("end")
      ]]):format((body:gsub("{'x'}%[1%]", "'x'"))))
      assert.same({ "end\n", "", 0 }, { out, err, code })
    end
  end)

  it("shows the errors of threads that nobody joined", function()
    local out, err, code = support.script([[
      local thread = require "interlox.thread"
      local done = thread.channel()
      local function fail(name, done) done:send(name) error(name, 0) end
      local joined = thread.spawn(fail, "joined", done)
      pcall(joined.join, joined)
      local kept = thread.spawn(fail, "kept", done)
      thread.spawn(fail, "dropped", done)
      for _ = 1, 3 do done:recv() end
      collectgarbage()  -- of the dropped one nobody can ask any more
      require("interlox.vm").run('import "time"; time.sleep(0.2);')
      print("end")
    ]])
    assert.same({ "end\n", 0 }, { out, code })
    assert.is_not_nil(err:find("interlox: kept\n", 1, true))
    assert.is_not_nil(err:find("interlox: dropped\n", 1, true))
    assert.is_nil(err:find("joined", 1, true))
  end)

  it("comes when all threads wait for each other, with what they wait for", function()
    local _, err, code = support.script([[
      local thread = require "interlox.thread"
      local channel = thread.channel(0)
      local function wait(channel) channel:recv() end
      local t = thread.spawn(wait, channel)
      require("interlox.vm").run("fun lox(t) { t.receive(); }")
      require("interlox.vm").call("lox", thread.channel())
    ]])
    assert.equal(1, code)
    assert.is_not_nil(err:find("^Deadlock: all threads are blocked.\nMain thread, in receive%(%):\n%[line 1%] in lox%(%)\n"))
    assert.is_not_nil(err:find("%.lua:5: in main chunk\nLua thread 1, in receive%(%):\n.*%.lua:3: in a function\n$") or
      err:find("%.lua:6: in main chunk\nLua thread 1, in receive%(%):\n.*%.lua:3: in a function\n$"))
  end)

  it("does not come while one of them waits for a time", function()
    local out, _, code = support.script([[
      local thread = require "interlox.thread"
      local channel = thread.channel()
      local t = thread.spawn(function(c) c:recv(0.05) c:send(1) return c:recv() end, channel)
      local u = thread.spawn(function(c) return (c:recv()) end, thread.channel())
      print(t:join())
    ]])
    assert.same({ "1\n", 0 }, { out, code })
  end)

  it("runs finalizers and closes files", function()
    local out = support.script("setmetatable({}, {__gc = function() print('finalized') end}) print('end')")
    assert.equal("end\nfinalized\n", out)
  end)
end)
