-- SPDX-License-Identifier: BSD-3-Clause
-- What several specs need: child processes of this very program, and checks of misuse.
local support = {}

-- The path of the running program: the lowest index of `arg`.
function support.program()
  local lowest = 0
  while arg[lowest - 1] do lowest = lowest - 1 end
  return arg[lowest]
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function read_and_remove(path)
  local file <close> = assert(io.open(path, "rb"))
  local text = file:read("a")
  os.remove(path)
  return text
end

-- Runs the program with `words`; gives its standard output, standard error and exit code.
function support.run(words, input)
  local out, err, into = os.tmpname(), os.tmpname(), os.tmpname()
  local file = assert(io.open(into, "wb"))
  file:write(input or "")
  file:close()
  local line = { quote(support.program()) }
  for _, word in ipairs(words) do line[#line + 1] = quote(word) end
  local command = ("%s <%s >%s 2>%s"):format(table.concat(line, " "), into, out, err)
  local _, how, code = os.execute(command)
  os.remove(into)
  return read_and_remove(out), read_and_remove(err), how == "exit" and code or how .. " " .. code
end

-- Calls f with the path of a file that holds `text`; gives what f gives.
function support.with_file(suffix, text, f)
  local base = os.tmpname()
  local path = base .. suffix
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local results = table.pack(pcall(f, path))
  os.remove(path)
  os.remove(base)
  assert(results[1], results[2])
  return table.unpack(results, 2, results.n)
end

-- Runs `source` as a script in a child: options, then arguments, may be given.
function support.script(source, options, arguments, input)
  return support.with_file(".lua", source, function(path)
    local words = {}
    for _, word in ipairs(options or {}) do words[#words + 1] = word end
    words[#words + 1] = "lua"
    words[#words + 1] = path
    for _, word in ipairs(arguments or {}) do words[#words + 1] = word end
    return support.run(words, input)
  end)
end

-- Asserts that f(...) raises an error that contains `text` literally.
function support.misuse(text, f, ...)
  local ok, message = pcall(f, ...)
  if ok then error("expected an error with " .. text, 2) end
  if type(message) ~= "string" or not message:find(text, 1, true) then
    error(("expected an error with %s\ngot %s"):format(text, tostring(message)), 2)
  end
end

-- Some values that neither maps nor channels take as they are.
support.foreign = {
  ["function"] = print,
  ["thread"] = coroutine.create(print),
  ["FILE*"] = io.stdout,
}

return support
