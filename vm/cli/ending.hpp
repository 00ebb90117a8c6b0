// SPDX-License-Identifier: BSD-3-Clause
// What the user has asked to be shown when the program ends, however it does.
#pragma once

#include "vm/cli/options.hpp"

namespace interlox::cli {

/// Remembers what `options` ask for. Once, before the program runs and after gc::initialize().
void prepare_ending(const Options& options);

/// Shows it. Just before the process ends, by whoever ends it, known to the collector or not: of several
/// threads that come here at once one returns.
void conclude() noexcept;

}  // namespace interlox::cli
