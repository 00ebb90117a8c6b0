-- The shape of Go's first internal/concurrent.HashTrieMap, for one thread. A node is a table of sixteen slots, an entry
-- a table with its hash; `shift` says which four bits of the hash a level looks at, the highest first.
local function place(root, hash, strict)
  local node, shift = root, 64
  while shift ~= 0 do
    shift = shift - 4
    local slot = hash >> shift & 15
    local child = node[slot]
    if child == nil or child.hash then  -- a free slot, or an entry: here the search ends
      if strict and shift == 0 then error("ran out of hash bits", 0) end
      return node, slot, shift
    end
    node = child
  end
end

local function insert(root, hash, strict)
  local node, slot, shift = place(root, hash, strict)
  local old = node[slot]
  if old and old.hash == hash then return end
  while old do  -- a node below, for each digit that the two hashes share
    node[slot] = {}
    node, shift = node[slot], shift - 4
    node[old.hash >> shift & 15] = old
    slot = hash >> shift & 15
    old = node[slot]
  end
  node[slot] = {hash = hash}
end

local function show(node, indent)
  for slot = 0, 15 do
    local child = node[slot]
    if child then
      print(("%s%x: %s"):format(indent, slot, child.hash and ("entry %016x"):format(child.hash) or "node"))
      if not child.hash then show(child, indent .. "  ") end
    end
  end
end

local function trie_of(hashes, strict)
  local root = {}
  for _, hash in ipairs(hashes) do insert(root, hash, strict) end
  return root
end

show(trie_of {0x1a30000000000000, 0x7000000000000000, 0x1a3f000000000000}, "")

-- Three hashes that differ in their last digit alone: the last level looks at bits 3 to 0, and there shift is 0.
local twins = {0x1a30000000000001, 0x1a30000000000002, 0x1a30000000000003}
print("to the last bit: ", (pcall(trie_of, twins, false)))
print("as it once was:  ", pcall(trie_of, twins, true))

local map = require("interlox.trie").new {hash = "truncated"}  -- of each hash the last four bits alone
for key = 1, 100 do map:store(key, key) end
print("in Interlox:     ", #map, map:check())
