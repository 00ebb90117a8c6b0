-- SPDX-License-Identifier: BSD-3-Clause
-- Allocation: instances that have no fields, each garbage as soon as it is made.
local setmetatable = setmetatable

local Empty = {}
Empty.__index = Empty

function Empty.new()
  return setmetatable({}, Empty)
end

local made = 0
while made < 4800000 do
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  Empty.new()
  made = made + 24
end
print(made)
