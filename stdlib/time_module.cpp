// SPDX-License-Identifier: BSD-3-Clause
// time: the clocks, and waiting.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>
#include <string>

#include "stdlib/modules.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/waiting.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

template <class Clock>
Value seconds_of(const Arguments& /*in*/) {
  return Value::number(std::chrono::duration<double>(Clock::now().time_since_epoch()).count());
}

/// sleep(seconds): a wait that nobody ends but an interrupt.
Value sleep(const Arguments& in) {
  const auto seconds = in.number(0, "seconds");
  if (!seconds) return Value::absent();
  if (!(*seconds >= 0)) return in.fail(0, "seconds", "a non-negative number");
  constexpr double kMost = 1e9 - 1;  // thirty years; more would overflow the clock
  vm::Wait wait("sleep()");
  const auto outcome = wait.await(vm::deadline_in(std::min(*seconds, kMost)));
  return outcome == vm::Wait::Outcome::interrupted ? vm::raise_interrupted(in.thread()) : Value::nil();
}

constexpr std::size_t kMostText = 1 << 20;  // a pattern may ask for any width

/// strftime() in a string; the time zone is UTC. Nothing if that would be too long.
std::optional<std::string> format_time(const std::tm& time, const std::string& pattern) {
  // The mark makes every result longer than nothing, which stands for a buffer that is too small.
  const std::string marked = pattern + '|';
  std::string text(64 + 4 * marked.size(), '\0');
  std::size_t length = 0;
  while ((length = std::strftime(text.data(), text.size(), marked.c_str(), &time)) == 0) {
    if (text.size() >= kMostText) return std::nullopt;
    text.resize(2 * text.size());
  }
  text.resize(length - 1);
  return text;
}

/// format(seconds, pattern?): the time so many seconds after the epoch, in UTC: as in ISO 8601, or as
/// strftime has it.
Value format(const Arguments& in) {
  const auto seconds = in.number(0, "seconds");
  if (!seconds) return Value::absent();
  std::string pattern = "%Y-%m-%dT%H:%M:%SZ";
  if (in.has(1)) {
    const vm::String* const given = in.string(1, "pattern");
    if (given == nullptr) return Value::absent();
    pattern = given->view();
    if (pattern.size() > 10000 || pattern.find('\0') != std::string::npos) {
      return in.fail(1, "pattern", "a short text without NUL");
    }
  }
  constexpr double kMost = 1e15;  // years that std::tm can count
  std::tm time{};
  const auto whole = static_cast<std::time_t>(std::fabs(*seconds) <= kMost ? std::floor(*seconds) : 0);
  if (!(std::fabs(*seconds) <= kMost) || gmtime_r(&whole, &time) == nullptr) {
    return in.fail(0, "seconds", "a time within 30 million years");
  }
  const std::optional<std::string> text = format_time(time, pattern);
  return text ? Value::object(vm::String::make(*text)) : in.thread().raise("String too long.");
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("now", 0, seconds_of<std::chrono::system_clock>),
    vm::method("monotonic", 0, seconds_of<std::chrono::steady_clock>),
    vm::method("sleep", 1, sleep),
    vm::method("format", {1, 2}, format),
};

}  // namespace

constinit const std::span<const vm::NativeMember> time_members(kMembers);

}  // namespace interlox::stdlib
