-- SPDX-License-Identifier: BSD-3-Clause
-- Calls: the Fibonacci numbers by their definition. Nothing is allocated.
function fib(n)
  if n < 2 then return n end
  return fib(n - 2) + fib(n - 1)
end

print(fib(36))
