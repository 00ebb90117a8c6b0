local unique, gc = require("interlox.unique"), require("interlox.gc")

-- A handle of an array that has a handle in it, and so on: each keeps the one below.
local function nest(name, depth)
  local handle = unique.make(name)
  for level = 1, depth do handle = unique.make {level, handle} end
  return handle
end

local function nest_all()
  local tops = {}
  for i = 1, 100 do tops[i] = nest("chain " .. i, 99) end
  return tops
end

local function figures(when)
  local s = unique.stats()
  print(("%s %d live, %d made, %d found again, %d died"):format(when, s.live, s.misses, s.hits, s.misses - s.live))
end

local tops = nest_all()
figures("made:   ")
nest_all()
figures("again:  ")
tops = nil
gc.collect()
figures("dropped:")
