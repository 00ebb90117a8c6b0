-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local gc = require "interlox.gc"
local thread = require "interlox.thread"
local trace = require "interlox.trace"
local trie = require "interlox.trie"
local vm = require "interlox.vm"
local misuse = support.misuse

-- How many events of that kind and name are in a trace.
local function count(text, kind, name)
  local _, times = text:gsub(('{"ph":"%s","name":"%s"'):format(kind, name), "")
  return times
end

-- That it is JSON, read by another part of the program.
local function parsed(text)
  vm.set_global("text", text)
  assert.is_true(vm.run([[import "json"; var events = json.parse(text)["traceEvents"].length;]]))
  return vm.global("events")
end

describe("a trace", function()
  it("has what happened between start and stop", function()
    assert.is_false(trace.is_recording())
    gc.collect()
    trace.start()
    assert.is_true(trace.is_recording())
    local map = trie.new()
    for i = 1, 1000 do map:store(i, i) end
    map:clear()
    gc.collect()
    thread.spawn(function() return 1 end):join()
    local text, dropped = trace.stop()
    assert.is_false(trace.is_recording())
    gc.collect()
    assert.equal(0, dropped)
    assert.is_true(count(text, "X", "collection") >= 1)
    assert.equal(count(text, "X", "collection"), count(text, "X", "pause"))
    assert.is_true(count(text, "X", "root grows") >= 1)
    assert.equal(1, count(text, "X", "map cleared"))
    assert.is_true(count(text, "C", "heap") >= 1)
    assert.is_true(text:find('"thread_name"[^\n]*"Lua thread %d+"') ~= nil)
    assert.is_true(parsed(text) > 20)
  end)

  it("begins anew each time", function()
    trace.start()
    gc.collect()
    assert.is_true(count(trace.stop(), "X", "collection") >= 1)
    trace.start()
    assert.equal(0, count(trace.stop(), "X", "map cleared"))
  end)

  it("is written to a file", function()
    local path = os.tmpname()
    trace.start()
    gc.collect()
    assert.equal(0, trace.stop(path))
    local file <close> = assert(io.open(path))
    local text = file:read("a")
    os.remove(path)
    assert.is_true(count(text, "X", "collection") >= 1)
    assert.is_true(parsed(text) > 10)
  end)

  it("drops what its memory has no room for, and says how much", function()
    trace.start({ bytes = 65536 })
    for _ = 1, 2000 do trie.new():clear() end
    local text, dropped = trace.stop()
    assert.is_true(dropped > 500)
    assert.is_true(text:find('"dropped_events":' .. dropped, 1, true) ~= nil)
    assert.is_true(parsed(text) > 500)
  end)

  it("is refused where it makes no sense", function()
    misuse("calling 'stop' while no trace is being recorded", trace.stop)
    trace.start()
    misuse("calling 'start' while a trace is being recorded", trace.start)
    trace.stop()
    misuse("bad argument #1 to 'start' (table of options expected, got number)", trace.start, 1)
    misuse("bad argument #1 to 'start' (the only option is 'bytes')", trace.start, { size = 1 })
    misuse("bad argument #1 to 'start' ('bytes' must be an integer, at least 65536)", trace.start, { bytes = 65535 })
    misuse("bad argument #1 to 'start' ('bytes' must be an integer, at least 65536)", trace.start, { bytes = "1e6" })
    misuse("bad argument #1 to 'stop' (path expected, got table)", trace.stop, {})
    assert.is_false(trace.is_recording())
  end)

  it("is over, though its file can't be written", function()
    trace.start()
    misuse("cannot write '/nonexistent/x.json': No such file or directory", trace.stop, "/nonexistent/x.json")
    assert.is_false(trace.is_recording())
  end)

  it("of --trace can be stopped by a script, and is written all the same", function()
    support.with_file(".json", "", function(path)
      local _, errors, code = support.script(
        [[local t = require "interlox.trace"; print(t.is_recording()); t.stop()]], { "--trace=" .. path })
      assert.equal("", errors)
      assert.equal(0, code)
      local file <close> = assert(io.open(path))
      assert.equal(1, count(file:read("a"), "M", "process_name"))
    end)
  end)
end)
