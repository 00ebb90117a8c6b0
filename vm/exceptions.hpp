// SPDX-License-Identifier: BSD-3-Clause
// Errors as values of the program: thrown, caught, thrown again.
//
// An error that comes up is pending in its thread (PendingError) until a handler of a frame takes it. Only
// then does a run-time error become an instance of Error.
#pragma once

#include <string>

#include "vm/class.hpp"
#include "vm/thread_state.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// The builtin class Error, with the fields message, trace and cause: one for the process. The first call
/// makes it, and may throw gc::OutOfMemory.
Class* error_class();

/// Makes the class, and what unwind() needs when there is no memory left. Throws gc::OutOfMemory.
void prepare_errors();

/// Whether `v` is an instance of Error or of a class that inherits from it.
bool is_error(Value v) noexcept;

/// Makes `thrown` the thread's pending error, with the trace of its frames.
void throw_operation(Thread& thread, Value thrown);
/// The same with the trace that a handler got.
void rethrow_operation(Thread& thread, Value thrown, Value trace);

/// What a handler gets of a pending error: what was thrown, or an Error with the message, whose trace is
/// still empty; if there is no memory for it, an Error that says so.
Value error_value(const PendingError& error) noexcept;

/// Leaves the frames up to the innermost one, since the last entry from C++, that handles the pending error;
/// lets it go on there with the error in its registers. False if there is none: nothing has changed. When
/// there is no memory for the error, the handler gets an Error that says so.
bool unwind(Thread& thread) noexcept;

/// What an uncaught error says: the message of an Error, else `thrown` as print writes it, which may run code
/// of the program. No error may be pending. Throws std::bad_alloc.
std::string thrown_text(Thread& thread, Value thrown);

}  // namespace interlox::vm
