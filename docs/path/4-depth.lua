-- How many levels lie above an entry: in the seed's layout, reckoned from hashes drawn at random, and in a map.
local trie = require("interlox.trie")

-- In a sixteen-way trie an entry stands at the first digit in which it differs from its neighbours in order.
local function seed_levels(count)
  local hashes = {}
  for i = 1, count do hashes[i] = math.random(0) end
  table.sort(hashes, math.ult)
  local function shared(a, b)  -- leading digits
    local digits = 0
    while digits < 16 and a >> 60 - 4 * digits == b >> 60 - 4 * digits do digits = digits + 1 end
    return digits
  end
  local sum = 0
  for i = 1, count do
    local before = i > 1 and shared(hashes[i - 1], hashes[i]) or 0
    local after = i < count and shared(hashes[i], hashes[i + 1]) or 0
    sum = sum + math.max(before, after) + 1
  end
  return sum / count
end

-- Of the entries in a map: the share that stands in a slot of the root or in a leaf below one, and the mean level.
local function fast_levels(count)
  local map = trie.new()
  for key = 1, count do map:store(key, key) end
  local depths, sum = map:stats().depths, 0
  for depth, entries in ipairs(depths) do sum = sum + depth * entries end
  return sum / count, 100 * (depths[1] + (depths[2] or 0)) / count
end

print("   keys  seed  here  with three waits at most")
for _, count in ipairs {10, 1000, 100000} do
  print(("%7d  %.1f   %.1f   %.0f %%"):format(count, seed_levels(count), fast_levels(count)))
end
