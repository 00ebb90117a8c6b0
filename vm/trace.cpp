// SPDX-License-Identifier: BSD-3-Clause
#include "vm/trace.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "vm/object.hpp"

namespace interlox::vm {
namespace {

// A line a frame, its parts between tabs.
constexpr char kPart = '\t';
constexpr char kFrame = '\n';

std::string_view take_part(std::string_view& text, char end) noexcept {
  const std::size_t length = text.find(end);
  const std::string_view part = text.substr(0, length);
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

Value encode_trace(const std::vector<TraceFrame>& trace) {
  std::string text;
  for (const TraceFrame& frame : trace) {
    std::string file = frame.file;
    std::replace(file.begin(), file.end(), kPart, ' ');
    std::replace(file.begin(), file.end(), kFrame, ' ');
    text.append(frame.function).append(1, kPart).append(file).append(1, kPart);
    text.append(std::to_string(frame.at.line)).append(1, kPart).append(std::to_string(frame.at.column));
    text += kFrame;
    if (text.size() > String::kMaxLength / 2) break;
  }
  return Value::object(String::make(text));
}

std::vector<TraceFrame> decode_trace(Value encoded) {
  std::vector<TraceFrame> trace;
  if (!is_object(encoded, ObjectKind::string)) return trace;
  const auto number = [](std::string_view digits) {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  std::string_view text = as<String>(encoded)->view();
  while (!text.empty()) {
    TraceFrame& frame = trace.emplace_back();
    frame.function = take_part(text, kPart);
    frame.file = take_part(text, kPart);
    frame.at.line = number(take_part(text, kPart));
    frame.at.column = number(take_part(text, kFrame));
  }
  return trace;
}

std::vector<TraceFrame> trace_of(const PendingError& error) {
  return error.encoded_trace.is_absent() ? error.trace : decode_trace(error.encoded_trace);
}

}  // namespace interlox::vm
