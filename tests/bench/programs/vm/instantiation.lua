-- SPDX-License-Identifier: BSD-3-Clause
-- Allocation: instances that have no fields, each garbage as soon as it is made.
setmetatable = setmetatable

Empty = {}
Empty.__index = Empty

function Empty.new()
  return setmetatable({}, Empty)
end

made = 0
while made < 14400000 do
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
