-- SPDX-License-Identifier: BSD-3-Clause
-- Objects and methods of several classes behind one call: the simulation of an operating system whose tasks
-- send packets to each other. Prints how many packets were queued, and how often a task was held.
local floor = math.floor

local idle = 0
local worker = 1
local handlerA = 2
local handlerB = 3
local deviceA = 4
local deviceB = 5
local forDevice = 0
local forWork = 1
local dataSize = 4

local Packet = {}
Packet.__index = Packet

function Packet.new(link, owner, kind)
  return setmetatable({
    link = link,
    owner = owner,
    kind = kind,
    position = 0,
    data = { 0, 0, 0, 0 },
  }, Packet)
end

-- Puts the packet at the end of a queue, and gives the queue.
function Packet:appendTo(queue)
  self.link = nil
  if queue == nil then return self end
  local last = queue
  while last.link ~= nil do last = last.link end
  last.link = self
  return queue
end

-- A task of the system: its state, its packets, and the work that it does.
local Task = {}
Task.__index = Task

function Task.new(next, id, priority, queue, work)
  return setmetatable({
    next = next,
    id = id,
    priority = priority,
    queue = queue,
    work = work,
    pending = queue ~= nil,
    waiting = true,
    held = false,
  }, Task)
end

function Task:blocked()
  return self.held or self.waiting and not self.pending
end

function Task:run(scheduler)
  local packet = nil
  if self.waiting and self.pending then
    packet = self.queue
    self.queue = packet.link
    self.pending = self.queue ~= nil
    self.waiting = false
  end
  return self.work:run(scheduler, packet)
end

-- Takes a packet, and gives the task that goes on: this one if it is the more urgent one.
function Task:receive(packet, current)
  if self.queue == nil then
    self.queue = packet
    self.pending = true
    if self.priority > current.priority then return self end
  else
    packet:appendTo(self.queue)
  end
  return current
end

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler.new()
  return setmetatable({ queued = 0, holds = 0, tasks = {}, first = nil, current = nil }, Scheduler)
end

function Scheduler:add(id, priority, queue, work)
  local task = Task.new(self.first, id, priority, queue, work)
  self.first = task
  self.tasks[id] = task
  return task
end

function Scheduler:schedule()
  self.current = self.first
  while self.current ~= nil do
    if self.current:blocked() then
      self.current = self.current.next
    else
      self.current = self.current:run(self)
    end
  end
end

-- These four give the task that goes on.
function Scheduler:hold()
  self.holds = self.holds + 1
  self.current.held = true
  return self.current.next
end

function Scheduler:wait()
  self.current.waiting = true
  return self.current
end

function Scheduler:release(id)
  local task = self.tasks[id]
  task.held = false
  return task.priority > self.current.priority and task or self.current
end

function Scheduler:send(packet)
  local receiver = self.tasks[packet.owner]
  self.queued = self.queued + 1
  packet.link = nil
  packet.owner = self.current.id
  return receiver:receive(packet, self.current)
end

local function flip(number, bit)
  return number % (2 * bit) < bit and number + bit or number - bit
end

-- Releases one device or the other, as a shift register with feedback has it.
local Idle = {}
Idle.__index = Idle

function Idle.new(turns)
  return setmetatable({ turns = turns, register = 1 }, Idle)
end

function Idle:run(scheduler, _)
  self.turns = self.turns - 1
  if self.turns == 0 then return scheduler:hold() end
  local odd = self.register % 2 == 1
  self.register = floor(self.register / 2)
  if not odd then return scheduler:release(deviceA) end
  self.register = flip(flip(flip(flip(self.register, 0x8000), 0x4000), 0x1000), 8)
  return scheduler:release(deviceB)
end

-- Fills packets with numbers, and sends them to the two handlers in turn.
local Worker = {}
Worker.__index = Worker

function Worker.new()
  return setmetatable({ receiver = handlerA, number = 0 }, Worker)
end

function Worker:run(scheduler, packet)
  if packet == nil then return scheduler:wait() end
  self.receiver = self.receiver == handlerA and handlerB or handlerA
  packet.owner = self.receiver
  packet.position = 0
  for i = 1, dataSize do
    self.number = self.number + 1
    if self.number > 26 then self.number = 1 end
    packet.data[i] = self.number
  end
  return scheduler:send(packet)
end

-- Passes what the worker has sent to a device, a number at a time.
local Handler = {}
Handler.__index = Handler

function Handler.new()
  return setmetatable({ work = nil, device = nil }, Handler)
end

function Handler:run(scheduler, packet)
  if packet ~= nil then
    if packet.kind == forWork then
      self.work = packet:appendTo(self.work)
    else
      self.device = packet:appendTo(self.device)
    end
  end
  local work = self.work
  if work ~= nil then
    local position = work.position
    if position == dataSize then
      self.work = work.link
      return scheduler:send(work)
    end
    local device = self.device
    if device ~= nil then
      self.device = device.link
      device.position = work.data[position + 1]
      work.position = position + 1
      return scheduler:send(device)
    end
  end
  return scheduler:wait()
end

-- Keeps a packet while it is held, then sends it back.
local Device = {}
Device.__index = Device

function Device.new()
  return setmetatable({ packet = nil }, Device)
end

function Device:run(scheduler, packet)
  if packet ~= nil then
    self.packet = packet
    return scheduler:hold()
  end
  local kept = self.packet
  if kept == nil then return scheduler:wait() end
  self.packet = nil
  return scheduler:send(kept)
end

local function packets(count, owner, kind)
  local queue = nil
  for _ = 1, count do queue = Packet.new(queue, owner, kind) end
  return queue
end

local function simulate()
  local scheduler = Scheduler.new()
  scheduler:add(idle, 0, nil, Idle.new(1000)).waiting = false
  scheduler:add(worker, 1000, packets(2, worker, forWork), Worker.new())
  scheduler:add(handlerA, 2000, packets(3, deviceA, forDevice), Handler.new())
  scheduler:add(handlerB, 3000, packets(3, deviceB, forDevice), Handler.new())
  scheduler:add(deviceA, 4000, nil, Device.new())
  scheduler:add(deviceB, 5000, nil, Device.new())
  scheduler:schedule()
  return scheduler
end

local queued = 0
local holds = 0
for _ = 1, 350 do
  local scheduler = simulate()
  queued = queued + scheduler.queued
  holds = holds + scheduler.holds
end
print(string.format("%d queued, %d held", queued / 350, holds / 350))
