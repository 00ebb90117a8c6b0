// SPDX-License-Identifier: BSD-3-Clause
// From source text to tokens.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "vm/token.hpp"

namespace interlox::vm {

/// Cuts UTF-8 source into tokens. A byte order mark, and a first line that starts with `#!`, are skipped;
/// CRLF counts as one end of line. Any bytes are accepted in strings and comments; outside them, a
/// character that starts no token (a NUL and every byte of invalid UTF-8 included) gives an error token.
///
/// A copy goes on from where the original stands: so a parser looks ahead. The source must outlive the
/// scanner and its tokens and be shorter than 4 GiB. One thread. Throws std::bad_alloc only.
class Scanner {
 public:
  explicit Scanner(std::string_view source);

  /// The next token; after the last one, the kind `end` for ever.
  Token next();

 private:
  bool skip_blanks() noexcept;
  bool skip_block_comment() noexcept;
  void end_line() noexcept;
  Token make(TokenKind kind) const noexcept;
  Token error(std::string_view message) const noexcept;
  Token unterminated(std::string_view message) const noexcept;
  Token identifier() noexcept;
  Token number() noexcept;
  Token string() noexcept;
  Token template_piece(bool first);
  bool template_escape() noexcept;
  Token symbol(char c);
  Token unexpected() noexcept;
  bool match(char expected) noexcept;
  char peek(std::size_t ahead = 0) const noexcept {
    return current_ + ahead < source_.size() ? source_[current_ + ahead] : '\0';
  }

  std::string_view source_;
  std::size_t start_ = 0;
  std::size_t current_ = 0;
  std::size_t line_start_ = 0;  // where the line of current_ begins
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;  // of start_
  // One for each template whose interpolation is being scanned: how many braces are open inside it.
  std::vector<std::uint32_t> open_braces_;
};

/// What a template token stands for: its text without the delimiters, and with the escapes replaced.
std::string template_text(const Token& piece);

/// Writes the tokens of `source`, one a line: LINE:COLUMN KIND TEXT (the message, of an error).
void dump_tokens(std::string_view source, std::ostream& out);

}  // namespace interlox::vm
