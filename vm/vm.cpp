// SPDX-License-Identifier: BSD-3-Clause
#include "vm/vm.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "vm/class.hpp"
#include "vm/compiler.hpp"
#include "vm/exceptions.hpp"
#include "vm/import.hpp"
#include "vm/interpreter.hpp"
#include "vm/members.hpp"
#include "vm/runtime_error.hpp"
#include "vm/spelling.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {
namespace {

constexpr const char* kOutOfMemory = "Out of memory.";

Result failure(Status status, std::string error) { return {status, Value::nil(), std::move(error)}; }

/// "did you mean 'x'?" for the name that an error did not find, or nothing.
std::string hint_for(const VM& vm, const UncaughtError& error) {
  if (error.hint_name == nullptr) return {};
  Speller speller(error.hint_name->view());
  if (error.hint_receiver.is_absent()) {
    vm.for_each_global([&](std::string_view name, Value) { speller.offer(name); });
  } else if (is_object(error.hint_receiver, ObjectKind::klass)) {
    for_each_method(*as<Class>(error.hint_receiver), [&](std::string_view name) { speller.offer(name); });
  } else {
    for_each_member(error.hint_receiver, [&](std::string_view name) { speller.offer(name); });
  }
  return speller.best().empty() ? std::string() : "did you mean '" + speller.best() + "'?";
}

/// `vm`: whose globals a hint may name; null where that is not known.
Result call_on_this_thread(const VM* vm, Value callee, const Value* arguments, std::uint32_t count) {
  Thread& thread = Thread::current();
  const Value value = call_value(thread, callee, arguments, count);
  if (!value.is_absent()) return {Status::ok, value};
  UncaughtError error = take_uncaught(thread);
  Result result = failure(Status::runtime_error, std::move(error.text));
  if (vm != nullptr) result.hint = hint_for(*vm, error);
  result.trace = std::move(error.trace);
  return result;
}

/// The end of a name that is longer than any path: each error and each frame of a trace has it.
std::string_view end_of(std::string_view name) {
  constexpr std::size_t kMost = 4096;
  return name.substr(name.size() - std::min(name.size(), kMost));
}

/// Compiles and calls what comes of it.
Result compile_and_call(VM& vm, std::string_view source, std::string_view name, CompileMode mode) {
  try {
    std::vector<Diagnostic> diagnostics;
    if (mode == CompileMode::program) know_script(*vm.main_module().realm, name);
    if (const Function* const function =
            vm::compile(vm.main_module(), source, end_of(name), mode, diagnostics)) {
      return vm.run(function);
    }
    Result result = failure(Status::compile_error, plain_text(diagnostics));
    result.diagnostics = std::move(diagnostics);
    return result;
  } catch (const std::bad_alloc&) {  // by the compiler: an error of running has become a Result
    return failure(Status::runtime_error, kOutOfMemory);
  }
}

}  // namespace

VM::VM() : realm_(Realm::make()) {
  init_symbol();  // so that running code never has to make them
  prepare_errors();
}

VM::~VM() = default;  // compiled code keeps the modules that it uses

Result VM::run(std::string_view source, std::string_view name) {
  return compile_and_call(*this, source, name, CompileMode::program);
}

Result VM::eval(std::string_view source, std::string_view name) {
  return compile_and_call(*this, source, name, CompileMode::expression);
}

const Function* VM::compile(std::string_view source, std::string_view name, std::string& errors) {
  return vm::compile(main_module(), source, end_of(name), CompileMode::program, errors);
}

Result VM::run(const Function* function) {
  return call_on_this_thread(this, Value::object(Closure::make(function)), nullptr, 0);
}

Result VM::call(Value callee, const Value* arguments, std::uint32_t count) {
  return call_on_this_thread(nullptr, callee, arguments, count);
}

std::optional<Value> VM::global(std::string_view name) const {
  const Symbol* const symbol = SymbolTable::instance().find(name);
  if (symbol == nullptr) return std::nullopt;
  const Value value = main_module().global(symbol);
  if (value.is_absent()) return std::nullopt;
  return value;
}

void VM::set_global(std::string_view name, Value value) { main_module().define(intern(name), value); }

void VM::define_builtin(std::string_view name, Value value) { realm_->define_builtin(intern(name), value); }

void VM::define_native(std::string_view name, Arity arity, NativeFunction function) {
  define_builtin(name, Value::object(Native::make(intern(name), arity, function)));
}

void VM::set_standard_modules(std::span<const StandardModule> modules) noexcept {
  realm_->standard_modules = modules;
}

}  // namespace interlox::vm
