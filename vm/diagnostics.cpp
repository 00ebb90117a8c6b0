// SPDX-License-Identifier: BSD-3-Clause
#include "vm/diagnostics.hpp"

#include <algorithm>

namespace interlox::vm {

std::string place_text(std::string_view file, Position at) {
  if (file.empty()) return {};
  return std::string(file) + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

std::string plain_text(const Diagnostic& diagnostic) {
  std::string text = place_text(diagnostic.file, diagnostic.at);
  if (!text.empty()) text += ": ";
  return text += diagnostic.text;
}

std::string plain_text(std::span<const Diagnostic> diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += plain_text(diagnostic);
  }
  return text;
}

std::string plain_text(const TraceFrame& frame) {
  std::string text = "[line " + std::to_string(frame.at.line) + "] in ";
  return text += frame.function.empty() ? "script" : frame.function + "()";
}

Position Locator::at(std::size_t offset) noexcept {
  offset = std::min(offset, source_.size());
  if (offset < line_start_) {
    line_start_ = 0;
    line_ = 1;
  }
  for (;;) {
    const std::size_t end = source_.find('\n', line_start_);
    if (end == std::string_view::npos || end >= offset) break;
    line_start_ = end + 1;
    ++line_;
  }
  const std::size_t hidden = line_ == 1 ? byte_order_mark_length(source_) : 0;
  return {line_, static_cast<std::uint32_t>(std::max(offset, hidden) - line_start_ - hidden + 1)};
}

std::size_t character_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  std::size_t length = 1;
  if (static_cast<unsigned char>(text[0]) < 0xc0) return length;
  while (length < 4 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
    ++length;
  }
  return length;
}

std::size_t byte_order_mark_length(std::string_view source) noexcept {
  return source.starts_with("\xef\xbb\xbf") ? 3 : 0;
}

}  // namespace interlox::vm
