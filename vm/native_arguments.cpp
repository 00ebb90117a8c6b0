// SPDX-License-Identifier: BSD-3-Clause
#include "vm/native_arguments.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "vm/native_class.hpp"
#include "vm/print.hpp"

namespace interlox::vm {
namespace {

bool is_integer(Value v) noexcept {
  return v.is_number() && std::isfinite(v.as_number()) && std::trunc(v.as_number()) == v.as_number();
}

}  // namespace

Value Arguments::fail(std::uint32_t i, std::string_view what, std::string_view expected) const {
  std::string text(function_);
  text.append("() ").append(what).append(" must be ").append(expected);
  return thread_.raise(text.append(", not ").append(to_brief_text(values_[i])).append("."));
}

std::optional<double> Arguments::number(std::uint32_t i, std::string_view what) const {
  if (values_[i].is_number()) return values_[i].as_number();
  fail(i, what, "a number");
  return std::nullopt;
}

std::optional<double> Arguments::integer(std::uint32_t i, std::string_view what) const {
  if (is_integer(values_[i])) return values_[i].as_number();
  fail(i, what, "an integer");
  return std::nullopt;
}

std::optional<std::uint64_t> Arguments::count_of(std::uint32_t i, std::string_view what) const {
  constexpr double kMost = 9007199254740992.0;  // 2^53
  if (is_integer(values_[i]) && values_[i].as_number() >= 0) {
    return static_cast<std::uint64_t>(std::min(values_[i].as_number(), kMost));
  }
  fail(i, what, "a non-negative integer");
  return std::nullopt;
}

const String* Arguments::string(std::uint32_t i, std::string_view what) const {
  return object<String>(i, ObjectKind::string, what, "a string");
}

bool Arguments::callable(std::uint32_t i, std::string_view what) const {
  if (is_callable(values_[i])) return true;
  fail(i, what, "a function or class");
  return false;
}

std::optional<std::uint32_t> resolve_index(Thread& thread, std::string_view sequence, Value index,
                                           std::uint32_t length, std::uint32_t limit) {
  if (!is_integer(index)) {
    thread.raise(std::string(sequence) + " index must be an integer, not " + to_brief_text(index) + ".");
    return std::nullopt;
  }
  const double given = index.as_number();
  const double position = given < 0 ? given + length : given;
  if (position >= 0 && position < limit) return static_cast<std::uint32_t>(position);
  raise_out_of_bounds(thread, sequence, index, length);
  return std::nullopt;
}

Value raise_out_of_bounds(Thread& thread, std::string_view sequence, Value index, std::uint32_t length) {
  return thread.raise(std::string(sequence) + " index " + to_text(index) + " out of bounds for length " +
                      std::to_string(length) + ".");
}

std::uint32_t clamp_index(double index, std::uint32_t length) noexcept {
  const double position = index < 0 ? index + length : index;
  return static_cast<std::uint32_t>(std::clamp<double>(position, 0, length));
}

}  // namespace interlox::vm
