-- SPDX-License-Identifier: BSD-3-Clause
-- interlox.spec itself, and how `interlox test` reports.
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"

-- Runs `source` as a spec in a child; gives the lines of its output without the comments, the
-- whole output, and the exit code.
local function tested(source)
  return support.with_file("_spec.lua", source, function(path)
    local out, err, code = support.run { "test", path }
    assert.equal("", err)
    local lines = {}
    for line in out:gmatch("[^\n]+") do
      if line:sub(1, 1) ~= "#" then lines[#lines + 1] = line end
    end
    return lines, out, code
  end)
end

describe("assertions", function()
  it("pass what is right", function()
    assert.equal(1, 1.0)
    assert.equal("a", "a")
    assert.same({ 1, { x = { 2 } } }, { 1, { x = { 2.0 } } })
    assert.is_true(true)
    assert.is_false(false)
    assert.is_nil(nil)
    assert.is_not_nil(false)
    assert.near(1, 1.05, 0.1)
    assert.near(math.huge, math.huge, 0)
    assert.equal("x: broken", assert.has_error(function() error("x: broken", 0) end, "^x: %l+$"))
    assert.has_error(setmetatable({}, { __call = function() error("callable") end }), "callable")
  end)

  it("compare tables that contain themselves", function()
    local a, b = { 1 }, { 1 }
    a.self, b.self = a, b
    assert.same(a, b)
    b[1] = 2
    assert.has_error(function() assert.same(a, b) end, "first at %[1%]")
  end)

  local function message_of(f, ...)
    local ok, message = pcall(f, ...)
    if ok then error("the assertion passed", 2) end
    return message
  end

  it("fail what is wrong, and say what was expected", function()
    local nan = 0 / 0
    for _, case in ipairs {
      { "expected: 1\nactual:   2", assert.equal, 1, 2 },
      { "(integer and string)", assert.equal, 1, "1" },
      { "not equal", assert.equal, {}, {} },
      { "not equal", assert.equal, nan, nan },
      { "first at [\"a\"][2]", assert.same, { a = { 1, 2 } }, { a = { 1, 3 } } },
      { "first at [\"b\"]", assert.same, {}, { b = 1 } },
      { "first at [\"b\"]", assert.same, { b = 1 }, {} },
      { "expected: {}\nactual:   1", assert.same, {}, 1 },
      { "expected true, got 1", assert.is_true, 1 },
      { "expected false, got nil", assert.is_false, nil },
      { "expected nil, got false", assert.is_nil, false },
      { "expected a value, got nil", assert.is_not_nil, nil },
      { "expected an error, got none", assert.has_error, function() end },
      { "the error does not match", assert.has_error, function() error("x") end, "^y" },
      { "give or take 0.1", assert.near, 1, 1.2, 0.1 },
      { "give or take", assert.near, 1, nan, 0.1 },
      { "expected a number", assert.near, 1, "1", 0.1 },
    } do
      local message = message_of(table.unpack(case, 2, 5))
      if not message:find(case[1], 1, true) then error(("%s\nis not in\n%s"):format(case[1], message)) end
    end
  end)

  it("name the line of the test", function()
    local message = message_of(function() assert.equal(1, 2) end)
    assert.is_not_nil(message:find("library_spec.lua:%d+: values are not equal"))
  end)

  it("refuse wrong arguments", function()
    support.misuse("bad argument #1 to 'has_error' (function expected, got string)", assert.has_error, "x")
    support.misuse("bad argument #2 to 'has_error' (pattern expected, got number)", assert.has_error, error,
      1)
    support.misuse("bad argument #1 to 'near' (number expected, got nil)", assert.near, nil, 1, 1)
    support.misuse("bad argument #3 to 'near' (number expected, got nil)", assert.near, 1, 1)
    support.misuse("bad argument #1 to 'assert' (value expected, got no value)", assert)
  end)

  it("leave assert(x) what it is", function()
    assert.same({ 1, "more" }, { assert(1, "more") })
    assert.has_error(function() assert(false) end, "assertion failed!")
    assert.has_error(function() assert(nil, "own message") end, "own message")
  end)
end)

describe("a report", function()
  it("is TAP", function()
    local lines, out, code = tested [[
      it("passes", function() end)
      describe("outer", function()
        it("fails", function() assert.equal(1, 2) end)
        describe("inner", function() it("passes # not a directive", function() end) end)
      end)
      pending("not yet", function() error("never run") end)
      it("ends early", function() pending("for a reason") end)
    ]]
    assert.same({ "ok 1 - passes", "not ok 2 - outer fails", "ok 3 - outer inner passes \\# not a directive",
      "ok 4 - not yet # SKIP", "ok 5 - ends early # SKIP for a reason", "1..5" }, lines)
    assert.is_not_nil(out:find("\n# [^\n]+: values are not equal\n# expected: 1\n# actual:   2\n" ..
      "# stack traceback:\n"))
    assert.is_not_nil(out:find("\n# 2 passed, 1 failed, 2 skipped\n$"))
    assert.equal(1, code)
  end)

  it("turns what tests print into comments", function()
    local lines, out, code = tested [[
      print("while loading")
      it("prints", function()
        print("ok 99 - from print")
        io.write("1..7\nunfinished")
        require("interlox.vm").run("print \"from the language\";")
        require("interlox.thread").spawn(function() print("from a thread") end):join()
        io.write("last")
      end)
    ]]
    assert.same({ "ok 1 - prints", "1..1" }, lines)
    assert.is_not_nil(out:find("# while loading\n# ok 99 - from print\n" ..
      "# 1..7\n# unfinishedfrom the language\n" ..
      "# from a thread\n# last\nok 1 - prints\n", 1, true))
    assert.equal(0, code)
  end)

  it("fails for a file that does not load", function()
    for _, source in ipairs { "it(", "error('broken')", "it('x')", "describe('x')",
      "undefined_function()" } do
      local lines, _, code = tested(source)
      assert.equal(2, #lines)
      assert.is_not_nil(lines[1]:find("^not ok 1 %- "))
      assert.equal(1, code)
    end
  end)

  it("fails for a path that is not there, and for no tests at all", function()
    local out, _, code = support.run { "test", "/nonexistent/spec.lua" }
    assert.is_not_nil(out:find("^# /nonexistent/spec.lua\nnot ok 1 %- /nonexistent/spec.lua\n"))
    assert.equal(1, code)
    local lines
    lines, _, code = tested("")
    assert.same({ { "1..0" }, 1 }, { lines, code })
    lines, _, code = tested("pending('x')")
    assert.same({ { "ok 1 - x # SKIP", "1..1" }, 1 }, { lines, code })
  end)

  it("fails for an error in describe, and goes on", function()
    local lines, _, code = tested [[
      describe("broken", function() it("was collected", function() end) error("here") end)
      it("later", function() end)
    ]]
    assert.same({ "ok 1 - broken was collected", "not ok 2 - broken", "ok 3 - later", "1..3" }, lines)
    assert.equal(1, code)
  end)

  it("fails for os.exit, which would hide what is left", function()
    local lines, out, code = tested("it('exits', function() os.exit(0) end) it('later', function() end)")
    assert.same({ "not ok 1 - exits", "ok 2 - later", "1..2" }, lines)
    assert.is_not_nil(out:find("os.exit would end the test run", 1, true))
    assert.equal(1, code)
  end)

  it("shows errors that are tables", function()
    local _, out = tested("it('x', function() error({ code = 7 }) end)")
    assert.is_not_nil(out:find("# error object: {[\"code\"] = 7}", 1, true))
  end)

  it("numbers the tests of all files, each with globals and VM of its own", function()
    local folder = os.tmpname()
    os.remove(folder)
    os.execute(("mkdir -p %s/deeper"):format(folder))
    local function write(name, text)
      local file <close> = assert(io.open(folder .. "/" .. name, "w"))
      file:write(text)
    end
    local source = [[it("is fresh", function()
      local vm = require "interlox.vm"
      assert.is_nil(leaked)
      assert.has_error(function() vm.global("leaked") end)
      leaked = true
      vm.set_global("leaked", true)
    end)]]
    write("b_spec.lua", source)
    write("a_spec.lua", source)
    write("deeper/c_spec.lua", source)
    write("no_test.lua", "error('not a spec')")
    local out, _, code = support.run { "test", folder, folder .. "/a_spec.lua" }
    os.execute("rm -r " .. folder)
    assert.equal(0, code)
    local order = {}
    for name in out:gmatch("# [^\n]*/(%w+)_spec.lua\nok") do order[#order + 1] = name end
    assert.same({ "a", "b", "c", "a" }, order)
    assert.is_not_nil(out:find("ok 4 - is fresh\n1..4\n# 4 passed, 0 failed\n", 1, true))
  end)
end)

describe("before_each and after_each", function()
  it("run around each test, outer ones outermost, whatever fails", function()
    local _, out = tested [[
      before_each(function() print("b0") end)
      after_each(function() print("a0") end)
      describe("d", function()
        it("first", function() print("first") error("x") end)
        before_each(function() print("b1") end)
        before_each(function() print("b2") end)
        after_each(function() print("a1") end)
        it("second", function() print("second") end)
      end)
      it("third", function() print("third") end)
    ]]
    local seen = {}
    for word in out:gmatch("\n# (%w+)\n?%f[\n#on]") do seen[#seen + 1] = word end
    assert.equal("b0 b1 b2 first a1 a0", out:match("# (b0\n.-)\nnot ok"):gsub("\n# ", " "), nil)
    assert.equal("b0 b1 b2 second a1 a0", (out:match("# (b0\n# b1\n# b2\n# second.-)\nok"):gsub("\n# ", " ")))
    assert.equal("b0 third a0", (out:match("# (b0\n# third.-)\nok"):gsub("\n# ", " ")))
  end)

  it("fail the test when they fail", function()
    local lines = tested [[
      describe("before", function()
        before_each(function() error("b") end)
        it("is not run", function() print("ran") end)
      end)
      describe("after", function()
        after_each(function() error("a") end)
        it("fails", function() end)
      end)
    ]]
    assert.same({ "not ok 1 - before is not run", "not ok 2 - after fails", "1..2" }, lines)
  end)
end)

describe("misuse of the library", function()
  it("names function, argument and what was expected", function()
    local spec = require "interlox.spec"
    support.misuse("bad argument #1 to 'run' (function expected, got nil)", spec.run)
    for _, name in ipairs { "describe", "it", "pending", "before_each", "after_each" } do
      if name ~= "pending" then
        support.misuse(("'%s' can't be called in a test"):format(name), spec[name], "x", function() end)
      end
    end
    local _, out = tested [[
      for _, name in ipairs { "describe", "it", "pending" } do
        print(select(2, pcall(_G[name])))
        print(select(2, pcall(_G[name], 1, print)))
        print(select(2, pcall(_G[name], "x", 1)))
      end
      print(select(2, pcall(before_each)))
      print(select(2, pcall(after_each, "x")))
      it("x", function() end)
    ]]
    for _, text in ipairs {
      "bad argument #1 to 'describe' (name expected, got nil)",
        "bad argument #1 to 'describe' (name expected, got number)",
      "bad argument #2 to 'describe' (function expected, got number)",
        "bad argument #1 to 'it' (name expected, got nil)",
      "bad argument #2 to 'it' (function expected, got number)",
        "bad argument #1 to 'pending' (name expected, got nil)",
      "bad argument #2 to 'pending' (function expected, got number)",
      "bad argument #1 to 'before_each' (function expected, got nil)",
      "bad argument #1 to 'after_each' (function expected, got string)" } do
      assert.is_not_nil(out:find(text, 1, true))
    end
  end)

  it("does not keep it from ordinary scripts", function()
    local out, err, code = support.script([[
      local spec = require "interlox.spec"
      spec.it("one", function() spec.assert.is_true(true) end)
      spec.it("two", function() error("x", 0) end)
      print(spec.run(function(verdict, name) print(verdict, name) end))
    ]])
    assert.same({ "passed\tone\nfailed\ttwo\n1\t1\t0\n", "", 0 }, { out, err, code })
  end)
end)
