-- SPDX-License-Identifier: BSD-3-Clause
-- Lists: filled, read by position and in loops, sorted with and without a function that compares, emptied at
-- the end.
local seed = 42

-- A number that looks random, from 0 up to 139967.
local function random()
  seed = (seed * 3877 + 29573) % 139968
  return seed
end

local function fill(count)
  local list = {}
  for i = 1, count do list[i] = random() end
  return list
end

local function sum(list)
  local all = 0
  for i = 1, #list do all = all + list[i] end
  return all
end

-- A sum that depends on the order.
local function weigh(list)
  local all = 0
  for i = 1, #list do all = all + list[i] * ((i - 1) % 7) end
  return all
end

local function reverse(list)
  local low = 1
  local high = #list
  while low < high do
    list[low], list[high] = list[high], list[low]
    low = low + 1
    high = high - 1
  end
end

-- A stack: for each two that are added one is taken away, then all the others.
local function stack(list)
  local kept = {}
  local all = 0
  for i = 1, #list, 2 do
    kept[#kept + 1] = list[i]
    kept[#kept + 1] = list[i + 1]
    all = all + kept[#kept]
    kept[#kept] = nil
  end
  while #kept > 0 do
    all = all + kept[#kept] % 10
    kept[#kept] = nil
  end
  return all
end

local checksum = 0
for _ = 1, 100 do
  local list = fill(10000)
  checksum = checksum + sum(list)
  table.sort(list)
  checksum = checksum + weigh(list)
  reverse(list)
  checksum = checksum + 2 * weigh(list)
  checksum = checksum + stack(list)
  local other = fill(4000)
  table.sort(other, function(a, b) return a > b end)
  checksum = checksum + weigh(other)
end
print(string.format("%d", checksum))
