// SPDX-License-Identifier: BSD-3-Clause
// The parser's literals, functions without names, and everything in brackets.
#include "vm/number_literal.hpp"
#include "vm/parser.hpp"

namespace interlox::vm {

const ast::Expr* Parser::literal(ast::LiteralKind type, std::string_view text) {
  return arena_.make<ast::Literal>(ast::Expr{ast::ExprKind::literal, here()}, type, 0.0, text);
}

const ast::Expr* Parser::number() {
  const double value = parse_number_literal(previous_.text).value_or(0);  // the scanner has checked its form
  return arena_.make<ast::Literal>(ast::Expr{ast::ExprKind::literal, here()}, ast::LiteralKind::number,
                                   value);
}

// At the first interpolation.
const ast::Expr* Parser::template_text() {
  const std::size_t first = expressions_.size();
  const auto add_text = [this] {
    const std::string text = vm::template_text(previous_);
    if (!text.empty()) expressions_.push_back(literal(ast::LiteralKind::string, arena_.copy(text)));
  };
  add_text();
  do {
    const ast::Expr* const part = expression();
    expressions_.push_back(part);
    if (!check(TokenKind::template_middle)) {
      consume(TokenKind::template_tail, "Expect '}' after expression in template.");
      break;
    }
    advance();
    add_text();
  } while (true);
  if (previous_.kind == TokenKind::template_tail) add_text();
  return arena_.make<ast::TemplateText>(ast::Expr{ast::ExprKind::template_text, here()},
                                        arena_.take(expressions_, first));
}

// Behind a bracket that begins an expression.
const ast::Expr* Parser::list_or_map() {
  const std::size_t first = expressions_.size();
  if (match(TokenKind::colon)) {
    consume(TokenKind::right_bracket, "Expect ']' after ':' of an empty map.");
    return arena_.make<ast::MapExpr>(ast::Expr{ast::ExprKind::map, here()});
  }
  while (!check(TokenKind::right_bracket)) {
    const ast::Expr* const element = expression();
    if (expressions_.size() == first && match(TokenKind::colon)) return map(element);
    expressions_.push_back(element);
    if (!match(TokenKind::comma)) break;
  }
  consume(TokenKind::right_bracket, "Expect ']' after list elements.");
  return arena_.make<ast::ListExpr>(ast::Expr{ast::ExprKind::list, here()}, arena_.take(expressions_, first));
}

// Behind the colon of the first entry.
const ast::Expr* Parser::map(const ast::Expr* first_key) {
  const std::size_t first = expressions_.size();
  const ast::Expr* key = first_key;
  for (;;) {
    expressions_.push_back(key);
    const ast::Expr* const value = expression();
    expressions_.push_back(value);
    if (!match(TokenKind::comma) || check(TokenKind::right_bracket)) break;
    key = expression();
    consume(TokenKind::colon, "Expect ':' after map key.");
  }
  consume(TokenKind::right_bracket, "Expect ']' after map entries.");
  return arena_.make<ast::MapExpr>(ast::Expr{ast::ExprKind::map, here()}, arena_.take(expressions_, first));
}

const ast::Expr* Parser::lambda() {
  const ast::Function* const body = function(ast::FunctionKind::lambda, names_.intern("fn"));
  return arena_.make<ast::FunctionExpr>(ast::Expr{ast::ExprKind::function, here()}, body);
}

const ast::Expr* Parser::index(const ast::Expr* object, bool can_assign) {
  const std::uint64_t assignments = local_assignments_;
  const ast::Expr* const index = expression();
  consume(TokenKind::right_bracket, "Expect ']' after index.");
  const bool index_assigns = assignments != local_assignments_;
  ast::BinaryOperator op;
  if (can_assign && match(TokenKind::equal)) {
    const ast::Expr* const value = expression();
    return arena_.make<ast::SetIndex>(ast::Expr{ast::ExprKind::set_index, here()},
                                      assignments != local_assignments_, object, index, value);
  }
  if (can_assign && match_compound(op)) {
    const Position read_at = here();
    const ast::Expr* const value = expression();
    return arena_.make<ast::CompoundIndex>(ast::Expr{ast::ExprKind::compound_index, here()}, op, read_at,
                                           assignments != local_assignments_, object, index, value);
  }
  return arena_.make<ast::GetIndex>(ast::Expr{ast::ExprKind::get_index, here()}, index_assigns, object,
                                    index);
}

}  // namespace interlox::vm
