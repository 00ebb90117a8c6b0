// SPDX-License-Identifier: BSD-3-Clause
// What instructions do when their fast path, in interpreter.cpp, does not apply.
//
// Each function here is called with the running frame's ip stored; a failure leaves the
// thread's error set, and is answered by the absent value, null, or false. All may throw
// gc::OutOfMemory, std::bad_alloc and ShapesExhausted, which the interpreter turns into errors.
#pragma once

#include <cmath>
#include <cstdint>

#include "vm/class.hpp"
#include "vm/function.hpp"
#include "vm/instance.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

/// How a call goes on: enter `closure` (its receiver or itself is in the first register); or,
/// if that is null, it is over: the result is in the first register (`ok`), or it failed.
struct CallStep {
  const Closure* closure;
  bool ok;
  bool is_getter = false;  // closure computes what is then to be called
};

/// How a read goes on: run `getter` on the receiver; or, if that is null, it is over: with `value`, or
/// absent.
struct ReadStep {
  const Closure* getter;
  Value value;
};

/// The call of whatever stands in registers[0], with `count` arguments after it.
CallStep call_operation(Thread& thread, Value* registers, std::uint32_t count);
/// The call of the method or field named by the cache, likewise; registers[0] is the receiver.
CallStep invoke_operation(Thread& thread, Value* registers, std::uint32_t count, Cache& cache);

/// A field, a getter, or a method bound to the receiver.
ReadStep get_field_operation(Thread& thread, Value receiver, Cache& cache);
bool set_field_operation(Thread& thread, Value receiver, Cache& cache, Value value);

/// The method named by the cache, of the class `klass`, for super; one of the class itself if `receiver` is
/// a class.
Closure* super_operation(Thread& thread, Value klass, Value receiver, Cache& cache);
/// The same, bound to `receiver`; or the getter of that name.
ReadStep get_super_operation(Thread& thread, Value klass, Value receiver, Cache& cache);

/// Before a frame is made: the call of a function with other than all its parameters. Those that may be left
/// out become nil. False: an error is set.
bool prepare_call(Thread& thread, const Function& function, Value* registers, std::uint32_t count);

/// a + b for what are not two numbers.
Value add_operation(Thread& thread, Value a, Value b);
/// v is klass.
Value instance_of_operation(Thread& thread, Value v, Value klass);
/// The values as text, one after the other, as a string.
Value make_text_operation(Thread& thread, const Value* values, std::uint32_t count);
/// a % b
inline double modulo_operation(double a, double b) noexcept {
  constexpr double kLimit = 0x1p53;
  if (a >= 0 && a < kLimit && b > 0 && b < kLimit) {  // whole numbers, mostly
    const auto x = static_cast<std::int64_t>(a);
    const auto y = static_cast<std::int64_t>(b);
    if (static_cast<double>(x) == a && static_cast<double>(y) == b && x != 0) {
      return static_cast<double>(x % y);
    }
  }
  return std::fmod(a, b);
}

/// A closure of `function`, with captures from the frame that makes it.
Value closure_operation(const Function* function, const Closure* maker, const Value* registers);
bool inherit_operation(Thread& thread, Value klass, Value super);
bool print_operation(Thread& thread, Value v);
/// The module that `path`, a string, is for the code of `importer`.
Value import_operation(Thread& thread, const Function& importer, Value path);

/// Errors: each leaves its text as the thread's error.
void raise_operands_must_be_numbers(Thread& thread);
void raise_operand_must_be_a_number(Thread& thread);
void raise_undefined_variable(Thread& thread, const Symbol* name);
void raise_arity(Thread& thread, Arity expected, std::uint64_t got);
void raise_stack_overflow(Thread& thread);

/// An instance of `klass`, before its initialiser has run.
inline Instance* instantiate(Class* klass) {
  // relaxed: the word is all that is needed, and any that was ever there is right (Class, I2)
  std::uint64_t allocation = klass->allocation.load(std::memory_order_relaxed);
  if (allocation == 0) [[unlikely]]
    allocation = klass->ensure_allocation();
  return Instance::make(klass, allocation);
}

}  // namespace interlox::vm
