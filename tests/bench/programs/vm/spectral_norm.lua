-- SPDX-License-Identifier: BSD-3-Clause
-- Floating point and lists: the spectral norm of an infinite matrix, of which a corner is taken, by the power
-- method.

-- The element of the matrix in row i and column j, which count from 0.
local function element(i, j)
  local diagonal = i + j
  return 1 / (diagonal * (diagonal + 1) / 2 + i + 1)
end

local function times(n, from, to)
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + element(i - 1, j - 1) * from[j] end
    to[i] = sum
  end
end

local function timesTransposed(n, from, to)
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + element(j - 1, i - 1) * from[j] end
    to[i] = sum
  end
end

local function filled(n, value)
  local list = {}
  for i = 1, n do list[i] = value end
  return list
end

local function norm(n)
  local u = filled(n, 1)
  local v = filled(n, 0)
  local between = filled(n, 0)
  for _ = 1, 10 do
    times(n, u, between)
    timesTransposed(n, between, v)
    times(n, v, between)
    timesTransposed(n, between, u)
  end
  local uv = 0
  local vv = 0
  for i = 1, n do
    uv = uv + u[i] * v[i]
    vv = vv + v[i] * v[i]
  end
  return math.sqrt(uv / vv)
end

print(string.format("%.9f", norm(600)))
