-- SPDX-License-Identifier: BSD-3-Clause
-- Runs a program of the language, and prints how many bytes the heap has then and how often it was collected:
--
--     interlox lua heap_of.lua FILE.lox
local gc = require("interlox.gc")
local vm = require("interlox.vm")

local file = assert(io.open(arg[1]))
local _, status, problem = vm.capture(file:read("a"), arg[1])
assert(status == "ok", problem)
local stats = gc.stats()
print(("%d %d"):format(stats.heap_bytes, stats.collections))
