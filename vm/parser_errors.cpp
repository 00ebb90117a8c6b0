// SPDX-License-Identifier: BSD-3-Clause
// The parser's errors and warnings.
#include <cstddef>
#include <utility>

#include "vm/parser.hpp"

namespace interlox::vm {

namespace {

constexpr std::size_t kMostErrors = 1000;

}  // namespace

void Parser::error_at(const Token& token, std::string_view message) {
  if (panic_ || fatal_) return;
  panic_ = true;
  std::string text = "Error";
  if (token.kind == TokenKind::end) {
    text += " at end";
  } else if (token.kind != TokenKind::error) {
    text.append(" at '").append(token.text) += '\'';
  }
  diagnostics_.push_back(diagnose(token, Severity::error, text.append(": ").append(message)));
  if (diagnostics_.size() == kMostErrors) give_up(token, "Too many errors.");
}

Diagnostic Parser::diagnose(const Token& token, Severity severity, std::string_view text) {
  Diagnostic diagnostic;
  diagnostic.at = locator_.at(token.offset);
  if (token.kind == TokenKind::error) {  // its text is the message: one character stands for the token
    diagnostic.length = static_cast<std::uint32_t>(character_length(source_.substr(token.offset)));
  } else if (token.kind != TokenKind::end) {
    diagnostic.length = static_cast<std::uint32_t>(token.text.size());
  }
  diagnostic.text = "[line " + std::to_string(token.at.line) + "] ";
  diagnostic.text += text;
  diagnostic.severity = severity;
  diagnostic.at_end = token.kind == TokenKind::end || token.unterminated;
  return diagnostic;
}

void Parser::watch(const ast::Target& target) {
  if (target.local == nullptr || panic_ || previous_.text.starts_with('_')) return;
  watched_.push_back({target.local, previous_});
}

std::vector<Diagnostic> Parser::warnings() {
  std::vector<Diagnostic> warnings;
  for (const Declaration& declaration : watched_) {
    if (declaration.local->mentioned) continue;
    const std::string name(declaration.token.text);
    warnings.push_back(
        diagnose(declaration.token, Severity::warning, "Warning: Unused local variable '" + name + "'."));
    warnings.back().hint = "a name that starts with '_' says that this is meant";
  }
  return warnings;
}

void Parser::give_up(const Token& token, std::string_view why) {
  panic_ = false;  // this error is worth its line even in a panic, since it explains why no others follow
  error_at(token, why);
  fatal_ = true;
  current_.kind = TokenKind::end;
}

}  // namespace interlox::vm
