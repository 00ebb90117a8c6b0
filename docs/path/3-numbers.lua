-- Fifty maps that nobody refers to any more, and their addresses as numbers.
local trie, gc = require("interlox.trie"), require("interlox.gc")
local N = 50

-- Weak references to N maps, and the addresses of the entries that hold them.
local function make()
  local outer, weak, address = trie.new(), {}, {}
  for i = 1, N do
    local inner = trie.new()
    outer:store(i, inner)
    weak[i] = gc.weak(inner)
  end
  for text, key in outer:dump():gmatch("0x(%x+) %[Entry Key=(%d+)") do
    address[tonumber(key)] = tonumber(text, 16)
  end
  return weak, address
end

local function alive(weak)
  gc.collect(2)
  local count = 0
  for i = 1, N do
    if weak[i]:get() then count = count + 1 end
  end
  return count
end

-- Calls f while the numbers stand on the stack of the processor: table.move is C, keeps its second argument in a local
-- variable or a register, and asks a metamethod for the element, which goes on to the next number.
local function with_numbers_on_stack(numbers, f, i)
  i = i or 1
  if i > #numbers then return f() end
  local proxy = setmetatable({}, {__index = function() with_numbers_on_stack(numbers, f, i + 1) end})
  table.move(proxy, numbers[i], numbers[i], 1)
end

local weak, address = make()
with_numbers_on_stack(address, function() print("numbers on the stack:", alive(weak)) end)
print("no longer there:     ", alive(weak))

weak, address = make()
local kept = trie.new()
for i, number in ipairs(address) do
  kept:store(i, number)                              -- as an integer
  kept:store(i + 0.5, number + 0.0)                  -- as a float
  kept:store("text " .. i, string.pack("<i8", number)) -- as the bytes of a string
end
print("numbers in the heap: ", alive(weak), "beside " .. #kept .. " of them")
