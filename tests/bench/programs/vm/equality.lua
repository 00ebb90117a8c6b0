-- SPDX-License-Identifier: BSD-3-Clause
-- Comparisons whose results nobody wants, between literals of all simple kinds. A loop over the literals
-- alone, as many as the second loop compares, comes first.
turns = 1500000

bare = 0
while bare < turns do
  bare = bare + 1
  local _ = 1
  local _ = 1
  local _ = 1
  local _ = 2
  local _ = 2
  local _ = 1
  local _ = 1
  local _ = nil
  local _ = nil
  local _ = 1
  local _ = 1
  local _ = "text"
  local _ = "text"
  local _ = 1
  local _ = 1
  local _ = true
  local _ = true
  local _ = 1
  local _ = nil
  local _ = nil
  local _ = nil
  local _ = "text"
  local _ = "text"
  local _ = nil
  local _ = nil
  local _ = true
  local _ = false
  local _ = nil
  local _ = true
  local _ = true
  local _ = true
  local _ = false
  local _ = false
  local _ = true
  local _ = false
  local _ = false
  local _ = true
  local _ = "text"
  local _ = "text"
  local _ = true
  local _ = false
  local _ = 1
  local _ = "false"
  local _ = false
  local _ = "text"
  local _ = "text"
  local _ = "text"
  local _ = "words"
  local _ = "words"
  local _ = "text"
  local _ = "1"
  local _ = 1
  local _ = 1
  local _ = "1"
  local _ = 1
  local _ = 1
  local _ = 1
  local _ = 2
  local _ = 2
  local _ = 1
  local _ = 1
  local _ = nil
  local _ = nil
  local _ = 1
  local _ = 1
  local _ = "text"
  local _ = "text"
  local _ = 1
  local _ = 1
  local _ = true
  local _ = true
  local _ = 1
  local _ = nil
  local _ = nil
  local _ = nil
  local _ = "text"
  local _ = "text"
  local _ = nil
  local _ = nil
  local _ = true
  local _ = false
  local _ = nil
  local _ = true
  local _ = true
  local _ = true
  local _ = false
  local _ = false
  local _ = true
  local _ = false
  local _ = false
  local _ = true
  local _ = "text"
  local _ = "text"
  local _ = true
  local _ = false
  local _ = 1
  local _ = "false"
  local _ = false
  local _ = "text"
  local _ = "text"
  local _ = "text"
  local _ = "words"
  local _ = "words"
  local _ = "text"
  local _ = "1"
  local _ = 1
  local _ = 1
  local _ = "1"
end
print(bare)

compared = 0
while compared < turns do
  compared = compared + 1
  local _ = 1 == 1
  local _ = 1 == 2
  local _ = 2 == 1
  local _ = 1 == nil
  local _ = nil == 1
  local _ = 1 == "text"
  local _ = "text" == 1
  local _ = 1 == true
  local _ = true == 1
  local _ = nil == nil
  local _ = nil == "text"
  local _ = "text" == nil
  local _ = nil == true
  local _ = false == nil
  local _ = true == true
  local _ = true == false
  local _ = false == true
  local _ = false == false
  local _ = true == "text"
  local _ = "text" == true
  local _ = false == 1
  local _ = "false" == false
  local _ = "text" == "text"
  local _ = "text" == "words"
  local _ = "words" == "text"
  local _ = "1" == 1
  local _ = 1 == "1"
  local _ = 1 ~= 1
  local _ = 1 ~= 2
  local _ = 2 ~= 1
  local _ = 1 ~= nil
  local _ = nil ~= 1
  local _ = 1 ~= "text"
  local _ = "text" ~= 1
  local _ = 1 ~= true
  local _ = true ~= 1
  local _ = nil ~= nil
  local _ = nil ~= "text"
  local _ = "text" ~= nil
  local _ = nil ~= true
  local _ = false ~= nil
  local _ = true ~= true
  local _ = true ~= false
  local _ = false ~= true
  local _ = false ~= false
  local _ = true ~= "text"
  local _ = "text" ~= true
  local _ = false ~= 1
  local _ = "false" ~= false
  local _ = "text" ~= "text"
  local _ = "text" ~= "words"
  local _ = "words" ~= "text"
  local _ = "1" ~= 1
  local _ = 1 ~= "1"
end
print(compared)
