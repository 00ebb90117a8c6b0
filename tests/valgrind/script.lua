-- A script with a map, a thread and a VM that are there when it ends.
local trie, thread, vm = require "interlox.trie", require "interlox.thread", require "interlox.vm"
local map = trie.new()
for i = 1, 1000 do map:store("k" .. i, i) end
local t = thread.spawn(function(m) return m:count() end, map)
assert(t:join() == 1000)
thread.spawn(function(c) c:recv() end, thread.channel())
print(vm.eval("[1, 2].length"))
