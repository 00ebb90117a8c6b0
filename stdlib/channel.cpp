// SPDX-License-Identifier: BSD-3-Clause
// Channel, and select().
#include "vm/channel.hpp"

#include <vector>

#include "stdlib/builtins.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/values.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Channel;
using vm::List;
using vm::Value;
using Outcome = Channel::Outcome;

const Channel::Deadline kNow = Channel::Clock::time_point::min();

Value construct(const Arguments& in) {
  std::uint64_t capacity = Channel::kUnbounded;
  if (in.has(0)) {
    const auto given = in.count_of(0, "capacity");
    if (!given) return Value::absent();
    capacity = *given;
  }
  return Value::object(Channel::make(capacity));
}

/// Absent, with the error set that a nil, which stands for nothing, can't be sent.
bool is_nothing(const Arguments& in) {
  if (!in[0].is_nil()) return false;
  in.thread().raise("nil can't be sent: receive() gives it when a channel is closed.");
  return true;
}

Value raise_closed(vm::Thread& thread) { return thread.raise("Channel is closed."); }

Value send(const Arguments& in) {
  if (is_nothing(in)) return Value::absent();
  switch (in.self<Channel>().send_by(in[0], std::nullopt)) {
    case Outcome::served:
      return Value::nil();
    case Outcome::interrupted:
      return vm::raise_interrupted(in.thread());
    default:
      return raise_closed(in.thread());
  }
}

/// trySend(v): false if the channel is full, or nobody waits at a rendezvous.
Value try_send(const Arguments& in) {
  if (is_nothing(in)) return Value::absent();
  const Outcome outcome = in.self<Channel>().send_by(in[0], kNow);
  if (outcome == Outcome::closed) return raise_closed(in.thread());
  return Value::boolean(outcome == Outcome::served);
}

Value receive(const Arguments& in) {
  return vm::to_result(in.thread(), in.self<Channel>().receive_by(std::nullopt, Channel::Takes::language));
}

Value try_receive(const Arguments& in) {
  return vm::to_result(in.thread(), in.self<Channel>().receive_by(kNow, Channel::Takes::language));
}

Value close(const Arguments& in) {
  in.self<Channel>().close();
  return Value::nil();
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("send", 1, send),
    vm::method("receive", 0, receive),
    vm::method("trySend", 1, try_send),
    vm::method("tryReceive", 0, try_receive),
    vm::method("close", 0, vm::NativeMethod(close)),
};

}  // namespace

constinit const vm::NativeClassPlan channel_plan{
    "Channel", vm::ObjectKind::channel, {0, 1}, construct, kMembers};

Value select(const Arguments& in) {
  const auto* const list = in.object<List>(0, vm::ObjectKind::list, "channels", "a list of channels");
  if (list == nullptr) return Value::absent();
  vm::Values elements;  // what another thread takes out of the list stays alive
  std::vector<Channel*> channels;
  for (std::uint32_t i = 0; i < list->length(); ++i) {
    const Value element = list->get(i);
    if (element.is_absent()) break;  // another thread has made the list shorter
    if (!vm::is_object(element, vm::ObjectKind::channel)) return in.fail(0, "channels", "a list of channels");
    elements.push_back(element);
    channels.push_back(vm::as<Channel>(element));
  }
  Channel::Deadline deadline;
  if (in.has(1)) {
    const auto seconds = in.number(1, "seconds");
    if (!seconds) return Value::absent();
    if (!(*seconds >= 0)) return in.fail(1, "seconds", "a non-negative number");
    deadline = vm::deadline_in(*seconds);
  }
  const Channel::Received received = Channel::select(channels, deadline, Channel::Takes::language);
  if (received.outcome == Outcome::timed_out) return Value::nil();
  const Value value = vm::to_result(in.thread(), received);
  if (value.is_absent()) return value;
  List* const pair = List::make(2);
  pair->add(Value::object(channels[received.index]));
  pair->add(value);
  return Value::object(pair);
}

}  // namespace interlox::stdlib
