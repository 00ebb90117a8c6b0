-- SPDX-License-Identifier: BSD-3-Clause
-- Random programs, written in Lox and in Lua at once, must print the same. They are made of what
-- a register compiler gets wrong first: assignments inside expressions that read the same
-- variable, comparisons that fuse into jumps, constants as operands, captured variables.
local vm = require("interlox.vm")

local kVariables = { "a", "b", "c", "d", "nan" }
local kStart = { a = 1.0, b = 2.0, c = 0.5, d = -3.0, nan = 0 / 0 }

-- Each generator returns the Lox text and the Lua text. The Lua side reaches variables and
-- operators through functions of its environment, so that it has clox's rules and no others.
local random = math.random
local number, condition, statement

local function operands(depth)
  local lox1, lua1 = number(depth)
  local lox2, lua2 = number(depth)
  return lox1, lox2, lua1 .. ", " .. lua2
end

function number(depth)
  local kind = depth <= 0 and random(2) or random(9)
  if kind == 1 then
    local n = random(0, 19) / 2
    return ("%g"):format(n), tostring(n)
  elseif kind == 2 then
    local name = kVariables[random(#kVariables)]
    return name, ("get('%s')"):format(name)
  elseif kind == 3 then
    local lox, lua = number(depth - 1)
    return "(-" .. lox .. ")", "(-" .. lua .. ")"
  elseif kind == 4 then
    local name = kVariables[random(#kVariables)]
    local lox, lua = number(depth - 1)
    return ("(%s = %s)"):format(name, lox), ("set('%s', %s)"):format(name, lua)
  elseif kind == 5 then
    local lox1, lox2, lua = operands(depth - 1)
    return ("f(%s, %s)"):format(lox1, lox2), ("f(%s)"):format(lua)
  end
  local operator = ({ "+", "-", "*", "/" })[kind - 5]
  local lox1, lox2, lua = operands(depth - 1)
  return ("(%s %s %s)"):format(lox1, operator, lox2), ("op['%s'](%s)"):format(operator, lua)
end

function condition(depth)
  local kind = depth <= 0 and random(6) or random(9)
  if kind <= 6 then
    local operator = ({ "<", "<=", ">", ">=", "==", "!=" })[kind]
    local lox1, lox2, lua = operands(2)
    return ("%s %s %s"):format(lox1, operator, lox2), ("op['%s'](%s)"):format(operator, lua)
  end
  local lox1, lua1 = condition(depth - 1)
  if kind == 7 then return "!(" .. lox1 .. ")", "(not (" .. lua1 .. "))" end
  local word = kind == 8 and "and" or "or"
  local lox2, lua2 = condition(depth - 1)
  return ("(%s %s %s)"):format(lox1, word, lox2), ("(%s %s %s)"):format(lua1, word, lua2)
end

local function pair_of_statements(depth)
  local lox1, lua1 = statement(depth)
  local lox2, lua2 = statement(depth)
  return lox1, lox2, lua1, lua2
end

function statement(depth)
  local kind = depth <= 0 and random(3) or random(6)
  if kind == 1 then
    local lox, lua = number(3)
    return "print " .. lox .. ";", "out(" .. lua .. ")"
  elseif kind == 2 then
    local lox, lua = condition(2)
    return "print " .. lox .. ";", "out(" .. lua .. ")"
  elseif kind == 3 then
    local name = kVariables[random(#kVariables)]
    local lox, lua = number(3)
    return name .. " = " .. lox .. ";", ("set('%s', %s)"):format(name, lua)
  elseif kind == 4 then
    local lox, lua = condition(2)
    local lox1, lox2, lua1, lua2 = pair_of_statements(depth - 1)
    return ("if (%s) { %s } else { %s }"):format(lox, lox1, lox2),
      ("if %s then %s else %s end"):format(lua, lua1, lua2)
  elseif kind == 5 then
    local lox, lua = condition(1)
    local lox1, lua1 = statement(depth - 1)
    return ("for (var i = 0; i < 3 and (%s); i = i + 1) { %s }"):format(lox, lox1),
      ("for i = 0, 2 do if not (%s) then break end %s end"):format(lua, lua1)
  end
  local lox1, lox2, lua1, lua2 = pair_of_statements(depth - 1)
  return lox1 .. "\n" .. lox2, lua1 .. "\n" .. lua2
end

-- What the Lua text prints, as a list of values.
local function run_in_lua(text)
  local values, variables = {}, {}
  for name, value in pairs(kStart) do variables[name] = value end
  local environment = {
    get = function(name) return variables[name] end,
    set = function(name, value)
      variables[name] = value
      return value
    end,
    f = function(x, y) return x - y end,
    out = function(value) values[#values + 1] = value end,
    op = {
      ["+"] = function(x, y) return x + y end,
      ["-"] = function(x, y) return x - y end,
      ["*"] = function(x, y) return x * y end,
      ["/"] = function(x, y) return x / y end,
      ["<"] = function(x, y) return x < y end,
      [">"] = function(x, y) return x > y end,
      ["<="] = function(x, y) return not (x > y) end, -- as in clox, which shows on nan
      [">="] = function(x, y) return not (x < y) end,
      ["=="] = function(x, y) return x == y end,
      ["!="] = function(x, y) return x ~= y end,
    },
  }
  assert(load(text, "program", "t", environment))()
  return values
end

local kSpecial = { ["true"] = true, ["false"] = false, nan = 0 / 0, inf = math.huge, ["-inf"] = -math.huge }

-- What the Lox text prints, as a list of values.
local function run_in_lox(text)
  local output, status, message = vm.new():capture(text)
  assert(status == "ok", message)
  local values = {}
  for line in output:gmatch("[^\n]+") do
    local special = kSpecial[line]
    if special == nil then special = tonumber(line) end
    values[#values + 1] = special
  end
  return values
end

local function same(x, y)
  return x == y or (x ~= x and y ~= y)
end

local kDeclarations = "fun f(x, y) { return x - y; }\n%s\n"
local kVariablesInLox = "var a = 1; var b = 2; var c = 0.5; var d = -3; var nan = 0 / 0;"

local kShapes = {
  globals = kVariablesInLox .. "\n%s",
  locals = "{ " .. kVariablesInLox .. "\n%s }",
  ["captured locals"] = "fun g() { " .. kVariablesInLox ..
    " fun h() { a = a; return b + c; }\n%s\n} g();",
}

describe("random programs", function()
  for _, name in ipairs({ "globals", "locals", "captured locals" }) do
    local shape = kShapes[name]
    it("print the same in Lox and in Lua, with " .. name, function()
      math.randomseed(20, #name)
      for _ = 1, 1000 do
        local lox, lua = statement(5)
        local program = kDeclarations:format(shape:format(lox))
        local expected, actual = run_in_lua(lua), run_in_lox(program)
        assert(#expected == #actual, program)
        for i, value in ipairs(expected) do
          assert(same(value, actual[i]), ("%s\nvalue %d: %s, expected %s"):format(program, i, actual[i], value))
        end
      end
    end)
  end
end)
