-- SPDX-License-Identifier: BSD-3-Clause
-- interlox.spec: a small test library, a subset of busted.
--
-- describe() bodies run at once and collect; spec.run(emit) then runs the tests in the order in
-- which they were written. `interlox test` makes the functions globals and calls run().

local spec = {}

local root = { tests = {}, before = {}, after = {} } -- the block outside of all others
local current = root                                -- the block that is being collected
local running = false                               -- whether a test is under way
local skip = {}                                     -- skip.reason: raised by pending() in a test

-- Arguments.

local function bad_argument(number, name, expected, got)
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(number, name, expected, got), 3)
end

local function is_callable(value)
  local meta = type(value) ~= "function" and getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and type(meta.__call) == "function"
end

local function kind(value)
  return value == nil and "nil" or type(value)
end

-- Showing and comparing values.

local function show_scalar(value)
  if type(value) == "string" then
    return (("%q"):format(value):gsub("\\\n", "\\n"))
  end
  return tostring(value)
end

local function sorted_keys(t)
  local keys = {}
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return type(a) < type(b)
  end)
  return keys
end

local kMaxShown = 40 -- entries of a table

local function show(value, inside)
  if type(value) ~= "table" then return show_scalar(value) end
  inside = inside or {}
  if inside[value] then return "{...}" end
  inside[value] = true
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    if #parts == kMaxShown then
      parts[#parts + 1] = "..."
      break
    end
    local name = math.type(key) == "integer" and key == #parts + 1 and "" or "[" .. show(key, inside) ..
      "] = "
    parts[#parts + 1] = name .. show(rawget(value, key), inside)
  end
  inside[value] = nil
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Where two values differ, as a path like ".a[1]", or nil if they are the same by content.
-- `pairs_seen` holds what is being compared already: tables may contain themselves.
local function difference(a, b, path, pairs_seen)
  if rawequal(a, b) then return nil end
  if type(a) ~= "table" or type(b) ~= "table" then
    if a == b then return nil end
    return path
  end
  local seen = pairs_seen[a] or {}
  pairs_seen[a] = seen
  if seen[b] then return nil end
  seen[b] = true
  for key, value in next, a do
    local at = difference(value, rawget(b, key), path .. "[" .. show_scalar(key) .. "]", pairs_seen)
    if at then return at end
  end
  for key in next, b do
    if rawget(a, key) == nil then return path .. "[" .. show_scalar(key) .. "]" end
  end
  return nil
end

-- Assertions.

local assertions = {}

local function fail(message)
  error(message, 3)
end

local function compared(expected, actual)
  local types = ""
  if math.type(expected) ~= math.type(actual) then
    types = (" (%s and %s)"):format(math.type(expected) or type(expected), math.type(actual) or type(actual))
  end
  return ("expected: %s\nactual:   %s%s"):format(show(expected), show(actual), types)
end

function assertions.equal(expected, actual)
  if expected ~= actual then fail("values are not equal\n" .. compared(expected, actual)) end
end

function assertions.same(expected, actual)
  local at = difference(expected, actual, "", {})
  if at then
    fail("values are not the same" .. (at ~= "" and ", first at " .. at or "") .. "\n" .. compared(expected,
      actual))
  end
end

function assertions.is_true(actual)
  if actual ~= true then fail("expected true, got " .. show(actual)) end
end

function assertions.is_false(actual)
  if actual ~= false then fail("expected false, got " .. show(actual)) end
end

function assertions.is_nil(actual)
  if actual ~= nil then fail("expected nil, got " .. show(actual)) end
end

function assertions.is_not_nil(actual)
  if actual == nil then fail("expected a value, got nil") end
end

-- Returns the error. `pattern` is a Lua pattern that the error, as text, must contain.
function assertions.has_error(f, pattern)
  if not is_callable(f) then bad_argument(1, "has_error", "function", kind(f)) end
  if pattern ~= nil and type(pattern) ~= "string" then bad_argument(2, "has_error", "pattern",
    kind(pattern)) end
  local ok, message = pcall(f)
  if ok then fail("expected an error, got none") end
  if pattern and not tostring(message):find(pattern) then
    fail(("the error does not match\nexpected: %s\nactual:   %s"):format(show(pattern),
      show(tostring(message))))
  end
  return message
end

function assertions.near(expected, actual, tolerance)
  if type(expected) ~= "number" then bad_argument(1, "near", "number", kind(expected)) end
  if type(tolerance) ~= "number" then bad_argument(3, "near", "number", kind(tolerance)) end
  if type(actual) ~= "number" then fail("expected a number, got " .. show(actual)) end
  if not (expected == actual or math.abs(expected - actual) <= tolerance) then
    fail(("expected: %s, give or take %s\nactual:   %s"):format(expected, tolerance, actual))
  end
end

-- assert(x, message) is what it is in Lua.
local plain_assert = assert
spec.assert = setmetatable(assertions, {
  __call = function(_, ...)
    if select("#", ...) == 0 then bad_argument(1, "assert", "value", "no value") end
    return plain_assert(...)
  end,
})

-- Collecting.

local function check_block(name, f, what)
  if running then error(("'%s' can't be called in a test"):format(what), 3) end
  if type(name) ~= "string" then
    error(("bad argument #1 to '%s' (name expected, got %s)"):format(what, kind(name)), 3)
  end
  if not is_callable(f) then
    error(("bad argument #2 to '%s' (function expected, got %s)"):format(what, kind(f)), 3)
  end
end

local function full_name(block, name)
  return block.name and block.name .. " " .. name or name
end

-- Opens a block of tests; its body runs at once. An error in it counts as a failed test.
function spec.describe(name, body)
  check_block(name, body, "describe")
  local block = { name = full_name(current, name), parent = current, before = {}, after = {} }
  local outer = current
  current = block
  local ok, message = xpcall(body, debug.traceback)
  current = outer
  if not ok then
    root.tests[#root.tests + 1] = { name = block.name, error = tostring(message) }
  end
end

function spec.it(name, body)
  check_block(name, body, "it")
  root.tests[#root.tests + 1] = { name = full_name(current, name), block = current, body = body }
end

-- pending(name[, body]) declares a test that is not run; pending([reason]) in a test ends it. Either
-- counts as skipped.
function spec.pending(name, body)
  if running then error(setmetatable({ reason = name and tostring(name) or "" }, skip), 0) end
  check_block(name, body or function() end, "pending")
  root.tests[#root.tests + 1] = { name = full_name(current, name), pending = true }
end

local function check_hook(f, what)
  if running then error(("'%s' can't be called in a test"):format(what), 3) end
  if not is_callable(f) then
    error(("bad argument #1 to '%s' (function expected, got %s)"):format(what, kind(f)), 3)
  end
end

-- Runs before (after) each test of this block and the blocks in it: outer ones first (last).
function spec.before_each(f)
  check_hook(f, "before_each")
  table.insert(current.before, f)
end

function spec.after_each(f)
  check_hook(f, "after_each")
  table.insert(current.after, f)
end

-- Running.

local function handler(err)
  if getmetatable(err) == skip then return err end
  if type(err) == "table" and not (getmetatable(err) or {}).__tostring then err = "error object: " ..
    show(err) end
  return debug.traceback(tostring(err), 2)
end

local function run_before(block)
  if not block then return end
  run_before(block.parent)
  for _, f in ipairs(block.before) do f() end
end

-- All of them run, whatever fails; the first error counts.
local function run_after(block)
  local ok, err = true, nil
  while block do
    for _, f in ipairs(block.after) do
      local good, message = xpcall(f, handler)
      if ok and not good then ok, err = false, message end
    end
    block = block.parent
  end
  return ok, err
end

local function run_test(test)
  if test.pending then return "skipped", "" end
  if test.error then return "failed", test.error end
  running = true
  local ok, err = xpcall(function()
    run_before(test.block)
    test.body()
  end, handler)
  local after_ok, after_err = run_after(test.block)
  running = false
  if not ok and getmetatable(err) == skip then
    if after_ok then return "skipped", err.reason end
    ok, err = false, after_err
  end
  if ok and not after_ok then ok, err = false, after_err end
  if ok then return "passed", "" end
  return "failed", getmetatable(err) == skip and "pending() in after_each" or err
end

-- Runs what was collected and forgets it. emit(verdict, name, why) is called after each test:
-- verdict is "passed", "failed" or "skipped". Returns how many of each there were.
function spec.run(emit)
  if not is_callable(emit) then bad_argument(1, "run", "function", kind(emit)) end
  local tests = root.tests
  local counts = { passed = 0, failed = 0, skipped = 0 }
  root = { tests = {}, before = {}, after = {} }
  current = root
  for _, test in ipairs(tests) do
    local verdict, why = run_test(test)
    counts[verdict] = counts[verdict] + 1
    emit(verdict, test.name, why)
  end
  return counts.passed, counts.failed, counts.skipped
end

return spec
