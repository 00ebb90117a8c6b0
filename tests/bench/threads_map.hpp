// SPDX-License-Identifier: BSD-3-Clause
// ConcurrentMap as a class of the programs that are measured.
#pragma once

#include "vm/vm.hpp"

namespace interlox::bench {

/// Defines ConcurrentMap(), with get(), set() and remove(), before `machine` runs anything.
void define_concurrent_map(vm::VM& machine);

}  // namespace interlox::bench
