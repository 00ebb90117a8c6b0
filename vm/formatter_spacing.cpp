// SPDX-License-Identifier: BSD-3-Clause
// The layout within a line: what a token is (a sign or an operator, a name or a keyword), and where a blank
// stands.
#include "vm/formatter_layout.hpp"

namespace interlox::vm::formatter {
namespace {

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether the two would be other tokens, or a comment, without a blank between them.
bool would_merge(const Lexeme& left, const Lexeme& right) noexcept {
  if (left.text.empty() || right.text.empty()) return false;
  const char last = left.text.back();
  const char first = right.text.front();
  if (is_letter_or_digit(last) && is_letter_or_digit(first)) return true;
  switch (left.kind) {
    case TokenKind::dot:
      return first == '.' || (right.kind == TokenKind::number && !right.adjacent);
    case TokenKind::number:
      return right.kind == TokenKind::dot && !right.adjacent;  // a digit may follow
    case TokenKind::slash:
      return first == '/' || first == '*' || first == '=';
    case TokenKind::equal:
      return first == '=' || (first == '>' && !right.adjacent);
    case TokenKind::plus:
    case TokenKind::minus:
    case TokenKind::star:
    case TokenKind::percent:
    case TokenKind::bang:
    case TokenKind::less:
    case TokenKind::greater:
      return first == '=';
    default:
      return false;
  }
}

}  // namespace

// `throw (x)` throws, unless the program has a name `throw`: then it may be a call. Where the name is looked
// for, a call with it as an argument counts, too: it would be a declared name there.
void Layout::find_declared_throw() noexcept {
  for (std::size_t i = 1; i < lexemes_.size() && !throw_declared_; ++i) {
    if (!is_word(i, "throw")) continue;
    const TokenKind before = kind(i - 1);
    const TokenKind after = kind(i + 1);
    const bool in_list = (before == TokenKind::left_paren || before == TokenKind::comma) &&
                         (after == TokenKind::right_paren || after == TokenKind::comma);
    throw_declared_ = in_list || before == TokenKind::keyword_var || before == TokenKind::keyword_fun ||
                      before == TokenKind::keyword_class || is_word(i - 1, "as");
  }
}

bool Layout::is_throw(std::size_t i) const noexcept {
  if (!is_word(i, "throw")) return false;
  switch (kind(i + 1)) {
    case TokenKind::left_paren:
    case TokenKind::left_bracket:
    case TokenKind::minus:
      return !throw_declared_;
    default:
      return starts_operand(kind(i + 1));
  }
}

// What token i is, where its kind does not say.
void Layout::read_role(std::size_t i) {
  const Lexeme& lexeme = lexemes_[i];
  starts_statement_ = waits_for_statement();
  const bool after_operand = operand_ && !starts_statement_;
  unary_ = lexeme.kind == TokenKind::bang || (lexeme.kind == TokenKind::minus && !after_operand);
  operator_ = false;
  if (lexeme.kind != TokenKind::identifier) return;
  if (is_word(i, "is")) {
    operator_ = after_operand && lexeme.same_line;
  } else if (is_word(i, "in")) {
    operator_ = i >= 4 && kind(i - 1) == TokenKind::identifier && kind(i - 2) == TokenKind::keyword_var &&
                kind(i - 3) == TokenKind::left_paren && kind(i - 4) == TokenKind::keyword_for;
  } else if (starts_statement_) {
    operator_ = is_throw(i);
  } else {
    operator_ = frames_.back().kind == Kind::attempt && frames_.back().phase == Phase::between;
  }
}

// Whether a line end between token i and the one before it would only hide that they belong together.
bool Layout::joins(std::size_t i) const noexcept {
  if (prefix_) return true;
  switch (kind(i)) {
    case TokenKind::semicolon:
    case TokenKind::comma:
    case TokenKind::left_brace:
      return true;
    case TokenKind::left_paren:
    case TokenKind::left_bracket:
      if (operand_) return true;
      break;
    case TokenKind::colon:
      if (frames_.back().questions == 0) return true;
      break;
    default:
      break;
  }
  switch (kind(i - 1)) {
    case TokenKind::keyword_var:
    case TokenKind::keyword_fun:
    case TokenKind::keyword_class:
    case TokenKind::keyword_if:
    case TokenKind::keyword_while:
    case TokenKind::keyword_for:
      return true;
    case TokenKind::identifier:
      return frames_.back().kind == Kind::attempt;  // catch (
    default:
      return false;
  }
}

bool Layout::spaced(std::size_t i) const noexcept {
  if (i == 0) return false;
  return spaced_operator(i) || would_merge(lexemes_[i - 1], lexemes_[i]);
}

bool Layout::spaced_operator(std::size_t i) const noexcept {
  const TokenKind before = kind(i - 1);
  switch (kind(i)) {
    case TokenKind::semicolon:
    case TokenKind::comma:
    case TokenKind::dot:
    case TokenKind::dot_dot:
      return false;
    case TokenKind::left_paren:
    case TokenKind::left_bracket:
      if (operand_ && !starts_statement_) return false;
      break;
    case TokenKind::colon:
      if (frames_.back().questions == 0) return false;
      break;
    case TokenKind::greater:
      if (before == TokenKind::equal && lexemes_[i].adjacent) return false;  // =>
      break;
    default:
      break;
  }
  if (prefix_ || opens_bracket(before)) return false;
  return before != TokenKind::dot && before != TokenKind::dot_dot;
}

}  // namespace interlox::vm::formatter
