// SPDX-License-Identifier: BSD-3-Clause
// What the compiler and the runtime have to say about a program, as data, and its plain form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vm/token.hpp"

namespace interlox::vm {

enum class Severity : std::uint8_t { error, warning };

/// One compile error, or one warning.
struct Diagnostic {
  std::string file = {};     // empty: the source has no name
  Position at = {};          // where the token begins
  std::uint32_t length = 0;  // of the token, in bytes; 0 at the end of the source
  std::string text = {};     // "[line N] Error at 'x': ..."
  Severity severity = Severity::error;
  bool at_end = false;  // the source stops too early: more of it might make this right
  std::string hint = {};
};

/// One call that was in progress when a run-time error came up.
struct TraceFrame {
  std::string function;  // empty: a script's top level
  std::string file;      // empty: the source has no name
  Position at;           // the last token of the operation
};

/// "FILE:LINE:COL", or nothing where the source has no name.
std::string place_text(std::string_view file, Position at);

/// `diagnostic` on one line, without a newline: "FILE:LINE:COL: [line N] Error at 'x': ...".
std::string plain_text(const Diagnostic& diagnostic);
/// Several of them, joined by '\n'.
std::string plain_text(std::span<const Diagnostic> diagnostics);

/// "[line N] in NAME()", or "[line N] in script".
std::string plain_text(const TraceFrame& frame);

/// Turns offsets into positions; quick where they ascend. Columns count bytes, a byte order mark none.
class Locator {
 public:
  /// `source` must outlive the locator.
  explicit Locator(std::string_view source) noexcept : source_(source) {}

  Position at(std::size_t offset) noexcept;

 private:
  std::string_view source_;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
};

/// The bytes of the first character: a lead byte and what continues it; 0 if there is none.
std::size_t character_length(std::string_view text) noexcept;

/// The bytes of the byte order mark that `source` starts with, 0 if there is none.
std::size_t byte_order_mark_length(std::string_view source) noexcept;

}  // namespace interlox::vm
