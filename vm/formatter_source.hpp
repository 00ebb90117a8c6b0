// SPDX-License-Identifier: BSD-3-Clause
// A program as the formatter sees it: tokens, and the comments and line ends between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vm/token.hpp"

namespace interlox::vm::formatter {

/// A comment, or the first line that starts with `#!`.
struct Comment {
  std::string text;        // of a line: without its end and the blanks before it; of a block: CRLF as LF
  bool to_line_end;        // whatever follows it stands on another line
  std::uint32_t newlines;  // line ends between it and what precedes it
};

/// A token with all that stands between it and the one before it.
struct Lexeme {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::uint32_t offset = 0;
  std::uint32_t newlines = 0;  // line ends between it and what precedes it, a comment perhaps
  bool adjacent = false;       // nothing stands before it
  bool same_line = true;       // it starts on the line where the token before it ends
  std::vector<Comment> comments;
};

struct Source {
  std::string_view byte_order_mark;  // or empty
  std::vector<Lexeme> lexemes;       // the last one is of the kind `end`
};

/// Cuts up `text`, which must outlive the result. Throws FormatError if that has a token that is an error, or
/// brackets that don't match.
Source read_source(std::string_view text);

/// Whether an operand may end with this token. A brace is not known by its kind.
bool ends_operand(TokenKind kind) noexcept;

/// Whether two sources are the same program: tokens, comments, and the few line ends and gaps that mean
/// something to the parser.
bool same_program(const Source& left, const Source& right);

}  // namespace interlox::vm::formatter
