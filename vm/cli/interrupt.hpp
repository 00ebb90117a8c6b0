// SPDX-License-Identifier: BSD-3-Clause
// What Ctrl-C does, and SIGTERM.
#pragma once

#include "vm/thread.hpp"

namespace interlox::cli {

/// From now on SIGINT flushes standard output, writes what conclude() has to write, and ends the process with
/// kInterrupted; SIGTERM does the same, and then ends it as ever. Call once, from the main thread. The
/// signals are handled by a thread of its own that never touches the collected heap, because a handler could
/// neither lock nor flush; children keep the ordinary disposition. One that is ignored stays so.
void end_on_signals();

/// After end_on_signals(), for a loop that a person types to: from now on SIGINT stops what runs between
/// begin_interruptible() and end_interruptible() on `thread` (vm::request_interrupt); a second one that comes
/// before the first was heeded ends the process as before. Otherwise it writes `prompt` on a new line, for
/// a terminal that has taken back what was typed on the old one; nothing if the prompt is null.
void interrupt_inputs(vm::Thread& thread, const char* prompt);
/// The same as SIGINT does, for whoever else wants to stop what runs: false if nothing does that could be
/// stopped.
bool interrupt_input() noexcept;
void begin_interruptible() noexcept;
void end_interruptible() noexcept;

}  // namespace interlox::cli
