-- SPDX-License-Identifier: BSD-3-Clause
-- Counts the words of a real word list and of this repository's documents: on one thread,
-- then on every core. Each word is interned in the VM's symbol table and counted in one
-- map that all threads share; the counts are checked against a plain table.
--
--   interlox lua words.lua [FILE...]

local gc = require("interlox.gc")
local symbols = require("interlox.symbols")
local thread = require("interlox.thread")
local trie = require("interlox.trie")

local root = (arg[0]:match("^(.*)/") or ".") .. "/../.."
local word_lists = { "/usr/share/dict/words", "/usr/share/dict/american-english" }
local chunk_size = 32 * 1024
local rounds = 8 -- how often each text is counted, so that there is something to time

-- A word: ASCII letters, any other UTF-8 characters, apostrophes inside.
local word_pattern = "[%a\x80-\xff][%a\x80-\xff']*"

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

-- The texts to count: the files named on the command line, or the word list and every
-- document of this repository.
local function read_texts()
  local texts, names = {}, {}
  local function add(path, name)
    local text = read(path)
    if text then
      texts[#texts + 1], names[#names + 1] = text, name or path
    end
    return text ~= nil
  end
  if #arg > 0 then
    for _, path in ipairs(arg) do
      if not add(path) then error("cannot read " .. path, 0) end
    end
    return texts, names
  end
  if not (add(word_lists[1]) or add(word_lists[2])) then
    error("no word list in /usr/share/dict (Debian's package is wamerican)", 0)
  end
  local list = io.popen("cd '" .. root .. "' && find . -name '*.md' -not -path './build/*' | sort")
  for path in list:lines() do add(root .. "/" .. path, path) end
  list:close()
  return texts, names
end

-- Cuts the texts into chunks that end between words.
local function split(texts)
  local chunks = {}
  for _, text in ipairs(texts) do
    local from = 1
    while from <= #text do
      local to = text:find("%f[^%a\x80-\xff']", math.min(from + chunk_size, #text + 1)) or #text + 1
      chunks[#chunks + 1] = text:sub(from, to - 1)
      from = to
    end
  end
  return chunks
end

-- What each thread runs: takes chunks until there are none, and counts their words.
local function count_words(chunks, counts, pattern)
  local intern = require("interlox.symbols").intern
  local words = 0
  while true do
    local chunk = chunks:recv()
    if not chunk then return words end
    for word in chunk:gmatch(pattern) do
      local symbol = intern(word:lower())
      local count, loaded = counts:load_or_store(symbol, 1)
      while loaded and not counts:compare_and_swap(symbol, count, count + 1) do
        count = counts:load(symbol)
      end
      words = words + 1
    end
  end
end

-- Counts all chunks `times` times over with `n` threads. Returns the map, the number of words, the seconds.
local function run(chunks, n, times)
  local counts, queue = trie.new(), thread.channel()
  for _ = 1, times do
    for _, chunk in ipairs(chunks) do queue:send(chunk) end
  end
  queue:close()
  local begin = thread.now()
  local threads, words = {}, 0
  for i = 1, n do threads[i] = thread.spawn(count_words, queue, counts, word_pattern) end
  for i = 1, n do words = words + threads[i]:join() end
  return counts, words, thread.now() - begin
end

-- The same count in one plain table, to compare with.
local function count_plainly(texts)
  local counts, distinct, words = {}, 0, 0
  for _, text in ipairs(texts) do
    for word in text:gmatch(word_pattern) do
      word = word:lower()
      if not counts[word] then distinct = distinct + 1 end
      counts[word] = (counts[word] or 0) + rounds
      words = words + rounds
    end
  end
  return counts, distinct, words
end

local function check(counts, words, plain, distinct, plain_words)
  assert(counts:check())
  assert(words == plain_words, ("counted %d words, expected %d"):format(words, plain_words))
  assert(#counts == distinct, ("found %d different words, expected %d"):format(#counts, distinct))
  for symbol, count in pairs(counts) do
    local expected = plain[symbol.name]
    assert(count == expected, ("%s: counted %s, expected %s"):format(symbol.name, count, expected))
  end
end

local function print_most_frequent(counts, n)
  local list = {}
  for symbol, count in pairs(counts) do list[#list + 1] = { name = symbol.name, count = count } end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.name < b.name
  end)
  print("\nThe most frequent words:")
  for i = 1, math.min(n, #list) do print(("  %8d  %s"):format(list[i].count, list[i].name)) end
end

local function print_depths(title, stats)
  print(("\n%s: %d entries, %d inner nodes, %d KiB, by depth:"):format(
    title, stats.entries, stats.indirects, stats.bytes // 1024))
  for depth, entries in ipairs(stats.depths) do
    local share = entries / stats.entries
    print(("  %2d  %8d  %5.1f %%  %s"):format(depth, entries, 100 * share, ("#"):rep(math.ceil(50 * share))))
  end
end

local function print_collections(stats)
  print(("\nCollections: %d; heap %.1f MiB, %.1f MiB allocated in all"):format(
    stats.collections, stats.heap_bytes / 2 ^ 20, stats.allocated_bytes / 2 ^ 20))
  print(("Pauses: last %.2f ms, longest %.2f ms, %.2f ms in all"):format(
    stats.pause_ns_last / 1e6, stats.pause_ns_max / 1e6, stats.pause_ns_total / 1e6))
end

local texts, names = read_texts()
local chunks = split(texts)
local bytes = 0
for _, text in ipairs(texts) do bytes = bytes + #text end
print(("Counting the words of %d files (%.1f MiB in %d chunks, %d times over): %s"):format(
  #texts, bytes / 2 ^ 20, #chunks, rounds, table.concat(names, ", ")))

local cores = thread.count()
local plain, distinct, plain_words = count_plainly(texts)
run(chunks, 1, 1) -- warms up: every symbol exists from here on
local one, words_one, seconds_one = run(chunks, 1, rounds)
check(one, words_one, plain, distinct, plain_words)
local all, words_all, seconds_all = run(chunks, cores, rounds)
check(all, words_all, plain, distinct, plain_words)

print_most_frequent(all, 10)
print_depths("The map of counts", all:stats())
print_depths("The symbol table", symbols.stats())
print_collections(gc.stats())
print(("\n%d words, %d different; the counts agree with a plain table."):format(words_all, distinct))
print(("%10.0f words a second on 1 thread"):format(words_one / seconds_one))
print(("%10.0f words a second on %d threads (%.2f times as many)"):format(
  words_all / seconds_all, cores, seconds_one / seconds_all))
