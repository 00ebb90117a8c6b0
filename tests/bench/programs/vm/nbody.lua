-- SPDX-License-Identifier: BSD-3-Clause
-- Floating point and fields: the Sun and four planets pull at each other for many small steps of time. Prints
-- the energy of the whole before and after.
local pi, sqrt = math.pi, math.sqrt

local daysPerYear = 365.24
local solarMass = 4 * pi * pi

local Body = {}
Body.__index = Body

function Body.new(x, y, z, vx, vy, vz, mass)
  return setmetatable({
    x = x,
    y = y,
    z = z,
    vx = vx * daysPerYear,
    vy = vy * daysPerYear,
    vz = vz * daysPerYear,
    mass = mass * solarMass,
  }, Body)
end

-- Gives the Sun the momentum that makes that of the whole zero.
local function offsetMomentum(bodies)
  local px = 0
  local py = 0
  local pz = 0
  for _, body in ipairs(bodies) do
    px = px + body.vx * body.mass
    py = py + body.vy * body.mass
    pz = pz + body.vz * body.mass
  end
  local sun = bodies[1]
  sun.vx = -px / solarMass
  sun.vy = -py / solarMass
  sun.vz = -pz / solarMass
end

local function energy(bodies)
  local e = 0
  local count = #bodies
  for i = 1, count do
    local a = bodies[i]
    e = e + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, count do
      local b = bodies[j]
      local dx = a.x - b.x
      local dy = a.y - b.y
      local dz = a.z - b.z
      e = e - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return e
end

local function advance(bodies, dt)
  local count = #bodies
  for i = 1, count do
    local a = bodies[i]
    for j = i + 1, count do
      local b = bodies[j]
      local dx = a.x - b.x
      local dy = a.y - b.y
      local dz = a.z - b.z
      local squared = dx * dx + dy * dy + dz * dz
      local force = dt / (squared * sqrt(squared))
      local aForce = a.mass * force
      local bForce = b.mass * force
      a.vx = a.vx - dx * bForce
      a.vy = a.vy - dy * bForce
      a.vz = a.vz - dz * bForce
      b.vx = b.vx + dx * aForce
      b.vy = b.vy + dy * aForce
      b.vz = b.vz + dz * aForce
    end
  end
  for i = 1, count do
    local body = bodies[i]
    body.x = body.x + dt * body.vx
    body.y = body.y + dt * body.vy
    body.z = body.z + dt * body.vz
  end
end

local bodies = {
  Body.new(0, 0, 0, 0, 0, 0, 1),
  Body.new(
    4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
    0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
    0.000954791938424326609
  ),
  Body.new(
    8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
    -0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929,
    0.000285885980666130812
  ),
  Body.new(
    12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
    0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
    0.0000436624404335156298
  ),
  Body.new(
    15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
    0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
    0.0000515138902046611451
  ),
}

offsetMomentum(bodies)
print(string.format("%.9f", energy(bodies)))
for _ = 1, 300000 do advance(bodies, 0.01) end
print(string.format("%.9f", energy(bodies)))
