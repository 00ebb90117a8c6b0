-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local gc = require "interlox.gc"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local trie = require "interlox.trie"
local vm = require "interlox.vm"
local misuse = support.misuse

describe("a channel", function()
  it("keeps the order", function()
    local channel = thread.channel()
    for i = 1, 1000 do channel:send(i) end
    for i = 1, 1000 do assert.equal(i, channel:recv()) end
  end)

  it("carries all that may cross, with types and bits", function()
    local channel = thread.channel()
    local all = { true, false, 1, 1.0, -0.0, math.maxinteger, (1 << 53) + 1, "", "a\0b", symbols.intern("x"),
      trie.new(), channel, vm.eval("clock") }
    for _, value in ipairs(all) do
      channel:send(value)
      local got = channel:recv()
      assert.equal(value, got)
      assert.equal(math.type(value), math.type(got))
    end
  end)

  it("copies plain tables", function()
    local channel = thread.channel()
    local sent = { 1, "two", { three = { 3.0 } }, [true] = symbols.intern("s"), [{ 1 }] = "table as key" }
    channel:send(sent)
    sent[3].three[1] = "changed later"
    local got = channel:recv()
    assert.same({ 1, "two", { three = { 3.0 } } }, { got[1], got[2], got[3] })
    assert.equal(symbols.intern("s"), got[true])
    local found
    for key, value in pairs(got) do
      if type(key) == "table" then found = { key[1], value } end
    end
    assert.same({ 1, "table as key" }, found)
    channel:send({})
    assert.same({}, channel:recv())
  end)

  it("copies what a table holds twice once", function()
    local channel = thread.channel()
    local shared = { 1 }
    channel:send({ shared, shared })
    local got = channel:recv()
    assert.is_true(rawequal(got[1], got[2]))
    assert.is_false(rawequal(got[1], shared))
    local wide = {}
    for _ = 1, 100 do wide = { wide, wide } end
    channel:send(wide)
    local narrow = channel:recv()
    for _ = 1, 100 do
      assert.is_true(rawequal(narrow[1], narrow[2]))
      narrow = narrow[1]
    end
    assert.same({}, narrow)
  end)

  it("keeps what is queued alive", function()
    local channel = thread.channel()
    for i = 1, 1000 do channel:send({ tostring(i), { i } }) end
    gc.collect(2)
    for i = 1, 1000 do assert.same({ tostring(i), { i } }, channel:recv()) end
  end)

  it("takes a capacity, nil included", function()
    assert.is_not_nil(thread.channel(nil))
    local channel = thread.channel(2.0)
    channel:send(1)
    channel:send(2)
    assert.equal(1, channel:recv())
  end)

  it("shows itself", function()
    assert.is_not_nil(tostring(thread.channel()):find("^<Channel"))
  end)
end)

describe("a channel shared with the language", function()
  it("gives there what can be held there, and keeps the rest", function()
    local vm2 = require("interlox.vm").new()
    local c = thread.channel()
    vm2:set_global("c", c)
    c:send(2^53 // 1 | 0)
    c:send((1 << 60) + 1)
    c:send({ 1 })
    assert.equal(2^53, vm2:eval("c.receive()"))
    local _, status, err = vm2:capture("c.receive();")
    assert.same({ "runtime", "The integer 1152921504606846977 in a channel is too large for a number.\n[line 1] in script" },
      { status, err })
    assert.equal((1 << 60) + 1, c:recv())
    _, _, err = vm2:capture("for (var x in c) {}")
    assert.equal("The Lua table in a channel can be read by Lua only.\n[line 1] in script", err)
    assert.same({ 1 }, c:recv())
    assert.is_true(vm2:run("c.send(\"x\"); c.close();"))
    assert.equal("x", c:recv())
    assert.is_nil(c:recv())
  end)
end)

describe("a timed receive", function()
  it("gives nil when nothing came", function()
    for _, channel in ipairs { thread.channel(), thread.channel(3), thread.channel(0) } do
      assert.is_nil(channel:recv(0))
      assert.is_nil(channel:recv(0.01))
      assert.is_nil(channel:recv(-1))
    end
  end)

  it("gives what is there at once, however short the time", function()
    local channel = thread.channel()
    channel:send("x")
    assert.equal("x", channel:recv(0))
    channel:send("y")
    assert.equal("y", channel:recv(math.huge))
    channel:send("z")
    assert.equal("z", channel:recv(1e300))
  end)

  it("leaves nothing behind when its time is over", function()
    local channel = thread.channel(0)
    assert.is_nil(channel:recv(0.01))
    local t = thread.spawn(function(c) c:send("for the second") end, channel)
    assert.equal("for the second", channel:recv(60))
    t:join()
  end)
end)

describe("a closed channel", function()
  it("gives what is queued, then nil", function()
    local channel = thread.channel()
    channel:send(1)
    channel:send(2)
    channel:close()
    channel:close()
    assert.equal(1, channel:recv())
    assert.equal(2, channel:recv())
    assert.is_nil(channel:recv())
    assert.is_nil(channel:recv(0))
  end)

  it("refuses to send", function()
    for _, capacity in ipairs { 0, 1, 100 } do
      local channel = thread.channel(capacity)
      channel:close()
      misuse("channel is closed", channel.send, channel, 1)
    end
  end)

  it("wakes all that wait to receive", function()
    local channel = thread.channel()
    local threads = {}
    for i = 1, 8 do threads[i] = thread.spawn(function(c) return c:recv() end, channel) end
    channel:close()
    for _, t in ipairs(threads) do assert.is_nil(t:join()) end
  end)

  it("wakes all that wait to send, with an error", function()
    for _, capacity in ipairs { 0, 1 } do
      local channel, ready = thread.channel(capacity), thread.channel()
      if capacity == 1 then channel:send("fills it") end
      local threads = {}
      for i = 1, 8 do
        threads[i] = thread.spawn(function(c, r)
          r:send(true)
          return pcall(c.send, c, 1)
        end, channel, ready)
      end
      for _ = 1, 8 do ready:recv() end
      channel:close()
      for _, t in ipairs(threads) do
        local ok, message = t:join()
        assert.is_false(ok)
        assert.is_not_nil(message:find("channel is closed", 1, true))
      end
    end
  end)
end)

describe("between threads", function()
  for _, capacity in ipairs { 0, 1, 7, 1000000 } do
    it("everything sent arrives once at capacity " .. capacity, function()
      local kSenders, kReceivers, kEach = 4, 4, 500
      local channel, sums = thread.channel(capacity), thread.channel()
      local senders, receivers = {}, {}
      for i = 1, kReceivers do
        receivers[i] = thread.spawn(function(c, out)
          local sum, count = 0, 0
          while true do
            local value = c:recv()
            if value == nil then break end
            sum, count = sum + value[1], count + 1
          end
          out:send({ sum, count })
        end, channel, sums)
      end
      for i = 1, kSenders do
        senders[i] = thread.spawn(function(c, first, n)
          for value = first, first + n - 1 do c:send({ value }) end
        end, channel, (i - 1) * kEach + 1, kEach)
      end
      for _, t in ipairs(senders) do t:join() end
      channel:close()
      for _, t in ipairs(receivers) do t:join() end
      local sum, count = 0, 0
      for _ = 1, kReceivers do
        local part = sums:recv()
        sum, count = sum + part[1], count + part[2]
      end
      local total = kSenders * kEach
      assert.equal(total, count)
      assert.equal(total * (total + 1) // 2, sum)
    end)
  end

  it("a bounded channel holds no more than its capacity", function()
    local channel, count = thread.channel(3), trie.new()
    local t = thread.spawn(function(c, m)
      for i = 1, 20 do
        c:send(i)
        m:store("sent", i)
      end
    end, channel, count)
    for i = 1, 20 do
      assert.equal(i, channel:recv())
      -- i received and 3 queued; the sender may have one more under way.
      assert.is_true((count:load("sent") or 0) <= i + 3)
    end
    t:join()
  end)

  it("a rendezvous returns only when the value was taken", function()
    local channel, log = thread.channel(0), trie.new()
    local t = thread.spawn(function(c, m)
      c:send("x")
      m:store("returned", true)
    end, channel, log)
    assert.is_nil(thread.channel():recv(0.02))
    assert.is_nil(log:load("returned"))
    assert.equal("x", channel:recv())
    t:join()
    assert.is_true(log:load("returned"))
  end)

  it("waiting threads do not keep the collector from working", function()
    local channel = thread.channel()
    local threads = {}
    for i = 1, 4 do threads[i] = thread.spawn(function(c) return c:recv() end, channel) end
    gc.collect(3)
    for i = 1, 4 do channel:send({ i }) end
    local sum = 0
    for _, t in ipairs(threads) do sum = sum + t:join()[1] end
    assert.equal(10, sum)
  end)
end)

describe("misuse of a channel", function()
  local channel = thread.channel()

  it("names a wrong capacity", function()
    misuse("bad argument #1 to 'channel' (capacity expected, got string)", thread.channel, "2")
    misuse("bad argument #1 to 'channel' (number has no integer representation)", thread.channel, 1.5)
    misuse("bad argument #1 to 'channel' (capacity must not be negative)", thread.channel, -1)
  end)

  it("names a method's wrong object", function()
    for _, name in ipairs { "send", "recv", "close" } do
      misuse(("calling '%s' on bad self (channel expected, got no value)"):format(name), channel[name])
      misuse(("calling '%s' on bad self (channel expected, got map)"):format(name), channel[name],
        trie.new(), 1)
    end
  end)

  it("refuses nil, functions, coroutines and foreign userdata", function()
    local text = "bad argument #1 to 'send' (value or plain table expected, got "
    misuse(text .. "nil)", channel.send, channel, nil)
    misuse(text .. "no value)", channel.send, channel)
    for kind, value in pairs(support.foreign) do misuse(text .. kind .. ")", channel.send, channel, value) end
    assert.is_nil(channel:recv(0))
  end)

  it("refuses tables that are not plain", function()
    local function send(value) channel:send(value) end
    misuse("bad argument #1 to 'send' (value expected in the table, got function)", send, { print })
    misuse("bad argument #1 to 'send' (value expected in the table, got FILE*)", send,
      { { [io.stdout] = 1 } })
    misuse("bad argument #1 to 'send' (table has a metatable)", send, setmetatable({}, {}))
    misuse("bad argument #1 to 'send' (table has a metatable)", send, { setmetatable({}, {}) })
    local circle = {}
    circle.inner = { circle }
    misuse("bad argument #1 to 'send' (table contains itself)", send, circle)
    local deep = {}
    for _ = 1, 100000 do deep = { deep } end
    misuse("bad argument #1 to 'send' (table is nested too deeply)", send, deep)
    assert.is_nil(channel:recv(0))
  end)

  it("names a wrong time", function()
    misuse("bad argument #1 to 'recv' (seconds expected, got string)", channel.recv, channel, "1")
    misuse("bad argument #1 to 'recv' (seconds expected, got nan)", channel.recv, channel, 0 / 0)
  end)
end)
