-- SPDX-License-Identifier: BSD-3-Clause
-- Lists and integers: for all orders of the numbers 1 to n, how often the first elements must be reversed, as
-- many as the first one says, until that is 1. Prints the most that were needed, and the sum whose signs
-- alternate.
local function fannkuch(n)
  local order = {}
  local work = {}
  local turns = {}
  for i = 1, n do
    order[i] = i
    work[i] = 0
    turns[i] = i
  end
  local most = 0
  local checksum = 0
  local sign = 1
  while true do
    local first = order[1]
    if first ~= 1 then
      for i = 2, n do work[i] = order[i] end
      local flips = 1
      while true do
        local next = work[first]
        if next == 1 then break end
        work[first] = first
        if first > 3 then
          local low = 2
          local high = first - 1
          while low < high do
            work[low], work[high] = work[high], work[low]
            low = low + 1
            high = high - 1
          end
        end
        first = next
        flips = flips + 1
      end
      if flips > most then most = flips end
      checksum = checksum + sign * flips
    end

    -- The next order: every other one swaps the first two; the others go round among more and more elements.
    if sign == 1 then
      order[1], order[2] = order[2], order[1]
      sign = -1
    else
      order[2], order[3] = order[3], order[2]
      sign = 1
      local last = 3
      while turns[last] == 1 do
        if last == n then return checksum, most end
        turns[last] = last
        last = last + 1
        local element = order[1]
        for i = 1, last - 1 do order[i] = order[i + 1] end
        order[last] = element
      end
      turns[last] = turns[last] - 1
    end
  end
end

for _ = 1, 6 do
  local checksum, most = fannkuch(9)
  print("checksum " .. checksum .. ", most " .. most)
end
