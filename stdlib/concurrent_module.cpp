// SPDX-License-Identifier: BSD-3-Clause
// concurrent: how the call of a function ended, as a value that other threads can look at; and what Lox can't
// say. The rest is in concurrent.lox.
//
// An outcome is a list of two elements: what a function has returned, and nil; or what it has thrown, and the
// trace (vm/trace.hpp), or false where there was no memory for that. It is made before the call, so that a
// call that fails for lack of memory has one, too.
#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "stdlib/modules.hpp"
#include "stdlib/optional_arguments.hpp"
#include "vm/exceptions.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/native_arguments.hpp"
#include "vm/runtime_error.hpp"
#include "vm/trace.hpp"
#include "vm/unjoined_errors.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::UnjoinedErrors;
using vm::Value;

List* outcome_of(const Arguments& in) {
  return in.object<List>(0, vm::ObjectKind::list, "outcome", "an outcome");
}

/// The trace of an error from its function to the one that the calling function of this module called.
Value own_trace(const vm::Thread::State& state, const vm::PendingError& error) noexcept {
  try {
    std::vector<vm::TraceFrame> trace = vm::trace_of(error);
    trace.resize(trace.size() - std::min(trace.size(), vm::frames_of(state).size()));
    return vm::encode_trace(trace);
  } catch (const std::exception&) {  // memory
    return Value::boolean(false);
  }
}

/// _attempt(outcome, f, arguments...): calls f, and sets the outcome.
Value attempt(const Arguments& in) {
  List* const outcome = outcome_of(in);
  if (outcome == nullptr) return Value::absent();
  const Value result = vm::call_value(in.thread(), in[1], in.values() + 2, in.count() - 2);
  if (!result.is_absent()) {
    outcome->set(0, result);
    return Value::nil();
  }
  vm::Thread::State& state = in.thread().state();
  if (!state.error.can_be_caught) return Value::absent();
  const vm::PendingError error = vm::take_pending(state);
  outcome->set(0, vm::error_value(error));
  outcome->set(1, own_trace(state, error));
  return Value::nil();
}

/// _conclude(outcome): what the function has returned. What it has thrown is thrown again: below the frames
/// of then those of now.
Value conclude(const Arguments& in) {
  const List* const outcome = outcome_of(in);
  if (outcome == nullptr) return Value::absent();
  if (outcome->get(1).is_nil()) return outcome->get(0);
  vm::Thread::State& state = in.thread().state();
  vm::set_thrown(state, outcome->get(0));
  const std::vector<vm::TraceFrame> above = vm::decode_trace(outcome->get(1));
  state.error.trace.insert(state.error.trace.begin(), above.begin(), above.end());
  return Value::absent();
}

/// _keepError(outcome): its error is reported when the process ends, unless one of the others is called
/// before. Gives the number that they take.
Value keep_error(const Arguments& in) {
  const List* const outcome = outcome_of(in);
  if (outcome == nullptr) return Value::absent();
  std::string text = vm::thrown_text(in.thread(), outcome->get(0));
  for (const vm::TraceFrame& frame : vm::decode_trace(outcome->get(1))) {
    text.append(1, '\n').append(vm::plain_text(frame));
  }
  const auto number = UnjoinedErrors::instance().add(std::move(text), in.thread().shared_output());
  return Value::number(static_cast<double>(number));
}

/// _forgetError(number)
Value forget_error(const Arguments& in) {
  const auto number = in.count_of(0, "number");
  if (!number) return Value::absent();
  UnjoinedErrors::instance().forget(*number);
  return Value::nil();
}

/// _reportError(number)
Value report_error(const Arguments& in) {
  const auto number = in.count_of(0, "number");
  if (!number) return Value::absent();
  UnjoinedErrors::instance().report(*number);
  return Value::nil();
}

/// hardwareThreads(): how many threads can run at once.
Value hardware_threads(const Arguments& /*in*/) {
  return Value::number(std::max(1U, std::thread::hardware_concurrency()));
}

// _checkInteger(value, function, what) and the like: an error, in the name of that function, unless the value
// is one.

template <class Check>
Value check(const Arguments& in, Check check) {
  const vm::String* const function = in.string(1, "function");
  if (function == nullptr) return Value::absent();
  const vm::String* const what = in.string(2, "what");
  if (what == nullptr) return Value::absent();
  const Arguments checked(in.thread(), function->view(), Value::nil(), in.values(), 1);
  return check(checked, what->view()) ? Value::nil() : Value::absent();
}

Value check_callable(const Arguments& in) {
  return check(in, [](const Arguments& checked, std::string_view what) { return checked.callable(0, what); });
}

Value check_integer(const Arguments& in) {
  return check(in, [](const Arguments& checked, std::string_view what) {
    return checked.integer(0, what).has_value();
  });
}

Value check_positive(const Arguments& in) {
  return check(in, [](const Arguments& checked, std::string_view what) {
    const double number = checked[0].is_number() ? checked[0].as_number() : 0;
    const bool is_positive = number >= 1 && std::isfinite(number) && std::trunc(number) == number;
    if (!is_positive) checked.fail(0, what, "a positive integer");
    return is_positive;
  });
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("_attempt", {2, vm::Arity::kUnlimited}, attempt),
    vm::method("_checkCallable", 3, check_callable),
    vm::method("_checkInteger", 3, check_integer),
    vm::method("_checkPositive", 3, check_positive),
    vm::method("_conclude", 1, conclude),
    vm::method("_forgetError", 1, forget_error),
    vm::method("_keepError", 1, keep_error),
    vm::method("_optional", 2, make_arguments_optional),
    vm::method("_reportError", 1, report_error),
    vm::method("hardwareThreads", 0, hardware_threads),
};

}  // namespace

const std::span<const vm::NativeMember> concurrent_members = kMembers;

}  // namespace interlox::stdlib
