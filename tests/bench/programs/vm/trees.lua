-- SPDX-License-Identifier: BSD-3-Clause
-- Fields and recursion: one tree, each of whose nodes has five children, is built once and walked many times.
setmetatable = setmetatable

Tree = {}
Tree.__index = Tree

function Tree.new(depth)
  if depth > 0 then
    return setmetatable({
      depth = depth,
      a = Tree.new(depth - 1),
      b = Tree.new(depth - 1),
      c = Tree.new(depth - 1),
      d = Tree.new(depth - 1),
      e = Tree.new(depth - 1),
    }, Tree)
  end
  return setmetatable({ depth = depth }, Tree)
end

function Tree:walk()
  if self.depth == 0 then return 0 end
  return self.depth + self.a:walk() + self.b:walk() + self.c:walk() + self.d:walk() + self.e:walk()
end

tree = Tree.new(7)
sum = 0
for _ = 1, 200 do
  sum = sum + tree:walk()
end
print(sum)
