// SPDX-License-Identifier: BSD-3-Clause
#include "vm/formatter_layout.hpp"

namespace interlox::vm::formatter {
namespace {

bool closes(TokenKind kind) noexcept {
  return kind == TokenKind::right_paren || kind == TokenKind::right_bracket ||
         kind == TokenKind::template_middle || kind == TokenKind::template_tail;
}

}  // namespace

bool Layout::waits_for_statement() const noexcept {
  const Frame& top = frames_.back();
  if (top.kind == Kind::condition || top.kind == Kind::loop) {
    return top.phase == Phase::body || top.phase == Phase::else_body;
  }
  return top.kind == Kind::block || top.kind == Kind::members;
}

std::uint32_t Layout::content_level(const Frame& block) const noexcept {
  return &block == &frames_.front() ? 0 : block.level + 1;
}

Gap Layout::before(std::size_t i) {
  Gap gap = line_ends_before(i);
  const TokenKind token = kind(i);
  const TokenKind previous = i > 0 ? kind(i - 1) : TokenKind::end;
  gap.after_opener = opens_bracket(previous) || previous == TokenKind::left_brace;
  gap.comment_space = !opens_bracket(previous);
  gap.space_after_comment = !closes(token) && token != TokenKind::comma && token != TokenKind::semicolon;
  // An interpolation is broken where its author broke it, whatever stands there.
  const bool breaks = gap.line_end == Break::force || gap.line_end == Break::close;
  if (interpolations_ > 0 && breaks) gap.line_end = Break::keep;
  return gap;
}

Gap Layout::line_ends_before(std::size_t i) {
  if (closes(kind(i)) || kind(i) == TokenKind::right_brace || kind(i) == TokenKind::end) {
    starts_statement_ = unary_ = operator_ = false;
    return before_closer(i);
  }
  read_role(i);
  Gap gap = starts_statement_ ? before_statement(i) : within_statement(i);
  gap.comment_level = gap.level;
  gap.space = spaced(i);
  return gap;
}

Gap Layout::before_closer(std::size_t i) {
  Gap gap;
  gap.before_closer = true;
  if (kind(i) == TokenKind::end) return gap;
  if (kind(i) == TokenKind::right_brace) {
    while (is_statement(frames_.back().kind)) frames_.pop_back();  // a semicolon is missing
  }
  const Frame& frame = frames_.back();
  gap.level = frame.level;
  gap.comment_level = frame.level + 1;
  if (kind(i) == TokenKind::right_brace) {
    gap.space = !frame.empty;
    gap.line_end = frame.empty ? Break::join : Break::close;
  }
  return gap;
}

Gap Layout::before_statement(std::size_t i) {
  Gap gap;
  const Frame& frame = frames_.back();
  if (!is_statement(frame.kind)) {
    gap.line_end = Break::force;
    gap.level = content_level(frame);
    return gap;
  }
  gap.level = frame.level + 1;
  const bool else_if = frame.phase == Phase::else_body && kind(i) == TokenKind::keyword_if;
  if (kind(i) == TokenKind::left_brace || kind(i) == TokenKind::semicolon || else_if) {
    gap.line_end = Break::join;
    gap.level = frame.level;
  }
  return gap;
}

Gap Layout::within_statement(std::size_t i) {
  Gap gap;
  const Frame& frame = frames_.back();
  if (frame.phase == Phase::between) {  // else, catch or finally
    gap.level = frame.level;
    if (kind(i - 1) == TokenKind::right_brace)
      gap.line_end = Break::join;
    else if (frame.body_apart)
      gap.line_end = Break::force;
    return gap;
  }
  gap.level = frame.level + 1;
  if (kind(i) == TokenKind::left_brace && is_statement(frame.kind) && frame.kind != Kind::simple) {
    gap.level = frame.level;
  } else if (!is_statement(frame.kind) && !frame.hugs) {
    const TokenKind before = kind(i - 1);
    const bool starts_element =
        opens_bracket(before) || before == TokenKind::comma || before == TokenKind::semicolon;
    if (!starts_element) gap.level = frame.level + 2;
  }
  if (joins(i)) gap.line_end = Break::join;
  return gap;
}

void Layout::place(std::size_t i, bool broke) {
  const TokenKind token = kind(i);
  if (i > 0 && opens_bracket(kind(i - 1))) frames_.back().hugs = !broke;
  if (token == TokenKind::end) return;
  if (starts_statement_) begin_statement(i, broke);
  prefix_ = unary_;
  operand_ = ends_operand(token) && !operator_;
  Frame& top = frames_.back();
  switch (token) {
    case TokenKind::semicolon:
      if (is_statement(top.kind)) end_statement(i);
      break;
    case TokenKind::question:
      ++top.questions;
      break;
    case TokenKind::colon:
      if (top.questions > 0) --top.questions;
      break;
    case TokenKind::keyword_else:
      if (top.phase == Phase::between) top.phase = Phase::else_body;
      break;
    case TokenKind::identifier:
      if (top.phase == Phase::between) top.phase = Phase::header;  // of the next block
      break;
    case TokenKind::right_brace:
    case TokenKind::right_paren:
    case TokenKind::right_bracket:
    case TokenKind::template_tail:
      close(i);
      break;
    case TokenKind::left_brace:
    case TokenKind::left_paren:
    case TokenKind::left_bracket:
    case TokenKind::template_head:
      open(i);
      break;
    default:
      break;
  }
}

void Layout::begin_statement(std::size_t i, bool broke) {
  Frame& outer = frames_.back();
  outer.empty = false;
  Frame statement{Kind::simple};
  statement.level = content_level(outer);
  if (is_statement(outer.kind)) {
    outer.body_apart = broke && kind(i) != TokenKind::left_brace;
    if (kind(i) == TokenKind::left_brace) return;  // its block is all of the body
    if (!broke) statement.level = outer.level;
  }
  const TokenKind next = kind(i + 1);
  switch (kind(i)) {
    case TokenKind::left_brace:
      statement.kind = Kind::definition;
      break;
    case TokenKind::keyword_if:
      if (next == TokenKind::left_paren) statement.kind = Kind::condition;
      break;
    case TokenKind::keyword_while:
    case TokenKind::keyword_for:
      if (next == TokenKind::left_paren) statement.kind = Kind::loop;
      break;
    case TokenKind::keyword_fun:
      if (next == TokenKind::identifier) statement.kind = Kind::definition;
      break;
    case TokenKind::keyword_class:
      if (next == TokenKind::identifier) statement.kind = Kind::type;
      break;
    default:
      if (is_word(i, "try") && next == TokenKind::left_brace) statement.kind = Kind::attempt;
      break;
  }
  if (outer.kind == Kind::members) statement.kind = Kind::definition;
  frames_.push_back(statement);
}

void Layout::open(std::size_t i) {
  const Frame& top = frames_.back();
  Frame frame{Kind::bracket};
  frame.level = line_level_;
  if (kind(i) == TokenKind::template_head) {
    frame.kind = Kind::interpolation;
    ++interpolations_;
  } else if (kind(i) == TokenKind::left_brace) {
    frame.kind = top.kind == Kind::type ? Kind::members : Kind::block;
    if (is_statement(top.kind) && top.kind != Kind::simple) {
      frame.level = top.level;
    } else if (i > 0 && kind(i - 1) == TokenKind::right_paren) {
      frame.level = closed_level_;  // where the parameters' line is
    }
  }
  frames_.push_back(frame);
}

void Layout::close(std::size_t i) {
  closed_level_ = frames_.back().level;
  if (frames_.back().kind == Kind::interpolation) --interpolations_;
  frames_.pop_back();
  if (kind(i) == TokenKind::right_brace) return end_block(i);
  Frame& top = frames_.back();
  if ((top.kind == Kind::condition || top.kind == Kind::loop) && top.phase == Phase::header) {
    top.phase = Phase::body;
    operand_ = false;
  }
}

void Layout::end_block(std::size_t i) {
  Frame& top = frames_.back();
  switch (top.kind) {
    case Kind::definition:
    case Kind::type:
      return end_statement(i);
    case Kind::condition:
    case Kind::loop:
      frames_.push_back({Kind::simple});  // stands for the block, as a statement
      return end_statement(i);
    case Kind::attempt:
      if (!clause_follows(i, top)) return end_statement(i);
      top.phase = Phase::between;
      top.finished = is_word(i + 1, "finally");
      top.caught = true;
      return;
    default:
      operand_ = true;  // a function's body
  }
}

// Whether `catch (` or `finally {` stands behind token i, which ends a block of the attempt.
bool Layout::clause_follows(std::size_t i, const Frame& attempt) const noexcept {
  if (attempt.finished) return false;
  if (is_word(i + 1, "catch")) return !attempt.caught && kind(i + 2) == TokenKind::left_paren;
  return is_word(i + 1, "finally") && kind(i + 2) == TokenKind::left_brace;
}

// The statement on the top of the stack ends with token i, and perhaps others that it is the body of.
void Layout::end_statement(std::size_t i) {
  operand_ = false;
  frames_.pop_back();
  while (waits_for_statement() && is_statement(frames_.back().kind)) {
    Frame& top = frames_.back();
    if (top.kind == Kind::condition && top.phase == Phase::body && kind(i + 1) == TokenKind::keyword_else) {
      top.phase = Phase::between;
      return;
    }
    frames_.pop_back();
  }
}

}  // namespace interlox::vm::formatter
