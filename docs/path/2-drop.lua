local trie, gc = require("interlox.trie"), require("interlox.gc")

local map = trie.new {seed = 1}
local function figures(when)
  local nodes = gc.stats()
  print(("%s allocated %5d  retired %5d  reclaimed %5d  entries %5d"):format(
    when, nodes.nodes_allocated, nodes.nodes_retired, nodes.nodes_reclaimed, #map))
end

for key = 1, 10000 do map:store(key, key) end
figures("filled:   ")
for key = 1, 10000 do map:delete(key) end
figures("emptied:  ")
gc.collect()
figures("collected:")
