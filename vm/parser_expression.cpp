// SPDX-License-Identifier: BSD-3-Clause
// The parser's expressions: operator precedence as clox has it, with loops for what grows to the left.
#include "vm/parser.hpp"

namespace interlox::vm {

namespace {

ast::BinaryOperator binary_operator(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::minus:
      return ast::BinaryOperator::subtract;
    case TokenKind::star:
      return ast::BinaryOperator::multiply;
    case TokenKind::slash:
      return ast::BinaryOperator::divide;
    case TokenKind::percent:
      return ast::BinaryOperator::modulo;
    case TokenKind::dot_dot:
      return ast::BinaryOperator::range;
    case TokenKind::identifier:  // `is`
      return ast::BinaryOperator::instance_of;
    case TokenKind::equal_equal:
      return ast::BinaryOperator::equal;
    case TokenKind::bang_equal:
      return ast::BinaryOperator::not_equal;
    case TokenKind::less:
      return ast::BinaryOperator::less;
    case TokenKind::less_equal:
      return ast::BinaryOperator::less_equal;
    case TokenKind::greater:
      return ast::BinaryOperator::greater;
    case TokenKind::greater_equal:
      return ast::BinaryOperator::greater_equal;
    default:
      return ast::BinaryOperator::add;
  }
}

}  // namespace

Parser::Precedence Parser::precedence_of(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::question:
      return Precedence::conditional;
    case TokenKind::dot_dot:
      return Precedence::range;
    case TokenKind::keyword_or:
      return Precedence::logical_or;
    case TokenKind::keyword_and:
      return Precedence::logical_and;
    case TokenKind::equal_equal:
    case TokenKind::bang_equal:
      return Precedence::equality;
    case TokenKind::less:
    case TokenKind::less_equal:
    case TokenKind::greater:
    case TokenKind::greater_equal:
    case TokenKind::identifier:  // `is`: infix_precedence() lets no other identifier get here
      return Precedence::comparison;
    case TokenKind::plus:
    case TokenKind::minus:
      return Precedence::term;
    case TokenKind::star:
    case TokenKind::slash:
    case TokenKind::percent:
      return Precedence::factor;
    case TokenKind::left_paren:
    case TokenKind::left_bracket:
    case TokenKind::dot:
      return Precedence::call;
    default:
      return Precedence::none;
  }
}

// `is` is an operator between two operands, on the line of the first; elsewhere it is a name.
Parser::Precedence Parser::infix_precedence() const {
  if (current_.kind != TokenKind::identifier) return precedence_of(current_.kind);
  if (current_.text != "is" || current_.at.line != previous_.at.line) return Precedence::none;
  const TokenKind next = peek().kind;
  const bool operand = starts_operand(next) || next == TokenKind::left_paren ||
                       next == TokenKind::left_bracket || next == TokenKind::minus;
  return operand ? precedence_of(current_.kind) : Precedence::none;
}

const ast::Expr* Parser::nothing() {
  return arena_.make<ast::Literal>(ast::Expr{ast::ExprKind::literal, here()}, ast::LiteralKind::nil);
}

const ast::Expr* Parser::expression() { return parse_precedence(Precedence::assignment); }

const ast::Expr* Parser::parse_precedence(Precedence precedence) {
  advance();
  Nesting::Level level(nesting_);
  if (!level.fits()) {
    too_deep();
    return nothing();
  }
  const bool can_assign = precedence <= Precedence::assignment;
  const ast::Expr* const first = prefix(can_assign);
  if (first == nullptr) {
    error("Expect expression.");
    return nothing();
  }
  const ast::Expr* const result = infix_chain(first, precedence, can_assign);
  ast::BinaryOperator op;
  if (can_assign && (match(TokenKind::equal) || match_compound(op))) error("Invalid assignment target.");
  return result;
}

const ast::Expr* Parser::infix_chain(const ast::Expr* left, Precedence precedence, bool can_assign) {
  while (precedence <= infix_precedence()) {
    advance();
    left = infix(left, can_assign);
  }
  return left;
}

// Null if no expression starts with the previous token.
const ast::Expr* Parser::prefix(bool can_assign) {
  switch (previous_.kind) {
    case TokenKind::left_paren:
      return grouping();
    case TokenKind::minus:
    case TokenKind::bang:
      return unary();
    case TokenKind::identifier:
      return variable(previous_name(), can_assign);
    case TokenKind::string:
      return literal(ast::LiteralKind::string, previous_.text.substr(1, previous_.text.size() - 2));
    case TokenKind::number:
      return number();
    case TokenKind::template_whole:
      return literal(ast::LiteralKind::string, arena_.copy(vm::template_text(previous_)));
    case TokenKind::template_head:
      return template_text();
    case TokenKind::left_bracket:
      return list_or_map();
    case TokenKind::keyword_fun:
      return check(TokenKind::left_paren) ? lambda() : nullptr;
    case TokenKind::keyword_false:
      return literal(ast::LiteralKind::boolean_false);
    case TokenKind::keyword_nil:
      return literal(ast::LiteralKind::nil);
    case TokenKind::keyword_true:
      return literal(ast::LiteralKind::boolean_true);
    case TokenKind::keyword_super:
      return super();
    case TokenKind::keyword_this:
      return this_receiver();
    default:
      return nullptr;
  }
}

const ast::Expr* Parser::infix(const ast::Expr* left, bool can_assign) {
  switch (previous_.kind) {
    case TokenKind::left_paren: {
      const std::span<const ast::Expr*> list = arguments();
      return arena_.make<ast::Call>(ast::Expr{ast::ExprKind::call, here()}, left, list);
    }
    case TokenKind::dot:
      return dot(left, can_assign);
    case TokenKind::left_bracket:
      return index(left, can_assign);
    case TokenKind::question:
      return conditional(left);
    case TokenKind::keyword_and:
    case TokenKind::keyword_or:
      return logical(left);
    default:
      return binary(left);
  }
}

// Whether the current token is `op=`: then it is consumed.
bool Parser::match_compound(ast::BinaryOperator& op) {
  switch (current_.kind) {
    case TokenKind::plus_equal:
      op = ast::BinaryOperator::add;
      break;
    case TokenKind::minus_equal:
      op = ast::BinaryOperator::subtract;
      break;
    case TokenKind::star_equal:
      op = ast::BinaryOperator::multiply;
      break;
    case TokenKind::slash_equal:
      op = ast::BinaryOperator::divide;
      break;
    case TokenKind::percent_equal:
      op = ast::BinaryOperator::modulo;
      break;
    default:
      return false;
  }
  advance();
  return true;
}

const ast::Expr* Parser::variable(ast::Name* name, bool can_assign) {
  const ast::Reference reference = resolve(name);
  const ast::Expr* const read =
      arena_.make<ast::Variable>(ast::Expr{ast::ExprKind::variable, here()}, reference);
  if (!can_assign) return read;
  ast::BinaryOperator op;
  const ast::Expr* value;
  if (match(TokenKind::equal)) {
    value = expression();
  } else if (match_compound(op)) {
    const std::uint64_t assignments = local_assignments_;
    const ast::Expr* const right = expression();
    value = arena_.make<ast::Binary>(ast::Expr{ast::ExprKind::binary, here()}, op,
                                     assignments != local_assignments_, read, right);
  } else {
    return read;
  }
  if (reference.local != nullptr) ++local_assignments_;
  return arena_.make<ast::Assign>(ast::Expr{ast::ExprKind::assign, here()}, reference, value);
}

const ast::Expr* Parser::grouping() {
  const ast::Expr* const inner = expression();
  consume(TokenKind::right_paren, "Expect ')' after expression.");
  return inner;
}

const ast::Expr* Parser::unary() {
  const bool negate = previous_.kind == TokenKind::minus;
  const ast::Expr* const operand = parse_precedence(Precedence::unary);
  if (negate && operand->kind == ast::ExprKind::literal) {
    const auto& literal = static_cast<const ast::Literal&>(*operand);
    if (literal.type == ast::LiteralKind::number) {  // a negative constant
      return arena_.make<ast::Literal>(ast::Expr{ast::ExprKind::literal, here()}, ast::LiteralKind::number,
                                       -literal.number);
    }
  }
  return arena_.make<ast::Unary>(ast::Expr{ast::ExprKind::unary, here()},
                                 negate ? ast::UnaryOperator::negate : ast::UnaryOperator::logical_not,
                                 operand);
}

const ast::Expr* Parser::super() {
  if (class_ == nullptr) {
    error("Can't use 'super' outside of a class.");
  } else if (!class_->has_superclass) {
    error("Can't use 'super' in a class with no superclass.");
  }
  consume(TokenKind::dot, "Expect '.' after 'super'.");
  consume(TokenKind::identifier, "Expect superclass method name.");
  const Position at = here();
  const ast::Name* const name = previous_name();
  const ast::Reference receiver = resolve(this_name_);
  if (match(TokenKind::left_paren)) {
    const std::span<const ast::Expr*> list = arguments();
    return arena_.make<ast::SuperInvoke>(ast::Expr{ast::ExprKind::super_invoke, here()}, receiver,
                                         resolve(super_name_), name, list);
  }
  return arena_.make<ast::GetSuper>(ast::Expr{ast::ExprKind::get_super, at}, receiver, resolve(super_name_),
                                    name);
}

const ast::Expr* Parser::this_receiver() {
  if (class_ == nullptr) {
    error("Can't use 'this' outside of a class.");
    return nothing();
  }
  return variable(this_name_, false);
}

const ast::Expr* Parser::conditional(const ast::Expr* condition) {
  const ast::Expr* const then = expression();
  consume(TokenKind::colon, "Expect ':' after then branch of conditional expression.");
  const ast::Expr* const otherwise = parse_precedence(Precedence::conditional);
  return arena_.make<ast::ConditionalExpr>(ast::Expr{ast::ExprKind::conditional, here()}, condition, then,
                                           otherwise);
}

const ast::Expr* Parser::binary(const ast::Expr* left) {
  const TokenKind token = previous_.kind;
  const std::uint64_t assignments = local_assignments_;
  const auto next = static_cast<Precedence>(static_cast<int>(precedence_of(token)) + 1);
  const ast::Expr* const right = parse_precedence(next);
  if (token == TokenKind::dot_dot && check(TokenKind::dot_dot)) {
    error_at_current("A range can't be a bound of another.");
  }
  return arena_.make<ast::Binary>(ast::Expr{ast::ExprKind::binary, here()}, binary_operator(token),
                                  assignments != local_assignments_, left, right);
}

// clox parses `a or b or c` as `a or (b or c)`, each operand inside the one before. That the operands come
// out as one list must not show: after an operand that is missing, clox's innermost call returns at once, and
// the one around it goes on. Only the first operand's has none around it but the caller.
const ast::Expr* Parser::logical(const ast::Expr* first) {
  const TokenKind token = previous_.kind;
  const auto next = static_cast<Precedence>(static_cast<int>(precedence_of(token)) + 1);
  const std::size_t begin = expressions_.size();
  expressions_.push_back(first);
  do {
    advance();
    const ast::Expr* operand = nullptr;
    Nesting::Level level(nesting_);
    if (level.fits()) {
      operand = prefix(false);
      if (operand == nullptr) error("Expect expression.");
    } else {
      too_deep();
    }
    if (operand == nullptr) {
      operand = nothing();
      if (expressions_.size() == begin + 1) {
        expressions_.push_back(operand);
        break;
      }
    }
    operand = infix_chain(operand, next, false);
    expressions_.push_back(operand);
  } while (match(token));
  return arena_.make<ast::Logical>(ast::Expr{ast::ExprKind::logical, here()}, token == TokenKind::keyword_or,
                                   arena_.take(expressions_, begin));
}

const ast::Expr* Parser::dot(const ast::Expr* object, bool can_assign) {
  consume(TokenKind::identifier, "Expect property name after '.'.");
  const Position at = here();
  ast::Name* const name = previous_name();
  if (can_assign) {
    if (const ast::Expr* const assignment = set_field(object, name)) return assignment;
  }
  if (match(TokenKind::left_paren)) {
    const std::span<const ast::Expr*> list = arguments();
    return arena_.make<ast::Invoke>(ast::Expr{ast::ExprKind::invoke, here()}, object, name, list);
  }
  return arena_.make<ast::GetField>(ast::Expr{ast::ExprKind::get_field, at}, object, name);
}

// Null if no assignment follows.
const ast::Expr* Parser::set_field(const ast::Expr* object, ast::Name* name) {
  ast::BinaryOperator op;
  const bool plain = match(TokenKind::equal);
  if (!plain && !match_compound(op)) return nullptr;
  const Position read_at = here();
  const std::uint64_t assignments = local_assignments_;
  const ast::Expr* const value = expression();
  const bool assigns = assignments != local_assignments_;
  if (!plain) {
    return arena_.make<ast::CompoundField>(ast::Expr{ast::ExprKind::compound_field, here()}, op, read_at,
                                           assigns, object, name, value);
  }
  if (class_ != nullptr && !class_->in_class_member && object->kind == ast::ExprKind::variable &&
      static_cast<const ast::Variable*>(object)->variable.name == this_name_) {
    class_->fields.add(name);
  }
  return arena_.make<ast::SetField>(ast::Expr{ast::ExprKind::set_field, here()}, assigns, object, name,
                                    value);
}

std::span<const ast::Expr*> Parser::arguments() {
  const std::size_t first = expressions_.size();
  if (!check(TokenKind::right_paren)) {
    do {
      const ast::Expr* const argument = expression();
      if (expressions_.size() - first >= 255) error("Can't have more than 255 arguments.");
      expressions_.push_back(argument);
    } while (match(TokenKind::comma));
  }
  consume(TokenKind::right_paren, "Expect ')' after arguments.");
  return arena_.take(expressions_, first);
}

}  // namespace interlox::vm
