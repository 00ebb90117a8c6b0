// SPDX-License-Identifier: BSD-3-Clause
// Traces that wait, in a register, for a finally block to end.
#pragma once

#include <vector>

#include "vm/diagnostics.hpp"
#include "vm/thread_state.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// The frames as a string. Throws gc::OutOfMemory.
Value encode_trace(const std::vector<TraceFrame>& trace);

/// The frames that encode_trace() was given; none of what is no string. Throws std::bad_alloc.
std::vector<TraceFrame> decode_trace(Value encoded);

/// The frames of a pending error. Throws std::bad_alloc.
std::vector<TraceFrame> trace_of(const PendingError& error);

}  // namespace interlox::vm
