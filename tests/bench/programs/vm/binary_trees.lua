-- SPDX-License-Identifier: BSD-3-Clause
-- Allocation: many short-lived binary trees of several depths beside one that lives to the end. Each is
-- counted by walking it.
setmetatable = setmetatable

Tree = {}
Tree.__index = Tree

function Tree.new(depth)
  if depth > 0 then
    return setmetatable({ depth = depth, left = Tree.new(depth - 1), right = Tree.new(depth - 1) }, Tree)
  end
  return setmetatable({ depth = depth }, Tree)
end

function Tree:check()
  if self.depth == 0 then return 1 end
  return self.left:check() + 1 + self.right:check()
end

minDepth = 4
maxDepth = 15
stretchDepth = maxDepth + 1

print("stretch tree of depth " .. stretchDepth .. ", check " .. Tree.new(stretchDepth):check())

longLived = Tree.new(maxDepth)

count = 1
for _ = 1, maxDepth do count = count * 2 end

depth = minDepth
while depth < stretchDepth do
  local check = 0
  for _ = 1, count do check = check + Tree.new(depth):check() end
  print(count .. " trees of depth " .. depth .. ", check " .. check)
  count = math.floor(count / 4)
  depth = depth + 2
end

print("long-lived tree of depth " .. maxDepth .. ", check " .. longLived:check())
