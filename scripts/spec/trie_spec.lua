-- SPDX-License-Identifier: BSD-3-Clause
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
local support = require "support"
local trie = require "interlox.trie"
local symbols = require "interlox.symbols"
local thread = require "interlox.thread"
local vm = require "interlox.vm"
local misuse = support.misuse

local kHashes = { "default", "zero", "truncated" }

describe("trie.new", function()
  it("makes an empty map without options, with nil or with an empty table", function()
    for _, map in ipairs { trie.new(), trie.new(nil), trie.new {} } do
      assert.equal(0, #map)
      assert.is_nil(map:load("x"))
      assert.is_true(map:check())
    end
  end)

  it("takes every hash and any integer as a seed", function()
    for _, hash in ipairs(kHashes) do
      for _, seed in ipairs { 0, 1, -1, math.mininteger, math.maxinteger, 3.0 } do
        local map = trie.new { hash = hash, seed = seed }
        map:store("k", 1)
        assert.equal(1, map:load("k"))
      end
    end
  end)

  it("with one seed hashes alike", function()
    local function hash_of(seed)
      local map = trie.new { seed = seed }
      map:store("key", 1)
      return map:dump():match("Hash=(%x+)")
    end
    assert.equal(hash_of(42), hash_of(42))
    assert.is_true(hash_of(42) ~= hash_of(43))
  end)

  it("names what is wrong with its options", function()
    misuse("bad argument #1 to 'new' (table expected, got number)", trie.new, 1)
    misuse("bad argument #1 to 'new' (table expected, got string)", trie.new, "zero")
    misuse("bad argument #1 to 'new' (field 'hash'", trie.new, { hash = "none" })
    misuse("bad argument #1 to 'new' (field 'hash'", trie.new, { hash = 0 })
    misuse("bad argument #1 to 'new' (field 'seed': integer expected, got x", trie.new, { seed = "x" })
    misuse("bad argument #1 to 'new' (field 'seed': integer expected, got 1.5", trie.new, { seed = 1.5 })
    misuse("bad argument #1 to 'new' (field 'seed': integer expected, got 7", trie.new, { seed = "7" })
    misuse("got field 'size'", trie.new, { size = 1 })
    misuse("got field '1'", trie.new, { "zero" })
  end)
end)

for _, hash in ipairs(kHashes) do
  describe("a map with hash " .. hash, function()
    local map
    before_each(function() map = trie.new { hash = hash } end)
    after_each(function() assert.is_true(map:check()) end)

    it("loads what was stored", function()
      for i = 1, 200 do map:store(i, "v" .. i) end
      for i = 1, 200 do assert.equal("v" .. i, map:load(i)) end
      assert.is_nil(map:load(201))
      assert.equal(200, #map)
    end)

    it("store replaces and returns nothing", function()
      assert.equal(0, select("#", map:store("k", 1)))
      map:store("k", 2)
      assert.equal(2, map:load("k"))
      assert.equal(1, map:count())
    end)

    it("load_or_store stores only what is missing", function()
      assert.same({ "a", false }, { map:load_or_store("k", "a") })
      assert.same({ "a", true }, { map:load_or_store("k", "b") })
      assert.equal("a", map:load("k"))
    end)

    it("swap gives the previous value", function()
      assert.same({ n = 2, nil, false }, table.pack(map:swap("k", 1)))
      assert.same({ 1, true }, { map:swap("k", 2) })
      assert.equal(2, map:load("k"))
    end)

    it("compare_and_swap needs the old value", function()
      assert.is_false(map:compare_and_swap("k", 1, 2))
      assert.is_nil(map:load("k"))
      map:store("k", "old")
      assert.is_false(map:compare_and_swap("k", "other", "new"))
      assert.is_true(map:compare_and_swap("k", "ol" .. "d", "new"))
      assert.equal("new", map:load("k"))
    end)

    it("compare_and_delete needs the old value", function()
      assert.is_false(map:compare_and_delete("k", 1))
      map:store("k", 1)
      assert.is_false(map:compare_and_delete("k", 2))
      assert.is_true(map:compare_and_delete("k", 1.0))
      assert.is_nil(map:load("k"))
      assert.equal(0, #map)
    end)

    it("load_and_delete gives what it removed", function()
      assert.same({ n = 2, nil, false }, table.pack(map:load_and_delete("k")))
      map:store("k", false)
      assert.same({ false, true }, { map:load_and_delete("k") })
      assert.equal(0, #map)
    end)

    it("delete says whether the key was there", function()
      assert.is_false(map:delete("k"))
      map:store("k", 1)
      assert.is_true(map:delete("k"))
      assert.is_false(map:delete("k"))
    end)

    it("clear removes everything", function()
      for i = 1, 100 do map:store(i, i) end
      map:clear()
      assert.equal(0, #map)
      assert.is_nil(map:load(1))
      for _ in pairs(map) do error("an entry after clear") end
      map:store(1, 1)
      assert.equal(1, #map)
    end)

    it("load_many answers for each key", function()
      map:store("a", 1)
      map:store("b", false)
      local values, present = map:load_many { "a", "missing", "b", 7 }
      assert.same({ 1, false, false, false }, values)
      assert.same({ true, false, true, false }, present)
      local none, nor = map:load_many {}
      assert.same({}, none)
      assert.same({}, nor)
    end)

    it("visits each entry once", function()
      for i = 1, 300 do map:store(i, -i) end
      for _, iterate in ipairs { pairs, map.pairs } do
        local seen, count = {}, 0
        for k, v in iterate(map) do
          assert.equal(-k, v)
          assert.is_nil(seen[k])
          seen[k] = true
          count = count + 1
        end
        assert.equal(300, count)
      end
    end)

    it("visits residents exactly once while other keys come and go", function()
      for i = 1, 100 do map:store("resident " .. i, i) end
      for i = 1, 100 do map:store("leaving " .. i, i) end
      local seen, step = {}, 0
      for k in map:pairs() do
        assert.is_nil(seen[k])
        seen[k] = true
        step = step + 1
        map:delete("leaving " .. (step % 100 + 1))
        if step <= 150 then map:store("coming " .. step, step) end
      end
      for i = 1, 100 do assert.is_true(seen["resident " .. i]) end
    end)

    it("lets each entry be deleted when it is visited", function()
      for i = 1, 200 do map:store(i, i) end
      local count = 0
      for k, v in pairs(map) do
        count = count + 1
        assert.is_true(map:compare_and_delete(k, v))
      end
      assert.equal(200, count)
      assert.equal(0, #map)
    end)

    it("does not meet a key again that is deleted and stored anew", function()
      for i = 1, 100 do map:store(i, i) end
      local seen = {}
      for k in pairs(map) do
        assert.is_nil(seen[k])
        seen[k] = true
        map:delete(k)
        map:store(k, k)
      end
      assert.equal(100, #map)
    end)

    it("counts in stats what it holds", function()
      for i = 1, 150 do map:store(i, i) end
      local stats = map:stats()
      assert.equal(150, stats.entries)
      assert.is_true(stats.indirects >= 1)
      assert.equal(stats.max_depth, #stats.depths)
      local sum = 0
      for depth = 1, stats.max_depth do sum = sum + stats.depths[depth] end
      assert.equal(150, sum)
      assert.is_true(stats.bytes > 0)
      for _, name in ipairs { "entries", "indirects", "max_depth", "overflow", "bytes", "retired" } do
        assert.equal("integer", math.type(stats[name]))
      end
      if hash == "default" then assert.equal(0, stats.overflow) else assert.is_true(stats.overflow >= 134) end
    end)

    it("counts what it retires", function()
      for i = 1, 50 do map:store(i, i) end
      local before = map:stats().retired
      for i = 1, 50 do map:delete(i) end
      local deleted = map:stats().retired
      assert.is_true(deleted >= before + 50)
      for i = 1, 50 do map:store(i, i) end
      map:clear()
      assert.is_true(map:stats().retired >= deleted + 50)
      local stats = map:stats()
      assert.same({ 0, 0, {} }, { stats.entries, stats.max_depth, stats.depths })
    end)

    it("shows itself as text and as a graph", function()
      map:store("key\n\"quoted\"", 1)
      map:store(2, 2.0)
      local dump = map:dump()
      assert.is_not_nil(dump:find([[Key="key\x0a\"quoted\"" Value=1 Hash=]], 1, true))
      assert.is_not_nil(dump:find("Key=2 Value=2.0 Hash=", 1, true))
      assert.is_not_nil(dump:find("^%S+ %[Root "))
      for line in dump:gmatch("[^\n]+") do assert.is_not_nil(line:find("^\t*0x%x+ %[%u%l+ ")) end
      local dot = map:dot()
      assert.is_not_nil(dot:find("^digraph "))
      assert.is_not_nil(dot:find("}\n$"))
      assert.is_not_nil(dot:find("->", 1, true))
    end)
  end)
end

describe("keys and values", function()
  local map
  before_each(function() map = trie.new() end)

  it("may be booleans, numbers, strings, symbols, maps, channels and objects of the VM", function()
    local object = vm.eval("clock")
    local all = { true, false, 1, 1.5, "", "text", "a\0b\xff", symbols.intern("s"), trie.new(),
      thread.channel(),
      object, math.huge, -math.huge, math.mininteger }
    for _, key in ipairs(all) do
      for _, value in ipairs(all) do
        map:store(key, value)
        assert.equal(value, map:load(key))
        assert.equal(math.type(value), math.type(map:load(key)))
      end
    end
    assert.equal(#all, #map)
    for k in pairs(map) do map:delete(k) end
    assert.equal(0, #map)
  end)

  it("keep the type and all 64 bits of numbers", function()
    for _, n in ipairs { 0, 1, -1, 2 ^ 53 | 0, (1 << 53) + 1, math.maxinteger, math.mininteger, 0.0, 1.0,
      0.5, 2.0 ^ 53,
      2.0 ^ 63, 1e308, 5e-324 } do
      map:store("n", n)
      local got = map:load("n")
      assert.equal(n, got)
      assert.equal(math.type(n), math.type(got))
    end
    map:store("n", -0.0)
    assert.equal(-math.huge, 1 / map:load("n"))
    map:store("n", 0 / 0)
    assert.is_true(map:load("n") ~= map:load("n"))
  end)

  it("compare as in Lua", function()
    map:store(1, "one")
    assert.equal("one", map:load(1.0))
    map:store(2.0 ^ 53, "float")
    assert.equal("float", map:load(1 << 53))
    assert.is_nil(map:load((1 << 53) + 1))
    map:store((1 << 53) + 1, "integer")
    assert.equal("float", map:load(2.0 ^ 53))
    assert.equal("integer", map:load((1 << 53) + 1))
    map:store(0, "zero")
    assert.equal("zero", map:load(-0.0))
    map:store(math.mininteger, "least")
    assert.equal("least", map:load(-2.0 ^ 63))
    assert.is_nil(map:load(2.0 ^ 63))
    map:store(math.maxinteger, "most")
    assert.is_nil(map:load(2.0 ^ 63))
    assert.is_nil(map:load("1"))
    assert.is_nil(map:load(true))
  end)

  it("keep the first stored form of a key", function()
    map:store(1.0, "a")
    map:store(1, "b")
    for k, v in pairs(map) do
      assert.equal("float", math.type(k))
      assert.equal("b", v)
    end
    map:delete(1)
    map:load_or_store(1, "c")
    for k in pairs(map) do assert.equal("integer", math.type(k)) end
    assert.equal(1, #map)
  end)

  it("compare `old` as in Lua", function()
    map:store("k", 1)
    assert.is_true(map:compare_and_swap("k", 1.0, 2.0 ^ 53))
    assert.is_false(map:compare_and_swap("k", (1 << 53) + 1, 0))
    assert.is_true(map:compare_and_swap("k", 1 << 53, -0.0))
    assert.is_true(map:compare_and_swap("k", 0, 0 / 0))
    assert.is_false(map:compare_and_swap("k", 0 / 0, 1))
    assert.is_false(map:compare_and_delete("k", 0 / 0))
    map:store("k", "1")
    assert.is_false(map:compare_and_delete("k", 1))
  end)

  it("may be long and many", function()
    local long = ("x"):rep(1 << 20)
    map:store(long, long .. "y")
    assert.equal(long .. "y", map:load(("x"):rep(1 << 20)))
  end)

  it("of one object are one userdata", function()
    local other = trie.new()
    map:store("m", other)
    assert.is_true(rawequal(other, map:load("m")))
    local t = { [other] = true }
    assert.is_true(t[map:load("m")])
    map:store(other, "by identity")
    assert.equal("by identity", map:load(map:load("m")))
    assert.is_nil(map:load(trie.new()))
  end)

  it("stay the same after the userdata was collected", function()
    map:store("m", trie.new())
    map:load("m"):store("inner", 1)
    collectgarbage()
    collectgarbage()
    assert.equal(1, map:load("m"):load("inner"))
  end)

  it("may be the map itself", function()
    map:store(map, map)
    assert.equal(map, map:load(map))
    assert.is_not_nil(map:dump():find("<ConcurrentMap>", 1, true))
  end)
end)

describe("misuse of a map", function()
  local map = trie.new()

  local with_key = { "load", "load_or_store", "store", "swap", "compare_and_swap", "compare_and_delete",
    "load_and_delete", "delete" }

  it("is refused for each method on something else", function()
    for _, name in ipairs { "load", "load_many", "load_or_store", "store", "swap", "compare_and_swap",
      "compare_and_delete", "load_and_delete", "delete", "clear", "pairs", "count", "stats", "dump", "dot",
        "check" } do
      local text = ("calling '%s' on bad self (map expected, got "):format(name)
      misuse(text .. "no value)", map[name])
      misuse(text .. "nil)", map[name], nil, 1, 1, 1)
      misuse(text .. "table)", map[name], {}, 1, 1, 1)
      misuse(text .. "FILE*)", map[name], io.stdout, 1, 1, 1)
      misuse(text .. "channel)", map[name], thread.channel(), 1, 1, 1)
    end
  end)

  it("is refused for each key that is none", function()
    for _, name in ipairs(with_key) do
      local text = ("bad argument #1 to '%s' (key expected, got "):format(name)
      misuse(text .. "no value)", map[name], map)
      misuse(text .. "nil)", map[name], map, nil, 1, 1)
      misuse(text .. "nan)", map[name], map, 0 / 0, 1, 1)
      misuse(text .. "table)", map[name], map, {}, 1, 1)
      for kind, value in pairs(support.foreign) do misuse(text .. kind .. ")", map[name], map, value, 1,
        1) end
    end
  end)

  it("is refused for each value that is none", function()
    for _, case in ipairs { { "store", 2 }, { "load_or_store", 2 }, { "swap", 2 }, { "compare_and_swap", 2 },
      { "compare_and_swap", 3 }, { "compare_and_delete", 2 } } do
      local name, position = table.unpack(case)
      local text = ("bad argument #%d to '%s' (value expected, got "):format(position, name)
      local function try(...) return map[name](map, "k", ...) end
      local fill = position == 3 and { 1 } or {}
      local function with(value)
        local arguments = { table.unpack(fill) }
        arguments[position - 1] = value
        return try(table.unpack(arguments, 1, position - 1))
      end
      misuse(text .. "nil)", with, nil)
      misuse(text .. "table)", with, {})
      for kind, value in pairs(support.foreign) do misuse(text .. kind .. ")", with, value) end
      misuse(text .. "no value)", try, table.unpack(fill))
    end
    assert.equal(0, #map)
  end)

  it("is refused for load_many", function()
    misuse("bad argument #1 to 'load_many' (table of keys expected, got no value)", map.load_many, map)
    misuse("bad argument #1 to 'load_many' (table of keys expected, got string)", map.load_many, map, "k")
    misuse("bad argument #1 to 'load_many' (key expected at index 2, got table)", map.load_many, map, { 1,
      {} })
    misuse("bad argument #1 to 'load_many' (key expected at index 1, got nan)", map.load_many, map, { 0 / 0 })
    misuse("key expected at index 2, got nil", map.load_many, map, { 1, nil, 3 })
  end)

  it("carries the caller's position", function()
    local ok, message = pcall(function() map:load(nil) end)
    assert.is_false(ok)
    assert.is_not_nil(message:find("trie_spec.lua:%d+: bad argument #1 to 'load'"))
  end)

  it("can't reach the metatable", function()
    assert.is_false(getmetatable(map))
    assert.has_error(function() setmetatable(map, {}) end)
    assert.has_error(function() map.x = 1 end)
    assert.is_nil(map.no_such_method)
  end)

  it("can't make an iterator of something else", function()
    local next_entry = map:pairs()
    misuse("map iterator expected, got no value", next_entry)
    misuse("map iterator expected, got map", next_entry, map)
    misuse("map iterator expected, got FILE*", next_entry, io.stdout)
  end)
end)

describe("an iterator", function()
  it("stays at its end", function()
    local map = trie.new()
    map:store(1, 1)
    local step, state = map:pairs()
    assert.same({ 1, 1 }, { step(state) })
    assert.is_nil(step(state))
    map:store(2, 2)
    assert.is_nil(step(state))
  end)

  it("keeps its map alive", function()
    local step, state = (function()
      local map = trie.new()
      for i = 1, 1000 do map:store(i, tostring(i)) end
      return map:pairs()
    end)()
    require("interlox.gc").collect(3)
    local count = 0
    for k, v in step, state do
      assert.equal(tostring(k), v)
      count = count + 1
    end
    assert.equal(1000, count)
  end)
end)
