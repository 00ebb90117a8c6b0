// SPDX-License-Identifier: BSD-3-Clause
// interlox.thread: Lua functions on threads of their own.
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "gc/root.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/values.hpp"
#include "vm/thread.hpp"
#include "vm/unjoined_errors.hpp"
#include "vm/waiting.hpp"

namespace interlox::lua {
namespace {

using vm::Value;

// One thread, shared by its own body and the userdata that joins it; in malloc's memory, so that it
// outlives both Lua states. Before its end only the child touches it, once it runs.
struct Record {
  std::shared_ptr<Context> context;
  std::shared_ptr<vm::Output> output;
  std::string code;              // the function, dumped
  gc::RootVector<Value> values;  // the arguments, until the child has them; then the results
  std::string error;
  bool failed = false;
  std::uint64_t unjoined = 0;  // the error's number among UnjoinedErrors
  std::uint64_t identity = 0;  // of the thread
  vm::ThreadEnd end;           // publishes the rest
};

// What `t` holds. Empty once joined.
using Handle = std::shared_ptr<Record>;
constexpr char kThreadTag[] = "thread";
void release_thread(Handle& handle) noexcept {
  if (handle != nullptr && handle->end.has_come()) {
    vm::UnjoinedErrors::instance().report(handle->unjoined);  // nobody can join it any more
  }
  handle.reset();
}

// In the child's state, protected: the function gets its arguments, and the record its results.
int child_main(Call& call) {
  lua_State* const state = call.state();
  Record& record = *static_cast<Record*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  if (luaL_loadbufferx(state, record.code.data(), record.code.size(), "=spawn", "b") != LUA_OK)
    lua_error(state);
  luaL_checkstack(state, static_cast<int>(record.values.size()), "too many arguments");
  for (const Value v : record.values) push_value(state, v);
  const int arguments = lua_gettop(state) - 1;
  gc::RootVector<Value>().swap(record.values);
  lua_call(state, arguments, LUA_MULTRET);
  const Call results(state, "spawn", 0, Call::Role::result);
  for (int i = 1, count = lua_gettop(state); i <= count; ++i) {
    record.values.push_back(check_copied(results, i, true));
  }
  return 0;
}

void run_in_state(Record& record) {
  const State state(record.context);
  lua_State* const lua = state.get();
  lua_pushcfunction(lua, add_traceback);
  lua_pushcfunction(lua, (binding<"spawn", child_main>));
  lua_pushlightuserdata(lua, &record);
  if (lua_pcall(lua, 1, 0, 1) == LUA_OK) return;
  record.failed = true;
  std::size_t length = 0;
  const char* const text = lua_tolstring(lua, -1, &length);
  record.error = text != nullptr ? std::string(text, length) : "error without a text";
}

constexpr std::string_view kNotEnoughMemory = "not enough memory";

void run_child(Record& record) noexcept {
  try {
    try {
      run_in_state(record);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      record.failed = true;
      record.error = error.what();
    }
  } catch (const std::bad_alloc&) {
    record.failed = true;
    record.error = kNotEnoughMemory;  // for which start() has made room
  }
  if (record.failed) {
    gc::RootVector<Value>().swap(record.values);
    try {
      record.unjoined = vm::UnjoinedErrors::instance().add("interlox: " + record.error, record.output);
    } catch (const std::bad_alloc&) {                        // join() still knows
      record.output->report("interlox: not enough memory");  // rather twice than not at all
    }
  }
  record.end.come();
}

void start(const Handle& record) {
  static std::atomic<std::uint64_t> last{0};
  record->error.reserve(kNotEnoughMemory.size());
  try {
    std::unique_ptr<vm::Thread> thread = vm::Thread::make(record->output);
    thread->describe("Lua thread " + std::to_string(++last));
    record->identity = thread->identity();
    vm::start_program_thread(
        std::move(thread), [](const Handle& mine) { run_child(*mine); }, record);
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("cannot start a thread: ") + error.what());
  }
}

int append_code(lua_State*, const void* bytes, std::size_t size, void* code) noexcept {
  try {
    static_cast<std::string*>(code)->append(static_cast<const char*>(bytes), size);
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}

// The child has globals of its own, and nothing else of this state.
void check_function(const Call& call) {
  lua_State* const state = call.state();
  const int function = call.at(1);
  if (lua_type(state, function) != LUA_TFUNCTION) call.expected(1, "Lua function");
  if (lua_iscfunction(state, function) != 0) call.bad_argument(1, "Lua function expected, got C function");
  for (int i = 1;; ++i) {
    const char* const name = lua_getupvalue(state, function, i);
    if (name == nullptr) return;
    lua_pushglobaltable(state);
    const bool is_environment = std::string_view(name) == "_ENV" || lua_rawequal(state, -1, -2) != 0;
    if (!is_environment) {
      call.bad_argument(
          1, lua_pushfstring(state, "function without upvalues expected, got one with '%s'", name));
    }
    lua_pop(state, 2);
  }
}

int thread_spawn(Call& call) {
  lua_State* const state = call.state();
  check_function(call);
  const int count = call.count();
  Handle& handle = new_owned<Handle, kThreadTag, release_thread>(state);
  const int userdata = lua_gettop(state);
  handle = std::make_shared<Record>();
  handle->context = state_of(state).context();
  handle->output = vm::Thread::current().shared_output();
  lua_pushvalue(state, call.at(1));
  if (lua_dump(state, append_code, &handle->code, 0) != 0) throw std::bad_alloc();
  for (int i = 2; i <= count; ++i) handle->values.push_back(check_copied(call, i, true));
  start(handle);
  lua_settop(state, userdata);
  return 1;
}

int thread_join(Call& call) {
  lua_State* const state = call.state();
  Handle* const handle = to_owned<Handle, kThreadTag>(state, 1);
  if (handle == nullptr) call.bad_object("thread");
  if (*handle == nullptr) call.fail("calling 'join' on a thread that was joined before");
  Record& record = **handle;
  if (record.end.await(record.identity) == vm::Wait::Outcome::interrupted) call.interrupted();
  vm::UnjoinedErrors::instance().forget(record.unjoined);
  const int before = lua_gettop(state);
  if (record.failed) {
    lua_pushlstring(state, record.error.data(), record.error.size());
  } else {
    luaL_checkstack(state, static_cast<int>(record.values.size()), "too many results");
    for (const Value v : record.values) push_value(state, v);
  }
  const bool failed = record.failed;
  release_thread(*handle);
  if (failed) return lua_error(state);
  return lua_gettop(state) - before;
}

int thread_count(Call& call) {
  const unsigned count = std::thread::hardware_concurrency();
  lua_pushinteger(call.state(), count == 0 ? 1 : static_cast<lua_Integer>(count));
  return 1;
}

/// Seconds on a clock that never goes back, for measuring (os.clock() adds up all threads).
int thread_now(Call& call) {
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  lua_pushnumber(call.state(), now.count());
  return 1;
}

}  // namespace

int open_thread(lua_State* state) {
  constexpr luaL_Reg kMethods[] = {{"join", binding<"join", thread_join, 1>}, {nullptr, nullptr}};
  constexpr luaL_Reg kFunctions[] = {
      {"spawn", binding<"spawn", thread_spawn>},
      {"channel", new_channel},
      {"count", binding<"count", thread_count>},
      {"now", binding<"now", thread_now>},
      {nullptr, nullptr},
  };
  push_owned_metatable<Handle, kThreadTag, release_thread>(state);
  luaL_newlib(state, kMethods);
  lua_setfield(state, -2, "__index");
  lua_pushliteral(state, "interlox thread");
  lua_setfield(state, -2, "__name");
  lua_pop(state, 1);
  luaL_newlib(state, kFunctions);
  return 1;
}

}  // namespace interlox::lua
