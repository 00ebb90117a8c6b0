// SPDX-License-Identifier: BSD-3-Clause
// What `for (var x in e)` goes by.
#pragma once

#include <cstdint>

#include "vm/thread.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

/// How a loop goes on.
enum class IterationStep : std::uint8_t {
  element,     // the next one is there
  end,         // there is none
  by_methods,  // the object has methods that say: iterate(state), value(state)
  failed,      // the thread's error is set
};

/// Begins a loop over iteration[0], which becomes what next_element() wants; iteration[1] becomes the state.
/// Lists are met live, by index; of maps, concurrent ones too, the keys that they have now; of strings the
/// characters; of channels what is received until they are closed. False, with the thread's error set, for
/// what can't be iterated over. Throws gc::OutOfMemory.
bool prepare_iteration(Thread& thread, Value* iteration);

/// Goes on: iteration[2] becomes the next element; blocks until a channel has one. Throws gc::OutOfMemory.
IterationStep next_element(Thread& thread, Value* iteration);

}  // namespace interlox::vm
