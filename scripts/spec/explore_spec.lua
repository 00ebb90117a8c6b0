-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local explore = require "interlox.explore"
local trie = require "interlox.trie"
local misuse = support.misuse

-- Records while f runs. Returns the page, the number of events, and how many there was no room for.
local function page_of(f, options)
  local path = os.tmpname()
  explore.start(options)
  f()
  local events, dropped = explore.stop(path)
  local file <close> = assert(io.open(path))
  local page = file:read("a")
  os.remove(path)
  return page, events, dropped
end

local function number(page, name)
  return math.tointeger(page:match('"' .. name .. '":(%d+)'))
end

describe("a page", function()
  it("has what maps do between start and stop", function()
    assert.is_false(explore.is_recording())
    local map = trie.new()
    map:store("before", 1)
    local page, events, dropped = page_of(function()
      assert.is_true(explore.is_recording())
      for i = 1, 100 do map:store(i, i) end
    end)
    assert.is_false(explore.is_recording())
    assert.is_true(events >= 200)  -- of each entry its birth and its link
    assert.equal(0, dropped)
    assert.equal(events, number(page, "events"))
    assert.is_true(page:find('{"name":"ConcurrentMap 1","kind":"map"}', 1, true) ~= nil)
    assert.is_true(page:find('<script id="recording" type="text/plain">\n%w') ~= nil)
  end)

  it("begins anew each time", function()
    page_of(function() trie.new():store(1, 1) end)
    local page, events = page_of(function() end)
    assert.equal(0, events)
    assert.is_true(page:find('"maps":[]', 1, true) ~= nil)
  end)

  it("ends where its memory has no room for more, and says how much it lacks", function()
    local page, events, dropped = page_of(function()
      local map = trie.new()
      for i = 1, 2000 do map:store(i, i) end
    end, { bytes = 4096 })
    assert.is_true(events > 100)
    assert.is_true(dropped > 2000)
    assert.equal(dropped, number(page, "dropped"))
  end)

  it("is refused where it makes no sense", function()
    misuse("calling 'stop' while no maps are being recorded", explore.stop, "x")
    explore.start()
    misuse("calling 'start' while maps are being recorded", explore.start)
    misuse("bad argument #1 to 'stop' (path expected, got no value)", explore.stop)
    misuse("bad argument #1 to 'stop' (a path has no zero byte)", explore.stop, "a\0b")
    assert.is_true(explore.is_recording())
    misuse("cannot write '/nonexistent/x.html': No such file or directory", explore.stop, "/nonexistent/x.html")
    assert.is_false(explore.is_recording())
    misuse("bad argument #1 to 'start' (table of options expected, got number)", explore.start, 1)
    misuse("bad argument #1 to 'start' (the only option is 'bytes')", explore.start, { size = 1 })
    misuse("bad argument #1 to 'start' ('bytes' must be an integer, at least 4096)", explore.start, { bytes = 4095 })
  end)
end)
