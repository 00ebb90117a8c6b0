// SPDX-License-Identifier: BSD-3-Clause
// Which of the formatter's tokens start a line, how far in, and where a blank stands.
#pragma once

#include <cstdint>
#include <vector>

#include "vm/formatter_source.hpp"

namespace interlox::vm::formatter {

/// How the author's line ends before a token are treated.
enum class Break : std::uint8_t {
  join,   // there is none; behind comments, as the author has it
  keep,   // as the author has it
  force,  // there is one, if only before a comment that stands on the token's line
  close,  // there is one
};

/// What stands before a token.
struct Gap {
  Break line_end = Break::keep;
  bool space = false;               // if it goes on in the line
  bool after_opener = false;        // what comes first has no blank line before it
  bool before_closer = false;       // the token has none
  bool comment_space = true;        // before a comment in the line
  bool space_after_comment = true;  // in the line
  std::uint32_t level = 0;          // of its indentation, if it starts a line
  std::uint32_t comment_level = 0;  // of the comments before it
};

/// Whether a bracket or an interpolation begins with this token.
constexpr bool opens_bracket(TokenKind kind) noexcept {
  return kind == TokenKind::left_paren || kind == TokenKind::left_bracket ||
         kind == TokenKind::template_head || kind == TokenKind::template_middle;
}

/// Follows the structure of a program token by token: for each i from 0 on, before(i) and then place(i).
///
/// Statements, blocks and brackets that are open lie on a stack. What only a parser would know is guessed,
/// and a guess is wrong only in programs that don't compile: there it costs beauty, nothing else.
class Layout {
 public:
  explicit Layout(const std::vector<Lexeme>& lexemes) : lexemes_(lexemes) {
    frames_.push_back({Kind::block});
    find_declared_throw();
  }

  Gap before(std::size_t i);

  /// Token i was written. `broke`: with a line end before it or a comment before it.
  void place(std::size_t i, bool broke);

  /// A line was started, at this level.
  void started_line(std::uint32_t level) noexcept { line_level_ = level; }

 private:
  enum class Kind : std::uint8_t {
    block,          // { statements }, and the whole file
    members,        // { methods } of a class
    bracket,        // ( ) or [ ]
    interpolation,  // ${ }
    // Statements, from their first token to their last one:
    simple,      // up to a semicolon
    definition,  // up to a semicolon or the end of a block
    type,        // a class
    condition,   // if
    loop,        // while, for
    attempt,     // try
  };

  enum class Phase : std::uint8_t {
    header,     // before the block or the statement that is the body
    body,       // of a condition or loop: its statement is next, or being read
    between,    // behind a body: `else`, `catch` or `finally` is next
    else_body,  // as `body`
  };

  struct Frame {
    Kind kind;
    Phase phase = Phase::header;
    bool empty = true;            // no token inside yet
    bool hugs = false;            // of a bracket: its first token is on the line of the bracket
    bool body_apart = false;      // of a condition: its body is on another line
    bool caught = false;          // of an attempt: no second `catch` can come
    bool finished = false;        // of an attempt: no clause at all
    std::uint32_t level = 0;      // of a block or bracket: of its end; of a statement: of its start
    std::uint32_t questions = 0;  // that wait for their colon
  };

  static bool is_statement(Kind kind) noexcept { return kind >= Kind::simple; }
  bool waits_for_statement() const noexcept;
  bool is_word(std::size_t i, const char* word) const noexcept {
    return kind(i) == TokenKind::identifier && lexemes_[i].text == word;
  }
  TokenKind kind(std::size_t i) const noexcept {
    return i < lexemes_.size() ? lexemes_[i].kind : TokenKind::end;
  }
  std::uint32_t content_level(const Frame& block) const noexcept;

  void find_declared_throw() noexcept;
  void read_role(std::size_t i);
  bool is_throw(std::size_t i) const noexcept;
  Gap line_ends_before(std::size_t i);
  Gap before_closer(std::size_t i);
  Gap before_statement(std::size_t i);
  Gap within_statement(std::size_t i);
  bool joins(std::size_t i) const noexcept;
  bool spaced(std::size_t i) const noexcept;
  bool spaced_operator(std::size_t i) const noexcept;

  void begin_statement(std::size_t i, bool broke);
  void open(std::size_t i);
  void close(std::size_t i);
  void end_block(std::size_t i);
  bool clause_follows(std::size_t i, const Frame& attempt) const noexcept;
  void end_statement(std::size_t i);

  const std::vector<Lexeme>& lexemes_;
  std::vector<Frame> frames_;
  std::uint32_t line_level_ = 0;      // of the line that is being written
  std::uint32_t closed_level_ = 0;    // of the bracket that was closed last
  std::uint32_t interpolations_ = 0;  // how many are open
  bool throw_declared_ = false;       // as a name
  bool operand_ = false;              // the token before ends an operand
  bool prefix_ = false;               // the token before is a sign or `!` before its operand
  // Of the token that before() saw last:
  bool starts_statement_ = false;
  bool unary_ = false;     // a sign or `!`
  bool operator_ = false;  // a name that stands for an operator or keyword
};

}  // namespace interlox::vm::formatter
