// SPDX-License-Identifier: BSD-3-Clause
// Running compiled code.
#pragma once

#include <cstdint>

#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// Calls a closure, class, bound method or native on this thread and gives its result, or
/// the absent value with the thread's error set (also for anything that can't be called, when
/// memory is exhausted, and when calls nest too deep). A native that gets the absent value
/// from here hands it on, or takes the error (runtime_error.hpp).
///
/// `thread` is the calling thread's. The arguments must be where the collector sees them.
/// Throws std::bad_alloc only if not even the error's text can be made.
Value call_value(Thread& thread, Value callee, const Value* arguments, std::uint32_t count);

/// Asks `thread` to stop what it runs: before its next instruction it fails with "Interrupted.", an error
/// that no program can catch. A native function that it is in comes to its end first. False if it had been
/// asked already. Async-signal-safe: for Ctrl-C; any thread, while `thread` lives.
///
/// Costs nothing until it is used: it makes all jumps from instruction to instruction lead to one place, for
/// all threads; the others are slowed down until `thread` has heeded it.
bool request_interrupt(Thread& thread) noexcept;

/// Makes what a request asks for the thread's pending error, and takes the request. Gives the absent value,
/// for a native function whose wait was interrupted. By `thread` itself.
Value raise_interrupted(Thread& thread);

/// Takes a request back. Whether there was one. By `thread` itself.
bool take_interrupt(Thread& thread) noexcept;

}  // namespace interlox::vm
