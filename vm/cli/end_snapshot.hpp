// SPDX-License-Identifier: BSD-3-Clause
// --heap-snapshot: a snapshot of what a program has left when it ends.
#pragma once

#include <string>

namespace interlox::cli {

/// Sets the file; empty, as at the start, for none. Before the program runs.
void set_end_snapshot(const std::string& file);

/// Takes the snapshot, if one is asked for and has not been taken, while the program's objects are still
/// there; complains if it can't be had. The exit code: `code`, but kInputOutput in place of kOk if it could
/// not. Any registered thread that holds no lock.
int take_end_snapshot(int code);

}  // namespace interlox::cli
