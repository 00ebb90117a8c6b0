-- SPDX-License-Identifier: BSD-3-Clause
-- Fields: an object with thirty of them, each read by a method of its own, all summed up in each turn of a
-- loop.
Fields = {}
Fields.__index = Fields

function Fields.new()
  return setmetatable({
    one = 1,
    two = 2,
    three = 3,
    four = 4,
    five = 5,
    six = 6,
    seven = 7,
    eight = 8,
    nine = 9,
    ten = 10,
    eleven = 11,
    twelve = 12,
    thirteen = 13,
    fourteen = 14,
    fifteen = 15,
    sixteen = 16,
    seventeen = 17,
    eighteen = 18,
    nineteen = 19,
    twenty = 20,
    twentyOne = 21,
    twentyTwo = 22,
    twentyThree = 23,
    twentyFour = 24,
    twentyFive = 25,
    twentySix = 26,
    twentySeven = 27,
    twentyEight = 28,
    twentyNine = 29,
    thirty = 30,
  }, Fields)
end

function Fields:getOne()
  return self.one
end
function Fields:getTwo()
  return self.two
end
function Fields:getThree()
  return self.three
end
function Fields:getFour()
  return self.four
end
function Fields:getFive()
  return self.five
end
function Fields:getSix()
  return self.six
end
function Fields:getSeven()
  return self.seven
end
function Fields:getEight()
  return self.eight
end
function Fields:getNine()
  return self.nine
end
function Fields:getTen()
  return self.ten
end
function Fields:getEleven()
  return self.eleven
end
function Fields:getTwelve()
  return self.twelve
end
function Fields:getThirteen()
  return self.thirteen
end
function Fields:getFourteen()
  return self.fourteen
end
function Fields:getFifteen()
  return self.fifteen
end
function Fields:getSixteen()
  return self.sixteen
end
function Fields:getSeventeen()
  return self.seventeen
end
function Fields:getEighteen()
  return self.eighteen
end
function Fields:getNineteen()
  return self.nineteen
end
function Fields:getTwenty()
  return self.twenty
end
function Fields:getTwentyOne()
  return self.twentyOne
end
function Fields:getTwentyTwo()
  return self.twentyTwo
end
function Fields:getTwentyThree()
  return self.twentyThree
end
function Fields:getTwentyFour()
  return self.twentyFour
end
function Fields:getTwentyFive()
  return self.twentyFive
end
function Fields:getTwentySix()
  return self.twentySix
end
function Fields:getTwentySeven()
  return self.twentySeven
end
function Fields:getTwentyEight()
  return self.twentyEight
end
function Fields:getTwentyNine()
  return self.twentyNine
end
function Fields:getThirty()
  return self.thirty
end

fields = Fields.new()
sum = 0
turn = 0
while turn < 1000000 do
  turn = turn + 1
  sum = sum + fields:getOne()
  sum = sum + fields:getTwo()
  sum = sum + fields:getThree()
  sum = sum + fields:getFour()
  sum = sum + fields:getFive()
  sum = sum + fields:getSix()
  sum = sum + fields:getSeven()
  sum = sum + fields:getEight()
  sum = sum + fields:getNine()
  sum = sum + fields:getTen()
  sum = sum + fields:getEleven()
  sum = sum + fields:getTwelve()
  sum = sum + fields:getThirteen()
  sum = sum + fields:getFourteen()
  sum = sum + fields:getFifteen()
  sum = sum + fields:getSixteen()
  sum = sum + fields:getSeventeen()
  sum = sum + fields:getEighteen()
  sum = sum + fields:getNineteen()
  sum = sum + fields:getTwenty()
  sum = sum + fields:getTwentyOne()
  sum = sum + fields:getTwentyTwo()
  sum = sum + fields:getTwentyThree()
  sum = sum + fields:getTwentyFour()
  sum = sum + fields:getTwentyFive()
  sum = sum + fields:getTwentySix()
  sum = sum + fields:getTwentySeven()
  sum = sum + fields:getTwentyEight()
  sum = sum + fields:getTwentyNine()
  sum = sum + fields:getThirty()
end
print(sum)
