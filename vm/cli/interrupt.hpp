// SPDX-License-Identifier: BSD-3-Clause
// What Ctrl-C does.
#pragma once

namespace interlox::cli {

/// From now on SIGINT flushes standard output and ends the process with kInterrupted. Call
/// once, from the main thread. The signal is handled by a thread of its own that never touches the
/// collected heap, because a handler could neither lock nor flush; children keep the
/// ordinary disposition.
void end_on_interrupt();

}  // namespace interlox::cli
