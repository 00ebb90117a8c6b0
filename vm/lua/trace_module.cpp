// SPDX-License-Identifier: BSD-3-Clause
// interlox.trace: recording what collector, threads and maps do.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "gc/trace.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/recording_arguments.hpp"
#include "vm/lua/state.hpp"

namespace interlox::lua {
namespace {

namespace trace = gc::trace;

int trace_start(Call& call) {
  if (!trace::start(bytes_option(call, trace::kDefaultBytes, trace::kLeastBytes)))
    call.fail("calling 'start' while a trace is being recorded");
  return 0;
}

// 0, or why the file can't be written.
int write_file(const char* path) {
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path, "wbe"));
  if (file == nullptr) return errno;
  int error = 0;
  trace::write_json([&file, &error](std::string_view part) {
    if (error == 0 && std::fwrite(part.data(), 1, part.size(), file.get()) != part.size()) error = errno;
  });
  if (error == 0 && std::fflush(file.get()) != 0) error = errno;
  return error;
}

int trace_stop(Call& call) {
  lua_State* const state = call.state();
  const char* path = nullptr;
  if (!call.is_missing(1)) {
    path = path_argument(call, 1);
  }
  if (!trace::stop()) call.fail("calling 'stop' while no trace is being recorded");
  if (path != nullptr) {
    const int error = write_file(path);
    if (error != 0) call.fail("cannot write '%s': %s", path, std::strerror(error));
    lua_pushinteger(state, static_cast<lua_Integer>(trace::dropped()));
    return 1;
  }
  std::string& text = new_text(state);
  trace::write_json([&text](std::string_view part) { text += part; });
  push_text(state, text);
  lua_pushinteger(state, static_cast<lua_Integer>(trace::dropped()));
  return 2;
}

int trace_is_recording(Call& call) {
  lua_pushboolean(call.state(), trace::is_recording() ? 1 : 0);
  return 1;
}

}  // namespace

int open_trace(lua_State* state) {
  constexpr luaL_Reg kFunctions[] = {
      {"start", binding<"start", trace_start>},
      {"stop", binding<"stop", trace_stop>},
      {"is_recording", binding<"is_recording", trace_is_recording>},
      {nullptr, nullptr},
  };
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
