// SPDX-License-Identifier: BSD-3-Clause
#include "vm/formatter_source.hpp"

#include <algorithm>

#include "vm/formatter.hpp"
#include "vm/scanner.hpp"
#include "vm/text.hpp"

namespace interlox::vm::formatter {
namespace {

std::string_view byte_order_mark(std::string_view text) noexcept {
  return text.substr(0, kByteOrderMark.size()) == kByteOrderMark ? text.substr(0, kByteOrderMark.size())
                                                                 : std::string_view();
}

[[noreturn]] void refuse(std::string_view text, std::uint32_t offset, const std::string& message) {
  Position at;
  std::size_t line_start = byte_order_mark(text).size();
  for (std::size_t i = line_start; i < offset; ++i) {
    if (text[i] != '\n') continue;
    ++at.line;
    line_start = i + 1;
  }
  at.column = static_cast<std::uint32_t>(offset - line_start + 1);
  throw FormatError(FormatError::Cause::source, at, message);
}

/// The length of the block comment that `text` starts with: the scanner has found it to end.
std::size_t block_comment_length(std::string_view text) noexcept {
  std::size_t depth = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const std::string_view pair = text.substr(i, 2);
    if (pair != "/*" && pair != "*/") continue;
    depth = pair == "/*" ? depth + 1 : depth - 1;
    if (depth == 0) return i + 2;
    ++i;
  }
  return text.size();
}

std::string without_trailing_blanks(std::string_view line) {
  return std::string(line.substr(0, line.find_last_not_of(" \t\r") + 1));
}

std::string with_plain_line_ends(std::string_view comment) {
  std::string result;
  for (std::size_t i = 0; i < comment.size(); ++i) {
    if (comment[i] == '\n') result.erase(result.find_last_not_of('\r') + 1);
    result += comment[i];
  }
  return result;
}

/// Reads what stands between two tokens into the second one.
void read_gap(std::string_view gap, bool at_start, Lexeme& lexeme) {
  lexeme.adjacent = gap.empty();
  lexeme.same_line = gap.find('\n') == std::string_view::npos;
  std::uint32_t newlines = 0;
  std::size_t i = 0;
  while (i < gap.size()) {
    const bool hash_bang = at_start && i == 0 && gap[i] == '#';
    if (gap[i] != '/' && !hash_bang) {
      newlines += gap[i++] == '\n' ? 1 : 0;
      continue;
    }
    const bool block = gap.substr(i, 2) == "/*";
    const std::size_t length =
        block ? block_comment_length(gap.substr(i)) : std::min(gap.find('\n', i), gap.size()) - i;
    const std::string_view raw = gap.substr(i, length);
    lexeme.comments.push_back(
        {block ? with_plain_line_ends(raw) : without_trailing_blanks(raw), !block, newlines});
    newlines = 0;
    i += length;
  }
  lexeme.newlines = newlines;
}

char closer_of(TokenKind opener) noexcept {
  switch (opener) {
    case TokenKind::left_paren:
      return ')';
    case TokenKind::left_bracket:
      return ']';
    default:
      return '}';  // of a template, too: that is how its next piece starts
  }
}

void check_brackets(std::string_view text, const std::vector<Lexeme>& lexemes) {
  std::vector<const Lexeme*> open;
  const auto quoted = [](char c) { return std::string("'") + c + "'"; };
  const auto close = [&](const Lexeme& lexeme) {
    if (open.empty()) refuse(text, lexeme.offset, "Unmatched " + quoted(lexeme.text[0]) + ".");
    const Lexeme& opener = *open.back();
    const bool both =
        (opener.kind == TokenKind::template_head || opener.kind == TokenKind::template_middle) ==
        (lexeme.kind == TokenKind::template_middle || lexeme.kind == TokenKind::template_tail);
    if (closer_of(opener.kind) != lexeme.text[0] || !both) {
      refuse(text, lexeme.offset,
             "Expect " + quoted(closer_of(opener.kind)) + " before " + quoted(lexeme.text[0]) + ".");
    }
    open.pop_back();
  };
  for (const Lexeme& lexeme : lexemes) {
    switch (lexeme.kind) {
      case TokenKind::template_middle:
        close(lexeme);
        [[fallthrough]];
      case TokenKind::left_paren:
      case TokenKind::left_bracket:
      case TokenKind::left_brace:
      case TokenKind::template_head:
        open.push_back(&lexeme);
        break;
      case TokenKind::right_paren:
      case TokenKind::right_bracket:
      case TokenKind::right_brace:
      case TokenKind::template_tail:
        close(lexeme);
        break;
      default:
        break;
    }
  }
  if (open.empty()) return;
  refuse(text, open.back()->offset, "Expect " + quoted(closer_of(open.back()->kind)) + " to close this.");
}

bool same_comments(const Lexeme& left, const Lexeme& right) {
  return std::equal(left.comments.begin(), left.comments.end(), right.comments.begin(), right.comments.end(),
                    [](const Comment& a, const Comment& b) { return a.text == b.text; });
}

/// `is` is an operator on the line of its first operand only, and `=>` is the tokens = and > without a gap.
bool same_meaning(const Lexeme& before, const Lexeme& left, const Lexeme& right) noexcept {
  const bool is = left.kind == TokenKind::identifier && left.text == "is" && ends_operand(before.kind);
  if (is && left.same_line != right.same_line) return false;
  const bool arrow = before.kind == TokenKind::equal && left.kind == TokenKind::greater;
  return !arrow || left.adjacent == right.adjacent;
}

}  // namespace

Source read_source(std::string_view text) {
  Source source;
  source.byte_order_mark = byte_order_mark(text);
  std::size_t end = source.byte_order_mark.size();  // of the token before
  Scanner scanner(text);
  do {
    const Token token = scanner.next();
    if (token.kind == TokenKind::error) refuse(text, token.offset, std::string(token.text));
    Lexeme lexeme{token.kind, token.text, token.offset, 0, false, true, {}};
    read_gap(text.substr(end, token.offset - end), source.lexemes.empty(), lexeme);
    source.lexemes.push_back(std::move(lexeme));
    end = token.offset + token.text.size();
  } while (source.lexemes.back().kind != TokenKind::end);
  check_brackets(text, source.lexemes);
  return source;
}

bool ends_operand(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::identifier:
    case TokenKind::string:
    case TokenKind::number:
    case TokenKind::template_whole:
    case TokenKind::template_tail:
    case TokenKind::right_paren:
    case TokenKind::right_bracket:
    case TokenKind::keyword_false:
    case TokenKind::keyword_nil:
    case TokenKind::keyword_super:
    case TokenKind::keyword_this:
    case TokenKind::keyword_true:
      return true;
    default:
      return false;
  }
}

bool same_program(const Source& left, const Source& right) {
  if (left.byte_order_mark != right.byte_order_mark) return false;
  if (left.lexemes.size() != right.lexemes.size()) return false;
  const Lexeme start;
  for (std::size_t i = 0; i < left.lexemes.size(); ++i) {
    const Lexeme& a = left.lexemes[i];
    const Lexeme& b = right.lexemes[i];
    if (a.kind != b.kind || a.text != b.text || !same_comments(a, b)) return false;
    if (!same_meaning(i == 0 ? start : left.lexemes[i - 1], a, b)) return false;
  }
  return true;
}

}  // namespace interlox::vm::formatter
