// SPDX-License-Identifier: BSD-3-Clause
// The figures of a trie as a Lua table.
#pragma once

#include <lua.hpp>

#include "trie/stats.hpp"
#include "vm/lua/binding.hpp"

namespace interlox::lua {

/// Pushes the table for `stats`, whose memory Lua owns (push_stats below).
void push_stats_table(lua_State* state, const trie::Stats& stats);

/// Pushes a userdata that holds empty figures.
trie::Stats& new_stats(lua_State* state);

/// Pushes the table of what `take()` gives; returns 1. `take` may throw.
template <class F>
int push_stats(lua_State* state, F take) {
  trie::Stats& stats = new_stats(state);
  stats = take();
  push_stats_table(state, stats);
  stats.depths.clear();
  stats.depths.shrink_to_fit();
  return 1;
}

}  // namespace interlox::lua
