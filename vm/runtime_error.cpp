// SPDX-License-Identifier: BSD-3-Clause
#include "vm/runtime_error.hpp"

#include <utility>

#include "vm/exceptions.hpp"
#include "vm/trace.hpp"

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

/// Makes an error pending, with the trace of the frames.
void set_pending(Thread::State& state, Value thrown, std::string message) {
  if (state.error.set) return;
  state.error.trace = frames_of(state);
  state.error.thrown = thrown;
  state.error.message = std::move(message);
  state.error.set = true;
}

}  // namespace

std::vector<TraceFrame> frames_of(const Thread::State& state) {
  std::vector<TraceFrame> trace;
  for (const Frame* frame = state.frame(); frame >= state.frames.base(); --frame) {
    const bool is_own = frame->closure->function->code == nullptr;  // the interpreter's, of no program
    if (!is_own) trace.push_back(trace_frame(*frame));
  }
  return trace;
}

void set_error(Thread::State& state, std::string message) {
  set_pending(state, Value::absent(), std::move(message));
}

void set_thrown(Thread::State& state, Value thrown) { set_pending(state, thrown, {}); }

PendingError take_pending(Thread::State& state) noexcept {
  return std::exchange(state.error, PendingError());
}

void set_hint(Thread::State& state, const Symbol* name, Value receiver) {
  state.error.hint_name = name;
  state.error.hint_receiver = receiver;
}

UncaughtError take_uncaught(Thread& thread) {
  PendingError error = take_pending(thread.state());
  UncaughtError result{std::move(error.message), trace_of(error), error.hint_name, error.hint_receiver};
  if (!error.thrown.is_absent()) result.text = thrown_text(thread, error.thrown);
  for (const TraceFrame& frame : result.trace) result.text.append(1, '\n').append(plain_text(frame));
  return result;
}

std::string take_error(Thread& thread) { return take_uncaught(thread).text; }

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
