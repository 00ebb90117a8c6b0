// SPDX-License-Identifier: BSD-3-Clause
// Channels: thread.channel and the methods of what it makes.
#include <cmath>

#include "vm/channel.hpp"
#include "vm/lua/binding.hpp"
#include "vm/lua/state.hpp"
#include "vm/lua/values.hpp"

namespace interlox::lua {
namespace {

using vm::Channel;
using vm::Value;

Channel& channel_of(const Call& call) { return *self<Channel>(call, vm::ObjectKind::channel, "channel"); }

int channel_new(Call& call) {
  std::uint64_t capacity = Channel::kUnbounded;
  if (!call.is_missing(1)) {
    const lua_Integer asked = call.integer(1, "capacity");
    if (asked < 0) call.bad_argument(1, "capacity must not be negative");
    capacity = static_cast<std::uint64_t>(asked);
  }
  push_object(call.state(), call.with_memory([capacity] { return Channel::make(capacity); }));
  return 1;
}

int channel_send(Call& call) {
  Channel& channel = channel_of(call);
  const Value value = check_copied(call, 1, false);
  const auto outcome = call.with_memory([&] { return channel.send_by(value, std::nullopt); });
  if (outcome == Channel::Outcome::interrupted) call.interrupted();
  if (outcome != Channel::Outcome::served) call.fail("channel is closed");
  return 0;
}

int channel_recv(Call& call) {
  Channel& channel = channel_of(call);
  Channel::Deadline deadline;
  if (!call.is_missing(1)) {
    const double seconds = call.number(1, "seconds");
    if (std::isnan(seconds)) call.bad_argument(1, "seconds expected, got nan");
    deadline = vm::deadline_in(seconds);
  }
  const Channel::Received received = channel.receive_by(deadline);
  if (received.outcome == Channel::Outcome::interrupted) call.interrupted();
  if (received.value.is_absent()) {
    lua_pushnil(call.state());
  } else {
    push_value(call.state(), received.value);
  }
  return 1;
}

int channel_close(Call& call) {
  channel_of(call).close();
  return 0;
}

}  // namespace

int new_channel(lua_State* state) { return binding<"channel", channel_new>(state); }

void open_channels(lua_State* state) {
  constexpr luaL_Reg kMethods[] = {
      {"send", binding<"send", channel_send, 1>},
      {"recv", binding<"recv", channel_recv, 1>},
      {"close", binding<"close", channel_close, 1>},
      {nullptr, nullptr},
  };
  set_methods(state, vm::ObjectKind::channel, "channel", kMethods);
}

}  // namespace interlox::lua
