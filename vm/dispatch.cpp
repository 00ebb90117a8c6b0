// SPDX-License-Identifier: BSD-3-Clause
#include "vm/dispatch.hpp"

#include <algorithm>

#include "vm/interpreter.hpp"

namespace interlox::vm {

std::atomic<Label> dispatch[kLabels];

namespace {

// Written once, before any thread can be interrupted.
Label own_labels[kLabels];
Label interrupted_label;

void lead_to(bool interrupts) noexcept {
  for (std::size_t i = 0; i < kLabels; ++i) {
    dispatch[i].store(interrupts ? interrupted_label : own_labels[i], std::memory_order_relaxed);
  }
}

}  // namespace

bool use_labels(const Label* labels) noexcept {
  std::copy_n(labels, kLabels, own_labels);
  interrupted_label = labels[kLabels];
  lead_to(false);
  return true;
}

Label own_label(std::size_t opcode) noexcept { return own_labels[opcode]; }

bool request_interrupt(Thread& thread) noexcept {
  if (interrupted_label == nullptr || thread.state().interrupted.exchange(true)) return false;
  lead_to(true);
  return true;
}

Value raise_interrupted(Thread& thread) {
  take_interrupt(thread);
  thread.raise("Interrupted.");
  thread.state().error.can_be_caught = false;
  return Value::absent();
}

bool take_interrupt(Thread& thread) noexcept {
  if (!thread.state().interrupted.exchange(false)) return false;
  lead_to(false);
  return true;
}

}  // namespace interlox::vm
