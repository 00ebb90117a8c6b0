// SPDX-License-Identifier: BSD-3-Clause
#include "vm/vm.hpp"

#include <new>
#include <utility>

#include "gc/heap.hpp"
#include "gc/trie_policy.hpp"
#include "trie/hash_trie_map.hpp"
#include "vm/class.hpp"
#include "vm/compiler.hpp"
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
  UncaughtError error = take_uncaught(thread.state());
  Result result = failure(Status::runtime_error, std::move(error.text));
  if (vm != nullptr) result.hint = hint_for(*vm, error);
  result.trace = std::move(error.trace);
  return result;
}

/// Compiles and calls what comes of it.
Result compile_and_call(VM& vm, std::string_view source, std::string_view name, CompileMode mode) {
  try {
    std::vector<Diagnostic> diagnostics;
    if (const Function* const function = compile(vm, source, name, mode, diagnostics)) {
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

struct VM::Globals {
  trie::HashTrieMap<const Symbol*, GlobalCell*, trie::KeyTraits<const Symbol*>, gc::TriePolicy> cells;
};

VM::VM() : globals_(nullptr) {
  init_symbol();  // so that running code never has to make it
  void* const memory = gc::allocate_uncollectable(sizeof(Globals));
  try {
    globals_ = ::new (memory) Globals();
  } catch (...) {
    gc::free_uncollectable(memory);
    throw;
  }
}

VM::~VM() { gc::free_uncollectable(globals_); }  // compiled code keeps the cells that it uses

Result VM::run(std::string_view source, std::string_view name) {
  return compile_and_call(*this, source, name, CompileMode::program);
}

Result VM::eval(std::string_view source, std::string_view name) {
  return compile_and_call(*this, source, name, CompileMode::expression);
}

const Function* VM::compile(std::string_view source, std::string_view name, std::string& errors) {
  return vm::compile(*this, source, name, CompileMode::program, errors);
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
  const std::optional<GlobalCell*> cell = globals_->cells.load(symbol);
  if (!cell) return std::nullopt;
  const Value value = (*cell)->value.load();
  if (value.is_absent()) return std::nullopt;
  return value;
}

void VM::for_each_global(const std::function<void(std::string_view, Value)>& visit) const {
  globals_->cells.for_each([&](const Symbol* name, const GlobalCell* cell) {
    const Value value = cell->value.load();
    if (!value.is_absent()) visit(name->view(), value);
  });
}

void VM::set_global(std::string_view name, Value value) { global_cell(intern(name))->value.store(value); }

void VM::define_native(std::string_view name, Arity arity, NativeFunction function) {
  set_global(name, Value::object(Native::make(intern(name), arity, function)));
}

GlobalCell* VM::global_cell(const Symbol* name) {
  if (const std::optional<GlobalCell*> cell = globals_->cells.load(name)) return *cell;
  auto* const fresh = ::new (gc::allocate(sizeof(GlobalCell))) GlobalCell{{}, name};
  return globals_->cells.load_or_store(name, fresh).value;
}

}  // namespace interlox::vm
