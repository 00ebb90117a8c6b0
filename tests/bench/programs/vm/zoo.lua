-- SPDX-License-Identifier: BSD-3-Clause
-- Methods that only read a field: what an animal keeper asks ten kinds of animals for, until the sum is large
-- enough.
Zoo = {}
Zoo.__index = Zoo

function Zoo.new()
  return setmetatable({
    badgers = 1,
    cranes = 1,
    dolphins = 1,
    eels = 1,
    ferrets = 1,
    goats = 1,
    herons = 1,
    ibiss = 1,
    jackals = 1,
    koalas = 1,
  }, Zoo)
end

function Zoo:badger()
  return self.badgers
end
function Zoo:crane()
  return self.cranes
end
function Zoo:dolphin()
  return self.dolphins
end
function Zoo:eel()
  return self.eels
end
function Zoo:ferret()
  return self.ferrets
end
function Zoo:goat()
  return self.goats
end
function Zoo:heron()
  return self.herons
end
function Zoo:ibis()
  return self.ibiss
end
function Zoo:jackal()
  return self.jackals
end
function Zoo:koala()
  return self.koalas
end

zoo = Zoo.new()
sum = 0
turns = 0
while sum < 30000000 do
  sum = sum + zoo:badger()
  sum = sum + zoo:crane()
  sum = sum + zoo:dolphin()
  sum = sum + zoo:eel()
  sum = sum + zoo:ferret()
  sum = sum + zoo:goat()
  sum = sum + zoo:heron()
  sum = sum + zoo:ibis()
  sum = sum + zoo:jackal()
  sum = sum + zoo:koala()
  turns = turns + 1
end
print(sum)
print(turns)
