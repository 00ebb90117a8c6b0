// SPDX-License-Identifier: BSD-3-Clause
// Values outside the heap.
#pragma once

#include "gc/root.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// A vector of values that the collector sees, wherever it lies. What was popped may be kept until it is
/// overwritten. Growing throws gc::OutOfMemory; the calling thread must be registered.
using Values = gc::RootVector<Value>;

}  // namespace interlox::vm
