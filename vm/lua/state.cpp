// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/state.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <new>
#include <thread>
#include <unistd.h>
#include <utility>

#include "gc/heap.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/objects.hpp"
#include "vm/lua/values.hpp"
#include "vm/output.hpp"
#include "vm/thread.hpp"

namespace interlox::lua {
namespace {

// Lua's memory. Only a block that is new tells what it is for; afterwards its address does.
void* allocate(void*, void* block, std::size_t old_size, std::size_t size) noexcept {
  if (block == nullptr) {
    if (size == 0) return nullptr;
    if (old_size != LUA_TUSERDATA) return std::malloc(size);
    try {
      return gc::allocate_uncollectable(size);
    } catch (const std::bad_alloc&) {
      return nullptr;  // Lua collects its own garbage, asks again, then raises its error
    }
  }
  const bool scanned = gc::is_heap_pointer(block);
  if (size == 0) {
    scanned ? gc::free_uncollectable(block) : std::free(block);
    return nullptr;
  }
  return scanned ? gc::reallocate_uncollectable(block, size) : std::realloc(block, size);
}

void preload(lua_State* state, const char* name, lua_CFunction open) {
  luaL_getsubtable(state, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(state, open);
  lua_setfield(state, -2, name);
  lua_pop(state, 1);
}

void add_library_path(lua_State* state, const std::string& folder) {
  lua_getglobal(state, LUA_LOADLIBNAME);
  lua_pushlstring(state, folder.data(), folder.size());
  lua_pushliteral(state, "/?.lua;");
  lua_getfield(state, -3, "path");
  lua_concat(state, 3);
  lua_setfield(state, -2, "path");
  lua_pop(state, 1);
}

// Everything that may raise while a state is set up; called protected.
int set_up(lua_State* state) {
  luaL_openlibs(state);
  open_values(state);
  open_objects(state);
  open_output(state);
  open_maps(state);
  open_channels(state);
  open_symbol_objects(state);
  open_unique_objects(state);
  open_gc_objects(state);
  preload(state, "interlox.trie", open_trie);
  preload(state, "interlox.symbols", open_symbols);
  preload(state, "interlox.gc", open_gc);
  preload(state, "interlox.thread", open_thread);
  preload(state, "interlox.trace", open_trace);
  preload(state, "interlox.explore", open_explore);
  preload(state, "interlox.unique", open_unique);
  preload(state, "interlox.vm", open_vm);
  preload(state, "interlox.spec", open_spec);
  const std::string& folder = state_of(state).context()->options().library_path;
  if (!folder.empty()) add_library_path(state, folder);
  return 0;
}

}  // namespace

vm::VM& Context::default_vm() {
  const std::lock_guard lock(mutex_);
  if (default_vm_ == nullptr) default_vm_ = options_.make_vm();
  return *default_vm_;
}

namespace {

/// For Thread::set_host_frames: the calls in progress of a state whose thread is blocked. Looks only: nothing
/// is pushed on its stack.
std::string frames_of(const void* host) {
  auto* const state = static_cast<lua_State*>(const_cast<void*>(host));
  std::string text;
  lua_Debug frame;
  for (int level = 0; lua_getstack(state, level, &frame) != 0; ++level) {
    lua_getinfo(state, "nSl", &frame);
    if (frame.currentline < 0) continue;  // a function of C
    text.append("\n").append(frame.short_src).append(":").append(std::to_string(frame.currentline));
    text.append(": in ");
    if (frame.name != nullptr) {
      text.append("function '").append(frame.name).append("'");
    } else {
      text.append(std::string_view(frame.what) == "main" ? "main chunk" : "a function");
    }
  }
  return text;
}

}  // namespace

State::State(std::shared_ptr<Context> context)
    : context_(std::move(context)),
      standard_output_(open_standard_output()),
      standard_error_(open_standard_error()),
      state_(nullptr) {
  if (standard_output_ == nullptr || standard_error_ == nullptr) throw std::bad_alloc();
  state_ = luaL_newstate();
  if (state_ == nullptr) throw std::bad_alloc();
  // luaL_newstate brings the handlers of panics and warnings. Its memory is malloc's too, and
  // there is no userdata yet, so the allocator can be changed under way.
  lua_setallocf(state_, allocate, nullptr);
  *static_cast<State**>(lua_getextraspace(state_)) = this;
  lua_pushcfunction(state_, set_up);
  if (lua_pcall(state_, 0, 0, 0) != LUA_OK) {
    lua_close(state_);
    throw std::bad_alloc();  // nothing else can go wrong there
  }
  vm::Thread::current().set_host_frames(frames_of, state_);
}

State::~State() {
  vm::Thread::current().set_host_frames(nullptr, nullptr);
  lua_close(state_);
}

State& state_of(lua_State* state) noexcept { return **static_cast<State**>(lua_getextraspace(state)); }

int add_traceback(lua_State* state) {
  if (lua_isstring(state, 1) == 0) {  // numbers count as strings
    const bool has_text = luaL_callmeta(state, 1, "__tostring") != 0 && lua_type(state, -1) == LUA_TSTRING;
    if (!has_text) lua_pushfstring(state, "(error object is a %s value)", luaL_typename(state, 1));
    lua_replace(state, 1);
  }
  // Appended, not passed: the text may hold zeros.
  lua_settop(state, 1);
  lua_pushliteral(state, "\n");
  luaL_traceback(state, state, nullptr, 1);
  lua_concat(state, 3);
  return 1;
}

void flush_streams() noexcept {
  try {
    const auto done = std::make_shared<std::promise<void>>();
    const std::future<void> flushed = done->get_future();
    // Streams are visited newest first, so the standard ones, which may block, come last. Ours
    // (output.cpp) have no buffer: nothing of the runtime is called on this thread.
    std::thread([done] {
      std::fflush(nullptr);
      done->set_value();
    }).detach();
    flushed.wait_for(std::chrono::milliseconds(250));
  } catch (const std::exception&) {
    // No thread, no memory: what is left in buffers is lost.
  }
}

void end_process(const Context& context, int code) {
  if (context.options().finish) context.options().finish(code);
  flush_streams();
  vm::StandardOutput::instance()->flush();
  _exit(code);
}

}  // namespace interlox::lua
