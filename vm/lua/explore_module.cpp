// SPDX-License-Identifier: BSD-3-Clause
// interlox.explore: recording what maps do, change by change, and showing it as a page.
#include <cstring>

#include "gc/recording.hpp"
#include "vm/explore.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/recording_arguments.hpp"
#include "vm/lua/state.hpp"

namespace interlox::lua {
namespace {

namespace recording = gc::recording;

int explore_start(Call& call) {
  if (!recording::start(bytes_option(call, recording::kDefaultBytes, recording::kLeastBytes))) {
    call.fail("calling 'start' while maps are being recorded");
  }
  return 0;
}

int explore_stop(Call& call) {
  const char* const path = path_argument(call, 1);
  if (!recording::stop()) call.fail("calling 'stop' while no maps are being recorded");
  const int error = vm::write_explore_page(path, path);
  if (error != 0) call.fail("cannot write '%s': %s", path, std::strerror(error));
  const recording::Recording recorded = recording::recorded();
  lua_pushinteger(call.state(), static_cast<lua_Integer>(recorded.count));
  lua_pushinteger(call.state(), static_cast<lua_Integer>(recorded.dropped));
  return 2;
}

int explore_is_recording(Call& call) {
  lua_pushboolean(call.state(), recording::active() != nullptr ? 1 : 0);
  return 1;
}

}  // namespace

int open_explore(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {
      {"start", binding<"start", explore_start>},
      {"stop", binding<"stop", explore_stop>},
      {"is_recording", binding<"is_recording", explore_is_recording>},
      {nullptr, nullptr},
  };
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
