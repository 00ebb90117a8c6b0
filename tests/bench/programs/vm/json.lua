-- SPDX-License-Identifier: BSD-3-Clause
-- Text to values and back: a parser of JSON, byte by byte, and a writer. The input has no mistakes, which
-- makes both short; objects are written with their keys in order.
local byteAt, sub, find, gsub = string.byte, string.sub, string.find, string.gsub
local type, setmetatable, getmetatable = type, setmetatable, getmetatable

-- What is null, and which tables are arrays.
local null = {}
local Array = {}

local Parser = {}
Parser.__index = Parser

function Parser.new(text)
  return setmetatable({ text = text, position = 1 }, Parser)
end

-- Skips blanks; gives the byte after them.
function Parser:next()
  local text = self.text
  local position = self.position
  local byte = byteAt(text, position)
  while byte == 32 or byte == 10 do
    position = position + 1
    byte = byteAt(text, position)
  end
  self.position = position
  return byte
end

function Parser:value()
  local byte = self:next()
  if byte == 34 then return self:string() end
  if byte == 123 then return self:object() end
  if byte == 91 then return self:array() end
  if byte == 116 then return self:word(4, true) end
  if byte == 102 then return self:word(5, false) end
  if byte == 110 then return self:word(4, null) end
  return self:number()
end

function Parser:word(length, value)
  self.position = self.position + length
  return value
end

function Parser:number()
  local text = self.text
  local start = self.position
  local position = start + 1
  local byte = byteAt(text, position)
  while byte >= 48 and byte <= 57 or byte == 46 do
    position = position + 1
    byte = byteAt(text, position)
  end
  self.position = position
  return tonumber(sub(text, start, position - 1))
end

-- What follows a backslash stands for itself.
function Parser:string()
  local text = self.text
  local position = self.position + 1
  local start = position
  local before = ""
  local byte = byteAt(text, position)
  while byte ~= 34 do
    if byte == 92 then
      before = before .. sub(text, start, position - 1)
      position = position + 1
      start = position
    end
    position = position + 1
    byte = byteAt(text, position)
  end
  self.position = position + 1
  return before .. sub(text, start, position - 1)
end

function Parser:array()
  local list = setmetatable({}, Array)
  self.position = self.position + 1
  if self:next() == 93 then
    self.position = self.position + 1
    return list
  end
  while true do
    list[#list + 1] = self:value()
    local byte = self:next()
    self.position = self.position + 1
    if byte == 93 then return list end
  end
end

function Parser:object()
  local map = {}
  self.position = self.position + 1
  if self:next() == 125 then
    self.position = self.position + 1
    return map
  end
  while true do
    self:next()
    local key = self:string()
    self:next()
    self.position = self.position + 1
    map[key] = self:value()
    local byte = self:next()
    self.position = self.position + 1
    if byte == 125 then return map end
  end
end

local function quoted(text)
  if find(text, "\\", 1, true) ~= nil or find(text, '"', 1, true) ~= nil then
    text = gsub(gsub(text, "\\", "\\\\"), '"', '\\"')
  end
  return '"' .. text .. '"'
end

local function write(value, out)
  if type(value) == "string" then
    out[#out + 1] = quoted(value)
  elseif getmetatable(value) == Array then
    out[#out + 1] = "["
    for i = 1, #value do
      if i > 1 then out[#out + 1] = "," end
      write(value[i], out)
    end
    out[#out + 1] = "]"
  elseif type(value) == "table" and value ~= null then
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys)
    out[#out + 1] = "{"
    for i = 1, #keys do
      if i > 1 then out[#out + 1] = "," end
      out[#out + 1] = quoted(keys[i])
      out[#out + 1] = ":"
      write(value[keys[i]], out)
    end
    out[#out + 1] = "}"
  else
    out[#out + 1] = value == null and "null" or tostring(value)
  end
end

local function roundTrip(text)
  local out = {}
  write(Parser.new(text):value(), out)
  return table.concat(out)
end

local records = {}
for i = 0, 499 do
  records[#records + 1] = '{"id": ' .. i .. ', "name": "record ' .. i .. '",\n    '
    .. '"tags": ["new", "a \\"quoted\\" word", "back\\\\slash"],\n    '
    .. '"price": ' .. i + 0.25 .. ', "sold": ' .. tostring(i % 3 == 0) .. ', "parent": null,\n    '
    .. '"place": {"y": -' .. i + 1 .. ', "x": ' .. i * 2 .. '}, "empty": []}'
end
local text = "[" .. table.concat(records, ", ") .. "]"

local written = 0
local stable = true
for _ = 1, 30 do
  local once = roundTrip(text)
  local twice = roundTrip(once)
  if once ~= twice then stable = false end
  written = written + #once + #twice
end
print(roundTrip("[" .. records[2] .. "]"))
print(written)
print(stable)
