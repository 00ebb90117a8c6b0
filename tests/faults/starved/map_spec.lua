local trie = require "interlox.trie"
describe("a map", function()
  it("stores", function() local m = trie.new(); m:store("a", 1); assert.equal(1, m:count()) end)
  it("counts", function() local m = trie.new(); assert.equal(0, m:count()) end)
end)
