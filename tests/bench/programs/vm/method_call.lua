-- SPDX-License-Identifier: BSD-3-Clause
-- Methods of a class and of its subclass, whose methods call those that they override.
Toggle = {}
Toggle.__index = Toggle

function Toggle.new(state)
  return setmetatable({ state = state }, Toggle)
end

function Toggle:value()
  return self.state
end

function Toggle:activate()
  self.state = not self.state
  return self
end

NthToggle = setmetatable({}, { __index = Toggle })
NthToggle.__index = NthToggle

function NthToggle.new(state, limit)
  local self = setmetatable(Toggle.new(state), NthToggle)
  self.limit = limit
  self.count = 0
  return self
end

function NthToggle:activate()
  self.count = self.count + 1
  if self.count >= self.limit then
    Toggle.activate(self)
    self.count = 0
  end
  return self
end

turns = 1000000

function plain()
  local toggle = Toggle.new(true)
  local on = 0
  for _ = 1, turns do
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
  end
  print(on)
  print(toggle:value())
end

function everyThird()
  local toggle = NthToggle.new(true, 3)
  local on = 0
  for _ = 1, turns do
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
    if toggle:activate():value() then on = on + 1 end
  end
  print(on)
  print(toggle:value())
end

plain()
everyThird()
