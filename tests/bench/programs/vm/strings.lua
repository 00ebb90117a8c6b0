-- SPDX-License-Identifier: BSD-3-Clause
-- Strings: made by concatenation, by joining pieces, from templates and as slices, searched and compared.
local concat = table.concat

-- A text that grows by a piece at a time.
local function grow(pieces)
  local text = ""
  for _ = 1, pieces do text = text .. "ab" end
  return text
end

-- One text of many short ones, joined at the end.
local function gather(count)
  local pieces = {}
  for i = 0, count - 1 do pieces[#pieces + 1] = "item " .. i end
  return concat(pieces, ", ")
end

-- Lines made of several values each: the characters of them all.
local function describe(count)
  local characters = 0
  for i = 0, count - 1 do
    local name = i % 2 == 0 and "even" or "odd"
    characters = characters + #(i .. ": " .. name .. ", twice " .. i * 2 .. ", next " .. i + 1)
  end
  return characters
end

-- How many slices of the text, as long as the pattern, equal it.
local function slices(text, pattern)
  local equal = 0
  local length = #pattern
  for i = 1, #text - length + 1 do
    if text:sub(i, i + length - 1) == pattern then equal = equal + 1 end
  end
  return equal
end

-- How often the pattern is found in the text.
local function occurrences(text, pattern)
  local count = 0
  local found = text:find(pattern, 1, true)
  while found ~= nil do
    count = count + 1
    found = text:find(pattern, found + 1, true)
  end
  return count
end

local grown = 0
local gathered = 0
local described = 0
local sliced = 0
local found = 0
for _ = 1, 200 do
  grown = grown + #grow(1000)
  local text = gather(2000)
  gathered = gathered + #text
  described = described + describe(2000)
  sliced = sliced + slices(text, "item 7")
  found = found + occurrences(text, "7, i")
end
print(grown)
print(gathered)
print(described)
print(sliced)
print(found)
