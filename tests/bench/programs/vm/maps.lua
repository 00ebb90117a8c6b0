-- SPDX-License-Identifier: BSD-3-Clause
-- Maps: entries are added, looked up, changed, removed and iterated over, with numbers and with strings as
-- keys.

-- The keys are spread, and come in no order.
local function spread(i)
  return i * 7919 % 1000003
end

local function work(keys)
  local map = {}
  local count = #keys
  for i = 1, count do map[keys[i]] = i - 1 end

  local found = 0
  for _ = 1, 3 do
    for i = 1, count do found = found + map[keys[i]] end
  end
  for i = 1, count, 2 do map[keys[i]] = map[keys[i]] + 1 end
  for i = 1, count, 3 do map[keys[i]] = nil end
  local missing = 0
  for i = 1, count do
    if map[keys[i]] == nil then missing = missing + 1 end
  end

  local entries = 0
  local sum = 0
  for _, value in pairs(map) do
    entries = entries + 1
    sum = sum + value
  end
  return found + missing + entries + sum
end

local numbers = {}
local names = {}
for i = 0, 19999 do
  numbers[#numbers + 1] = spread(i)
  names[#names + 1] = "key " .. spread(i)
end

-- Few keys, often used: how often each last digit comes.
local function digits(count)
  local seen = {}
  for i = 0, count - 1 do
    local digit = spread(i) % 10
    seen[digit] = (seen[digit] or 0) + 1
  end
  local sum = 0
  for digit = 0, 9 do sum = sum + digit * seen[digit] end
  return sum
end

local byNumber = 0
local byName = 0
local last = 0
for _ = 1, 60 do
  byNumber = byNumber + work(numbers)
  byName = byName + work(names)
  last = last + digits(100000)
end
print(byNumber)
print(byName)
print(last)
