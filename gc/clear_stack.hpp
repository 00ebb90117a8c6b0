// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace interlox::gc {

/// Overwrites the stack below the caller with zeros, some 32 KB deep, so that dead frames keep nothing
/// alive when a collection follows. For tests, and callers about to collect. Any thread; wait-free.
void clear_stack() noexcept;

}  // namespace interlox::gc
