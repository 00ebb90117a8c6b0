-- Threads of Lua that talk, copy and collect, until SIGINT.
local thread = require "interlox.thread"
print "begun"
io.stdout:flush()
local function work(from, to)
  while true do to:send({from:recv()}) end
end
local a, b = thread.channel(), thread.channel()
thread.spawn(work, a, b)
thread.spawn(work, b, a)
a:send("x")
a:send({1, 2})
while true do
  local t = {}
  for i = 1, 100 do t[i] = {i} end
  collectgarbage()
end
