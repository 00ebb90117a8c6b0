// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "vm/lua/binding.hpp"
#include "vm/lua/lox_test.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/tap.hpp"
#include "vm/output.hpp"
#include "vm/thread.hpp"

namespace interlox::lua {
namespace {

namespace fs = std::filesystem;

constexpr int kFailure = 1;
constexpr int kUnreadable = 74;

using Words = std::vector<std::string>;

Words command_words(const Options& options, const char* subcommand) {
  if (!options.command.empty()) return options.command;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return {error ? "interlox" : program.string(), subcommand};
}

// A file to run, for a protected call to find.
struct Script {
  const Words* command;
  const std::string* file;
  const Words* args;
  Tap* tap;
  bool unreadable = false;
};

void push_string(lua_State* state, const std::string& text) {
  lua_pushlstring(state, text.data(), text.size());
}

// `arg`, as in lua(1): the script is 0, its arguments follow, what was before it is negative.
void set_arg(lua_State* state, const Script& script) {
  lua_createtable(state, static_cast<int>(script.args->size()), static_cast<int>(script.command->size()) + 1);
  const auto before = static_cast<lua_Integer>(script.command->size());
  for (lua_Integer i = 0; i < before; ++i) {
    push_string(state, (*script.command)[static_cast<std::size_t>(i)]);
    lua_rawseti(state, -2, i - before);
  }
  push_string(state, *script.file);
  lua_rawseti(state, -2, 0);
  lua_Integer index = 0;
  for (const std::string& arg : *script.args) {
    push_string(state, arg);
    lua_rawseti(state, -2, ++index);
  }
  lua_setglobal(state, "arg");
}

// Pushes the script as a function; an error in it is raised.
void load(lua_State* state, Script& script) {
  const int status = luaL_loadfile(state, *script.file == "-" ? nullptr : script.file->c_str());
  script.unreadable = status == LUA_ERRFILE;
  if (status != LUA_OK) lua_error(state);
}

int script_main(Call& call) {
  lua_State* const state = call.state();
  Script& script = *static_cast<Script*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  set_arg(state, script);
  load(state, script);
  luaL_checkstack(state, static_cast<int>(script.args->size()) + 1, "too many arguments");
  for (const std::string& arg : *script.args) push_string(state, arg);
  lua_call(state, static_cast<int>(script.args->size()), 0);
  return 0;
}

// Runs `main` protected on the script; false, with the error's text in `error`, if it raised.
bool run_protected(lua_State* state, lua_CFunction main, Script& script, std::string& error) {
  lua_settop(state, 0);
  lua_pushcfunction(state, add_traceback);
  lua_pushcfunction(state, main);
  lua_pushlightuserdata(state, &script);
  if (lua_pcall(state, 1, 0, 1) == LUA_OK) return true;
  std::size_t length = 0;
  const char* const text = lua_type(state, -1) == LUA_TSTRING ? lua_tolstring(state, -1, &length) : nullptr;
  error = text != nullptr ? std::string(text, length) : "error without a text";
  return false;
}

void add_result(Tap& tap, std::string_view verdict, std::string_view name, std::string_view why) {
  if (verdict == "passed") {
    tap.passed(name);
  } else if (verdict == "skipped") {
    tap.skipped(name, why);
  } else {
    tap.failed(name, why);
  }
}

// What the spec module calls for each test: emit(verdict, name, why).
int emit(Call& call) {
  auto* const tap = static_cast<Tap*>(lua_touserdata(call.state(), lua_upvalueindex(1)));
  const std::string_view verdict = call.string(1);
  const std::string_view name = call.string(2);
  add_result(*tap, verdict, name, call.is_missing(3) ? std::string_view() : call.string(3));
  return 0;
}

// Runs a spec: first the file, which collects its tests, then those.
int spec_main(Call& call) {
  lua_State* const state = call.state();
  Script& script = *static_cast<Script*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  set_arg(state, script);
  lua_getglobal(state, "require");
  lua_pushliteral(state, "interlox.spec");
  lua_call(state, 1, 1);
  for (const char* name : {"describe", "it", "pending", "before_each", "after_each", "assert"}) {
    lua_getfield(state, 1, name);
    lua_setglobal(state, name);
  }
  load(state, script);
  lua_call(state, 0, 0);
  lua_getfield(state, 1, "run");
  lua_pushlightuserdata(state, script.tap);
  lua_pushcclosure(state, binding<"emit", emit>, 1);
  lua_call(state, 1, 0);
  return 0;
}

void run_spec(const Options& options, const std::string& file, Tap& tap) {
  const Words command = command_words(options, "test");
  const Words args;
  Script script{&command, &file, &args, &tap};
  std::string error;
  tap.write(file + "\n");
  const State state(std::make_shared<Context>(options, true));
  if (!run_protected(state.get(), binding<"test", spec_main>, script, error)) tap.failed(file, error);
}

// The tests among and below `path`, in the order of their names. Throws fs::filesystem_error.
Words tests_at(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  Words found;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    const bool is_test = name.ends_with("_spec.lua") || is_lox_test(name);
    if (is_test && entry.is_regular_file()) found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

int run_script(const Options& options, const std::string& file, const Words& args) {
  const vm::ThreadScope scope;
  const Words command = command_words(options, "lua");
  Script script{&command, &file, &args, nullptr};
  std::string error;
  const State state(std::make_shared<Context>(options, false));
  int code = 0;
  if (!run_protected(state.get(), binding<"lua", script_main>, script, error)) {
    vm::Thread::current().output().flush();
    error.insert(0, "interlox: ");
    error += '\n';
    std::fwrite(error.data(), 1, error.size(), stderr);
    code = script.unreadable ? kUnreadable : kFailure;
  }
  return options.before_end ? options.before_end(code) : code;
}

int run_tests(const Options& options, const Words& paths) {
  const auto tap = std::make_shared<Tap>(vm::StandardOutput::instance());
  const vm::ThreadScope scope;
  vm::Thread& thread = vm::Thread::current();
  const std::shared_ptr<vm::Output> before = thread.shared_output();
  thread.set_output(tap);
  if (options.set_test_sink) {
    options.set_test_sink([tap](std::string_view verdict, std::string_view name, std::string_view why) {
      add_result(*tap, verdict, name, why);
    });
  }
  for (const std::string& path : paths.empty() ? Words{"scripts/"} : paths) {
    try {
      for (const std::string& file : tests_at(path)) {
        if (is_lox_test(file)) {
          run_lox_test(options, file, *tap);
        } else {
          run_spec(options, file, *tap);
        }
      }
    } catch (const std::bad_alloc&) {
      tap->failed(path, "Out of memory.");
    } catch (const std::exception& error) {
      tap->failed(path, error.what());
    }
  }
  thread.set_output(before);
  if (options.set_test_sink) options.set_test_sink(nullptr);
  tap->finish();
  return tap->good() ? 0 : kFailure;
}

}  // namespace interlox::lua
