-- SPDX-License-Identifier: BSD-3-Clause
-- What the two tables have in common that hold their elements weakly: symbols and unique handles.
local thread = require "interlox.thread"

for _, table_and_maker in ipairs { { "symbols", "intern" }, { "unique", "make" } } do
  local name, make_name = table.unpack(table_and_maker)
  local module = "interlox." .. name
  local weak = require(module)

  describe(name .. ".dump, dot and check", function()
    it("show the table", function()
      local held = weak[make_name]("spec in a dump")
      local dump = weak.dump()
      assert.is_not_nil(dump:find("^0x%x+ %[Root Slots=%d+ Entries=%d+%]\n"))
      assert.is_not_nil(dump:find('Key="spec in a dump" Value=weak Hash=', 1, true))
      for line in dump:gmatch("[^\n]+") do assert.is_not_nil(line:find("^\t*0x%x+ %[%u%l+ ")) end
      local dot = weak.dot()
      assert.is_not_nil(dot:find("^digraph "))
      assert.is_not_nil(dot:find("}\n$"))
      assert.is_not_nil(dot:find("spec in a dump", 1, true))
      assert.is_true(weak.check())
      assert.is_not_nil(held)
    end)

    it("may be called while others change it", function()
      local threads = {}
      for i = 1, 2 do
        threads[i] = thread.spawn(function(module, make_name, i)
          local gc, make = require "interlox.gc", require(module)[make_name]
          for n = 1, 3000 do
            make("churn " .. i .. " " .. n % 700)
            if n % 500 == 0 then gc.collect() end
          end
        end, module, make_name, i)
      end
      for _ = 1, 20 do
        assert.is_not_nil(weak.dump():find("[Root ", 1, true))
        assert.is_not_nil(weak.dot():find("^digraph "))
        assert.is_true(weak.check())
      end
      for _, t in ipairs(threads) do t:join() end
      assert.is_true(weak.check())
    end)
  end)
end
