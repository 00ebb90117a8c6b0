// SPDX-License-Identifier: BSD-3-Clause
// The figures of a trie as a Lua table.
#pragma once

#include <lua.hpp>
#include <type_traits>

#include "trie/stats.hpp"
#include "vm/lua/binding.hpp"

namespace interlox::lua {

/// Pushes the table for `stats`, whose memory Lua owns (push_stats below).
void push_stats_table(lua_State* state, const trie::Stats& stats);

/// Adds what a canonical set counts beyond that to the table on top.
void add_canonical_fields(lua_State* state, const trie::CanonicalStats& stats);

/// Pushes a userdata that holds empty figures.
trie::CanonicalStats& new_stats(lua_State* state);

/// Pushes the table of what `take()` gives; returns 1. `take` may throw.
template <class F>
int push_stats(lua_State* state, F take) {
  constexpr bool kCanonical = std::is_same_v<decltype(take()), trie::CanonicalStats>;
  trie::CanonicalStats& stats = new_stats(state);
  static_cast<std::conditional_t<kCanonical, trie::CanonicalStats&, trie::Stats&>>(stats) = take();
  push_stats_table(state, stats);
  if constexpr (kCanonical) add_canonical_fields(state, stats);
  stats.depths.clear();
  stats.depths.shrink_to_fit();
  return 1;
}

}  // namespace interlox::lua
