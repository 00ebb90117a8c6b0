// SPDX-License-Identifier: BSD-3-Clause
#include "vm/runtime_error.hpp"

#include <utility>

namespace interlox::vm {
namespace {

TraceFrame trace_frame(const Frame& frame) {
  const Function& function = *frame.closure->function;
  // ip is past the instruction that runs.
  const auto index = static_cast<std::size_t>(frame.ip - function.code) - 1;
  TraceFrame entry;
  if (function.name != nullptr) entry.function = function.name->view();
  if (function.source_name != nullptr) entry.file = function.source_name->view();
  entry.at = {function.lines[index], function.columns[index]};
  return entry;
}

}  // namespace

void set_error(Thread::State& state, std::string message) {
  if (state.error.set) return;
  const Closure* const entry = entry_closure();
  std::vector<TraceFrame> trace;
  for (const Frame* frame = state.frame(); frame >= state.frames.base(); --frame) {
    if (frame->closure != entry) trace.push_back(trace_frame(*frame));
  }
  state.error.message = std::move(message);
  state.error.trace = std::move(trace);
  state.error.set = true;
}

void set_hint(Thread::State& state, const Symbol* name, Value receiver) {
  state.error.hint_name = name;
  state.error.hint_receiver = receiver;
}

UncaughtError take_uncaught(Thread::State& state) {
  PendingError& error = state.error;
  UncaughtError result{std::exchange(error.message, {}), std::exchange(error.trace, {}),
                       std::exchange(error.hint_name, nullptr),
                       std::exchange(error.hint_receiver, Value::absent())};
  for (const TraceFrame& frame : result.trace) result.text.append(1, '\n').append(plain_text(frame));
  error.set = false;
  return result;
}

std::string take_error(Thread::State& state) { return take_uncaught(state).text; }

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
