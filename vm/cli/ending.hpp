// SPDX-License-Identifier: BSD-3-Clause
// What the user has asked to be shown or written when the program ends, however it does.
#pragma once

#include "vm/cli/options.hpp"

namespace interlox::cli {

/// Remembers what `options` ask for, and begins to record the trace. False, with a complaint, if that can't
/// be written. Once, before the program runs and after gc::initialize().
bool prepare_ending(const Options& options);

/// Shows and writes it, just before the process ends with the code that this returns: `code`, or kInputOutput
/// in the place of kOk if something could not be written, after a complaint. By whoever ends the process,
/// known to the collector or not: of several threads that come here at once one returns.
int conclude(int code) noexcept;

}  // namespace interlox::cli
