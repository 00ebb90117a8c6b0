// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/stats_table.hpp"

#include <vector>

namespace interlox::lua {
namespace {

constexpr char kStatsTag[] = "stats";

// Figures without depths own no memory.
void release_stats(trie::CanonicalStats& stats) noexcept { std::vector<std::size_t>().swap(stats.depths); }

void set_count(lua_State* state, const char* name, std::size_t count) {
  lua_pushinteger(state, static_cast<lua_Integer>(count));
  lua_setfield(state, -2, name);
}

}  // namespace

trie::CanonicalStats& new_stats(lua_State* state) {
  return new_owned<trie::CanonicalStats, kStatsTag, release_stats>(state);
}

void add_canonical_fields(lua_State* state, const trie::CanonicalStats& stats) {
  set_count(state, "live", stats.live);
  set_count(state, "dead", stats.dead);
  set_count(state, "hits", stats.hits);
  set_count(state, "misses", stats.misses);
  set_count(state, "cleared", stats.cleared);
  set_count(state, "pruned", stats.pruned);
}

void push_stats_table(lua_State* state, const trie::Stats& stats) {
  lua_createtable(state, 0, 8);
  set_count(state, "entries", stats.entries);
  set_count(state, "indirects", stats.indirects);
  set_count(state, "max_depth", stats.max_depth);
  set_count(state, "overflow", stats.overflow);
  set_count(state, "bytes", stats.bytes);
  set_count(state, "retired", stats.retired);
  lua_createtable(state, static_cast<int>(stats.depths.size()), 0);
  lua_Integer depth = 0;
  for (const std::size_t entries : stats.depths) {
    lua_pushinteger(state, static_cast<lua_Integer>(entries));
    lua_rawseti(state, -2, ++depth);
  }
  lua_setfield(state, -2, "depths");
}

}  // namespace interlox::lua
