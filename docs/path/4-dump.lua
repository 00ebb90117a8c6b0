local map = require("interlox.trie").new {seed = 1}
for i = 1, 9 do map:store("key" .. i, i) end
io.write(map:dump())
