// SPDX-License-Identifier: BSD-3-Clause
// interlox.vm: the language. Each function is there twice: on the default VM, and as a method of
// the VMs that vm.new() makes.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "vm/lua/binding.hpp"
#include "vm/lua/objects.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/values.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::lua {
namespace {

using vm::Result;
using vm::Status;
using vm::Value;
using vm::VM;

using Machine = std::unique_ptr<VM>;
constexpr char kVmTag[] = "vm";
void release_vm(Machine& machine) noexcept { machine.reset(); }

VM& vm_of(const Call& call) {
  if (!call.is_method()) return state_of(call.state()).context()->default_vm();
  Machine* const machine = to_owned<Machine, kVmTag>(call.state(), 1);
  if (machine == nullptr || *machine == nullptr) call.bad_object("vm");
  return **machine;
}

// How a run ended, as R1 allows; the error's text goes to memory that Lua owns.
struct Ending {
  Status status;
  Value value;
};

Ending split(Result result, std::string& error) {
  error.swap(result.error);
  return {result.status, result.value};
}

std::string_view name_argument(const Call& call, int argument) {
  return call.is_missing(argument) ? std::string_view() : call.string(argument, "name");
}

int vm_run(Call& call) {
  VM& machine = vm_of(call);
  const std::string_view source = call.string(1, "source");
  const std::string_view name = name_argument(call, 2);
  std::string& error = new_text(call.state());
  if (split(machine.run(source, name), error).status == Status::ok) {
    lua_pushboolean(call.state(), 1);
    return 1;
  }
  lua_pushnil(call.state());
  push_text(call.state(), error);
  return 2;
}

// Redirects what this thread prints, for as long as it lives.
class Redirection {
 public:
  explicit Redirection(std::shared_ptr<vm::Output> to) : before_(vm::Thread::current().shared_output()) {
    vm::Thread::current().set_output(std::move(to));
  }
  ~Redirection() { vm::Thread::current().set_output(std::move(before_)); }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;

 private:
  std::shared_ptr<vm::Output> before_;
};

Status capture(VM& machine, std::string_view source, std::string_view name, std::string& text,
               std::string& error) {
  const auto captured = std::make_shared<vm::CapturedOutput>();
  const Redirection redirection(captured);
  const Status status = split(machine.run(source, name), error).status;
  text = captured->text();
  return status;
}

const char* status_name(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::compile_error:
      return "compile";
    case Status::runtime_error:
      break;
  }
  return "runtime";
}

int vm_capture(Call& call) {
  VM& machine = vm_of(call);
  const std::string_view source = call.string(1, "source");
  const std::string_view name = name_argument(call, 2);
  std::string& text = new_text(call.state());
  std::string& error = new_text(call.state());
  const Status status = capture(machine, source, name, text, error);
  push_text(call.state(), text);
  lua_pushstring(call.state(), status_name(status));
  push_text(call.state(), error);
  return 3;
}

int vm_eval(Call& call) {
  VM& machine = vm_of(call);
  const std::string_view source = call.string(1, "expression");
  std::string& error = new_text(call.state());
  const Ending ending = split(machine.eval(source), error);
  if (ending.status != Status::ok) raise_text(call.state(), error);
  push_language_value(call.state(), ending.value);
  return 1;
}

Value check_global(const Call& call, VM& machine, int argument) {
  const std::optional<Value> value = machine.global(call.string(argument, "name"));
  if (!value) call.fail("Undefined variable '%s'.", lua_tostring(call.state(), call.at(argument)));
  return *value;
}

int vm_global(Call& call) {
  push_language_value(call.state(), check_global(call, vm_of(call), 1));
  return 1;
}

int vm_set_global(Call& call) {
  VM& machine = vm_of(call);
  const std::string_view name = call.string(1, "name");
  const Value value = check_language_value(call, 2);
  call.with_memory([&] { machine.set_global(name, value); });
  return 0;
}

int vm_call(Call& call) {
  VM& machine = vm_of(call);
  lua_State* const state = call.state();
  Value callee;
  if (lua_type(state, call.at(1)) == LUA_TSTRING) {
    callee = check_global(call, machine, 1);
  } else if (vm::Object* const object = to_object(state, call.at(1))) {
    callee = Value::object(object);
  } else {
    call.expected(1, "callable or name");
  }
  return call_with_arguments(call, callee, 2);
}

int vm_new(Call& call) {
  Machine& machine = new_owned<Machine, kVmTag, release_vm>(call.state());
  machine = state_of(call.state()).context()->options().make_vm();
  return 1;
}

template <int kObjects>
constexpr luaL_Reg kFunctions[] = {
    {"run", binding<"run", vm_run, kObjects>},
    {"capture", binding<"capture", vm_capture, kObjects>},
    {"eval", binding<"eval", vm_eval, kObjects>},
    {"global", binding<"global", vm_global, kObjects>},
    {"set_global", binding<"set_global", vm_set_global, kObjects>},
    {"call", binding<"call", vm_call, kObjects>},
    {nullptr, nullptr},
};

}  // namespace

int open_vm(lua_State* state) {
  push_owned_metatable<Machine, kVmTag, release_vm>(state);
  lua_createtable(state, 0, 6);
  luaL_setfuncs(state, kFunctions<1>, 0);
  lua_setfield(state, -2, "__index");
  lua_pushliteral(state, "vm");
  lua_setfield(state, -2, "__name");
  lua_pop(state, 1);
  lua_createtable(state, 0, 7);
  luaL_setfuncs(state, kFunctions<0>, 0);
  lua_pushcfunction(state, (binding<"new", vm_new>));
  lua_setfield(state, -2, "new");
  return 1;
}

}  // namespace interlox::lua
