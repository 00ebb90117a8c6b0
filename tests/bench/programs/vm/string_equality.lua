-- SPDX-License-Identifier: BSD-3-Clause
-- Comparisons of strings that are made once, before the loop: of the same and of other lengths, equal and
-- not.
a1 = "a"
a2 = "" .. "a"
b1 = "b"
b2 = "" .. "b"
short1 = "short"
short2 = "sho" .. "rt"
other = "other"
longer1 = "a longer text"
longer2 = "a longer " .. "text"
longest = "the longest of all the texts"

turns = 0
while turns < 1000000 do
  turns = turns + 1
  local _ = a1 == a1
  local _ = a1 == a2
  local _ = a1 == b1
  local _ = a1 == b2
  local _ = a1 == short1
  local _ = a1 == short2
  local _ = a1 == other
  local _ = a1 == longer1
  local _ = a1 == longer2
  local _ = a1 == longest
  local _ = a2 == a2
  local _ = a2 == b1
  local _ = a2 == b2
  local _ = a2 == short1
  local _ = a2 == short2
  local _ = a2 == other
  local _ = a2 == longer1
  local _ = a2 == longer2
  local _ = a2 == longest
  local _ = b1 == b1
  local _ = b1 == b2
  local _ = b1 == short1
  local _ = b1 == short2
  local _ = b1 == other
  local _ = b1 == longer1
  local _ = b1 == longer2
  local _ = b1 == longest
  local _ = b2 == b2
  local _ = b2 == short1
  local _ = b2 == short2
  local _ = b2 == other
  local _ = b2 == longer1
  local _ = b2 == longer2
  local _ = b2 == longest
  local _ = short1 == short1
  local _ = short1 == short2
  local _ = short1 == other
  local _ = short1 == longer1
  local _ = short1 == longer2
  local _ = short1 == longest
  local _ = short2 == short2
  local _ = short2 == other
  local _ = short2 == longer1
  local _ = short2 == longer2
  local _ = short2 == longest
  local _ = other == other
  local _ = other == longer1
  local _ = other == longer2
  local _ = other == longest
  local _ = longer1 == longer1
  local _ = longer1 == longer2
  local _ = longer1 == longest
  local _ = longer2 == longer2
  local _ = longer2 == longest
  local _ = longest == longest
  local _ = a1 ~= a1
  local _ = a1 ~= a2
  local _ = a1 ~= b1
  local _ = a1 ~= b2
  local _ = a1 ~= short1
  local _ = a1 ~= short2
  local _ = a1 ~= other
  local _ = a1 ~= longer1
  local _ = a1 ~= longer2
  local _ = a1 ~= longest
  local _ = a2 ~= a2
  local _ = a2 ~= b1
  local _ = a2 ~= b2
  local _ = a2 ~= short1
  local _ = a2 ~= short2
  local _ = a2 ~= other
  local _ = a2 ~= longer1
  local _ = a2 ~= longer2
  local _ = a2 ~= longest
  local _ = b1 ~= b1
  local _ = b1 ~= b2
  local _ = b1 ~= short1
  local _ = b1 ~= short2
  local _ = b1 ~= other
  local _ = b1 ~= longer1
  local _ = b1 ~= longer2
  local _ = b1 ~= longest
  local _ = b2 ~= b2
  local _ = b2 ~= short1
  local _ = b2 ~= short2
  local _ = b2 ~= other
  local _ = b2 ~= longer1
  local _ = b2 ~= longer2
  local _ = b2 ~= longest
  local _ = short1 ~= short1
  local _ = short1 ~= short2
  local _ = short1 ~= other
  local _ = short1 ~= longer1
  local _ = short1 ~= longer2
  local _ = short1 ~= longest
  local _ = short2 ~= short2
  local _ = short2 ~= other
  local _ = short2 ~= longer1
  local _ = short2 ~= longer2
  local _ = short2 ~= longest
  local _ = other ~= other
  local _ = other ~= longer1
  local _ = other ~= longer2
  local _ = other ~= longest
  local _ = longer1 ~= longer1
  local _ = longer1 ~= longer2
  local _ = longer1 ~= longest
  local _ = longer2 ~= longer2
  local _ = longer2 ~= longest
  local _ = longest ~= longest
end
print(turns)
