// SPDX-License-Identifier: BSD-3-Clause
// Run-time errors: their texts and their traces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vm/diagnostics.hpp"
#include "vm/function.hpp"
#include "vm/symbol.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {

/// The calls in progress, innermost first. By the state's own thread, or while that is blocked. Throws
/// std::bad_alloc.
std::vector<TraceFrame> frames_of(const Thread::State& state);

/// Makes `message`, with the frames of this moment, the thread's pending error. An error that
/// is pending already stays: it came first. Throws std::bad_alloc only.
void set_error(Thread::State& state, std::string message);

/// The same for a value that the program throws.
void set_thrown(Thread::State& state, Value thrown);

/// Takes the pending error as it is: it is pending no more. Keep it on the stack.
PendingError take_pending(Thread::State& state) noexcept;

/// Remembers, with the error that has just been set, the name that it did not find: in the globals; or,
/// where `receiver` is not absent, in that instance, or among the methods of that class (super). For a hint,
/// should nobody catch the error.
void set_hint(Thread::State& state, const Symbol* name, Value receiver = Value::absent());

/// An error as it reaches those who report it; keep it on the stack.
struct UncaughtError {
  std::string text;  // the message, and a line for each frame, without a newline at the end
  std::vector<TraceFrame> trace;
  const Symbol* hint_name;  // as in PendingError
  Value hint_receiver;
};

/// Takes the pending error of the calling thread. May run code of the program: its toString().
UncaughtError take_uncaught(Thread& thread);
/// The same, text alone: the message and a `[line N] in NAME()` for each frame, as stderr
/// shows it, without a newline at the end.
std::string take_error(Thread& thread);

/// "Undefined variable 'x'." and its kind: `before`, the name, `after`.
std::string name_message(std::string_view before, const Symbol* name, std::string_view after);

/// "Expected 2 arguments but got 1."; of several numbers, "Expected 1 to 2 arguments but got 0.".
std::string arity_message(Arity expected, std::uint64_t got);

}  // namespace interlox::vm
