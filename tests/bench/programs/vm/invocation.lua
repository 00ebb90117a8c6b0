-- SPDX-License-Identifier: BSD-3-Clause
-- Method calls: thirty methods that do nothing, called in turn on one object.
Worker = {}
Worker.__index = Worker

function Worker.new()
  return setmetatable({}, Worker)
end

function Worker:one() end
function Worker:two() end
function Worker:three() end
function Worker:four() end
function Worker:five() end
function Worker:six() end
function Worker:seven() end
function Worker:eight() end
function Worker:nine() end
function Worker:ten() end
function Worker:eleven() end
function Worker:twelve() end
function Worker:thirteen() end
function Worker:fourteen() end
function Worker:fifteen() end
function Worker:sixteen() end
function Worker:seventeen() end
function Worker:eighteen() end
function Worker:nineteen() end
function Worker:twenty() end
function Worker:twentyOne() end
function Worker:twentyTwo() end
function Worker:twentyThree() end
function Worker:twentyFour() end
function Worker:twentyFive() end
function Worker:twentySix() end
function Worker:twentySeven() end
function Worker:twentyEight() end
function Worker:twentyNine() end
function Worker:thirty() end

worker = Worker.new()
turn = 0
while turn < 1500000 do
  turn = turn + 1
  worker:one()
  worker:two()
  worker:three()
  worker:four()
  worker:five()
  worker:six()
  worker:seven()
  worker:eight()
  worker:nine()
  worker:ten()
  worker:eleven()
  worker:twelve()
  worker:thirteen()
  worker:fourteen()
  worker:fifteen()
  worker:sixteen()
  worker:seventeen()
  worker:eighteen()
  worker:nineteen()
  worker:twenty()
  worker:twentyOne()
  worker:twentyTwo()
  worker:twentyThree()
  worker:twentyFour()
  worker:twentyFive()
  worker:twentySix()
  worker:twentySeven()
  worker:twentyEight()
  worker:twentyNine()
  worker:thirty()
end
print(turn)
