// SPDX-License-Identifier: BSD-3-Clause
// One Lua state with the modules, and what all states of a program share.
#pragma once

#include <cstdio>
#include <lua.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "vm/lua/runtime.hpp"
#include "vm/vm.hpp"

namespace interlox::lua {

/// What the states of one script (with the threads it started) share. Thread-safe.
class Context {
 public:
  explicit Context(Options options, bool testing) : options_(std::move(options)), testing_(testing) {}

  const Options& options() const noexcept { return options_; }
  /// Whether the script is a spec: it must not end the process.
  bool testing() const noexcept { return testing_; }

  /// The VM that vm.* is about, made by the first call. Throws what make_vm throws.
  vm::VM& default_vm();

 private:
  const Options options_;
  const bool testing_;
  std::mutex mutex_;
  std::unique_ptr<vm::VM> default_vm_;
};

/// A Lua state with the standard libraries and ours. Its memory is malloc's but for full
/// userdata, which lie in scanned, uncollectable memory: so runtime objects that a script holds
/// stay alive, and the rest of a script's data costs the collector nothing. To be used by the
/// thread that made it, which has a vm::ThreadScope.
class State {
 public:
  /// Throws std::bad_alloc.
  explicit State(std::shared_ptr<Context> context);
  /// Closes the state: runs finalizers, closes files.
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  lua_State* get() const noexcept { return state_; }
  const std::shared_ptr<Context>& context() const noexcept { return context_; }
  /// What io.stdout and io.stderr write to (output.cpp). Closed after the state.
  std::FILE* standard_output() const noexcept { return standard_output_.get(); }
  std::FILE* standard_error() const noexcept { return standard_error_.get(); }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;

  std::shared_ptr<Context> context_;
  File standard_output_;
  File standard_error_;
  lua_State* state_;
};

/// The State that a lua_State (or a coroutine of it) belongs to.
State& state_of(lua_State* state) noexcept;

/// A message handler for lua_pcall as in lua(1): the error as text, with a traceback.
int add_traceback(lua_State* state);

/// Ends the process as Options::finish says, after a flush of everything.
[[noreturn]] void end_process(const Context& context, int code);

// What each module's file gives to State: functions for luaL_requiref.
int open_trie(lua_State* state);
int open_symbols(lua_State* state);
int open_gc(lua_State* state);
int open_thread(lua_State* state);
int open_trace(lua_State* state);
int open_explore(lua_State* state);
int open_unique(lua_State* state);
int open_vm(lua_State* state);
int open_spec(lua_State* state);

/// Streams for io.stdout and io.stderr; null if there is no memory (output.cpp).
std::FILE* open_standard_output();
std::FILE* open_standard_error();
/// Puts print, and what of io and os prints or ends the process, in place of the standard
/// library's (output.cpp).
void open_output(lua_State* state);
/// The metatables of maps, channels, symbols and so on: values may arrive where no script has required
/// the module.
void open_maps(lua_State* state);
void open_channels(lua_State* state);
void open_symbol_objects(lua_State* state);
void open_unique_objects(lua_State* state);
void open_gc_objects(lua_State* state);
/// thread.channel.
int new_channel(lua_State* state);

}  // namespace interlox::lua
