// SPDX-License-Identifier: BSD-3-Clause
#include "vm/runtime_error.hpp"

#include <utility>

namespace interlox::vm {
namespace {

void append_frame(std::string& trace, const Frame& frame) {
  const Function& function = *frame.closure->function;
  // ip is past the instruction that runs.
  const auto index = static_cast<std::size_t>(frame.ip - function.code) - 1;
  trace.append("\n[line ").append(std::to_string(function.lines[index])).append("] in ");
  if (function.name == nullptr) {
    trace.append("script");
  } else {
    trace.append(function.name->view()).append("()");
  }
}

}  // namespace

void set_error(Thread::State& state, std::string message) {
  if (state.error.set) return;
  const Closure* const entry = entry_closure();
  std::string trace;
  for (const Frame* frame = state.frame(); frame >= state.frames.base(); --frame) {
    if (frame->closure != entry) append_frame(trace, *frame);
  }
  state.error.message = std::move(message);
  state.error.trace = std::move(trace);
  state.error.set = true;
}

std::string take_error(Thread::State& state) {
  PendingError& error = state.error;
  std::string text = std::exchange(error.message, {}) + std::exchange(error.trace, {});
  error.set = false;
  return text;
}

std::string name_message(std::string_view before, const Symbol* name, std::string_view after) {
  return std::string(before).append(name->view()).append(after);
}

std::string arity_message(Arity expected, std::uint64_t got) {
  std::string text = "Expected ";
  if (expected.max == Arity::kUnlimited) text += "at least ";
  text += std::to_string(expected.min);
  if (expected.max != expected.min && expected.max != Arity::kUnlimited) {
    text.append(" to ").append(std::to_string(expected.max));
  }
  return text + " arguments but got " + std::to_string(got) + ".";
}

}  // namespace interlox::vm
