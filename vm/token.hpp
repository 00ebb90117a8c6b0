// SPDX-License-Identifier: BSD-3-Clause
// The words of the language, as the scanner hands them to the parser.
#pragma once

#include <cstdint>
#include <string_view>

namespace interlox::vm {

// clang-format off
/// X(name): every kind of token.
#define INTERLOX_TOKENS(X)                                                              \
  X(left_paren) X(right_paren) X(left_brace) X(right_brace)                             \
  X(left_bracket) X(right_bracket)                                                      \
  X(comma) X(dot) X(dot_dot) X(minus) X(plus) X(semicolon) X(slash) X(star) X(percent)  \
  X(colon) X(question)                                                                  \
  X(plus_equal) X(minus_equal) X(star_equal) X(slash_equal) X(percent_equal)            \
  X(bang) X(bang_equal) X(equal) X(equal_equal)                                         \
  X(greater) X(greater_equal) X(less) X(less_equal)                                     \
  X(identifier) X(string) X(number)                                                     \
  X(template_whole) X(template_head) X(template_middle) X(template_tail)                \
  X(keyword_and) X(keyword_class) X(keyword_else) X(keyword_false) X(keyword_for)       \
  X(keyword_fun) X(keyword_if) X(keyword_nil) X(keyword_or) X(keyword_print)            \
  X(keyword_return) X(keyword_super) X(keyword_this) X(keyword_true) X(keyword_var)     \
  X(keyword_while)                                                                      \
  X(error) X(end)
// clang-format on

enum class TokenKind : std::uint8_t {
#define INTERLOX_TOKEN(name) name,
  INTERLOX_TOKENS(INTERLOX_TOKEN)
#undef INTERLOX_TOKEN
};

/// The kind's name, e.g. "left_paren".
std::string_view token_kind_name(TokenKind kind) noexcept;

/// Whether such a token begins an expression and can't stand behind one: no `(`, `[` or `-`.
bool starts_operand(TokenKind kind) noexcept;

/// A place in a source text.
struct Position {
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in bytes
};

/// One token. `text` is its part of the source; of an error token it is the message.
///
/// A template without an interpolation is one token, template_whole. Otherwise what stands between its
/// expressions are the tokens: head "`...${", middle "}...${" for each further one, and tail "}...`".
struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t offset = 0;  // of its first byte in the source
  Position at;  // of a string or template over several lines: the line where it ends, as in clox,
                // and the column where it starts
  std::string_view text;
  bool unterminated = false;  // an error token: the source ended inside of it
};

}  // namespace interlox::vm
