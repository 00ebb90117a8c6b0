// SPDX-License-Identifier: BSD-3-Clause
// What the embedding interface shares between its own files.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "vm/diagnostics.hpp"
#include "vm/embed/interlox.hpp"
#include "vm/thread.hpp"
#include "vm/value.hpp"
#include "vm/vm.hpp"

namespace interlox::embed {

/// The way from handles to values and back.
struct Access {
  static vm::Value word(const Value& v) noexcept { return vm::Value::from_bits(v.bits_); }
  /// Throws std::bad_alloc.
  static Value wrap(vm::Value v);
};

/// Throws Misuse unless the calling thread has a scope.
void require_thread(const char* function);

/// "interlox::FUNCTION: WHAT"
[[noreturn]] void misuse(const char* function, const std::string& what);

/// What has gone wrong; `result` is no ok one.
Error error_of(vm::Result result);
/// The calling thread's pending error.
Error take_error_of(vm::Thread& thread);
/// A run-time error of no frame.
Error plain_error(std::string message);

/// The value that `compute(thread)` gives; or, if that is absent or it throws, why.
template <class Compute>
Result result_of(const char* function, Compute compute) {
  require_thread(function);
  vm::Thread& thread = vm::Thread::current();
  try {
    const vm::Value value = compute(thread);
    if (value.is_absent()) return take_error_of(thread);
    return Access::wrap(value);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Misuse&) {
    throw;
  } catch (const std::exception& error) {  // the runtime's own: a collection that is full
    return plain_error(error.what());
  }
}

/// Before any value is looked at: so that find_host_object() never has to make anything.
void prepare_host_objects();
/// A function of the language that runs `f`.
vm::Value make_host_function(std::string_view name, vm::Arity arity, Function f);
/// A class of the language, as `plan` says, in `machine`. Throws Misuse.
vm::Value make_host_class(vm::VM& machine, const ClassPlan& plan);
/// An instance of `klass`, a vm::Class, with the host's object behind it.
vm::Value make_host_instance(vm::Value klass, const std::type_info& type, std::shared_ptr<void> object);
/// The object of that type behind `v`, or null.
std::shared_ptr<void> find_host_object(vm::Value v, const std::type_info& type) noexcept;

}  // namespace interlox::embed
