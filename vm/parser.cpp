// SPDX-License-Identifier: BSD-3-Clause
// Tokens, declarations and statements; expressions are in parser_expression.cpp, errors in parser_errors.cpp.
#include "vm/parser.hpp"

#include <utility>

namespace interlox::vm {

Parser::Parser(ast::Arena& arena, std::string_view source, GlobalExists global_exists)
    : arena_(arena),
      source_(source),
      scanner_(source),
      names_(arena),
      scopes_(arena),
      locator_(source),
      this_name_(names_.intern("this")),
      super_name_(names_.intern("super")),
      global_exists_(std::move(global_exists)) {}

const ast::Function* Parser::parse_script() {
  ast::Function* const script = arena_.make<ast::Function>();
  scopes_.enter_function(script, nullptr);
  advance();
  while (!match(TokenKind::end)) statements_.push_back(declaration());
  script->body = arena_.take(statements_, 0);
  script->end = here();
  scopes_.leave_function();
  return script;
}

const ast::Function* Parser::parse_single_expression() {
  ast::Function* const script = arena_.make<ast::Function>();
  scopes_.enter_function(script, nullptr);
  advance();
  script->value = expression();
  script->end = here();
  consume(TokenKind::end, "Expect end of expression.");
  scopes_.leave_function();
  return script;
}

void Parser::advance() {
  previous_ = current_;
  if (fatal_) return;  // current_ stays the end that give_up() made
  for (;;) {
    current_ = scanner_.next();
    if (current_.kind != TokenKind::error) return;
    error_at_current(current_.text);
    if (fatal_) return;
  }
}

// The token behind the current one; of what is no token, an error.
Token Parser::peek() const {
  Scanner ahead = scanner_;
  return ahead.next();
}

bool Parser::match(TokenKind kind) {
  if (!check(kind)) return false;
  advance();
  return true;
}

void Parser::consume(TokenKind kind, std::string_view message) {
  if (check(kind)) {
    advance();
  } else {
    error_at_current(message);
  }
}

void Parser::synchronize() {
  panic_ = false;
  while (!check(TokenKind::end)) {
    if (previous_.kind == TokenKind::semicolon) return;
    switch (current_.kind) {
      case TokenKind::keyword_class:
      case TokenKind::keyword_fun:
      case TokenKind::keyword_var:
      case TokenKind::keyword_for:
      case TokenKind::keyword_if:
      case TokenKind::keyword_while:
      case TokenKind::keyword_print:
      case TokenKind::keyword_return:
        return;
      default:
        advance();
    }
  }
}

ast::Reference Parser::resolve(ast::Name* name) {
  bool uninitialized = false;
  const ast::Reference reference = scopes_.resolve(name, uninitialized);
  if (ast::Local* const local = name->innermost) local->mentioned = true;
  if (uninitialized) error("Can't read local variable in its own initializer.");
  return reference;
}

ast::Local* Parser::declare(ast::Name* name) {
  if (scopes_.depth() == 0) return nullptr;
  if (scopes_.is_declared_here(name)) error("Already a variable with this name in this scope.");
  return scopes_.declare(name);
}

ast::Target Parser::parse_variable(std::string_view message) {
  consume(TokenKind::identifier, message);
  ast::Name* const name = previous_name();
  return {name, declare_variable()};
}

void Parser::define_variable(const ast::Target& target) {
  if (target.local != nullptr) scopes_.mark_initialized(target.local);
}

const ast::Stmt* Parser::declaration() {
  const ast::Stmt* result;
  if (match(TokenKind::keyword_class)) {
    result = class_declaration();
  } else if (match(TokenKind::keyword_fun)) {
    result = function_declaration();
  } else if (match(TokenKind::keyword_var)) {
    result = variable_declaration();
  } else if (is_word(current_, "import") && peek().kind == TokenKind::string) {
    result = import_declaration();
  } else {
    result = statement();
  }
  if (panic_) synchronize();
  return result;
}

const ast::Stmt* Parser::class_declaration() {
  consume(TokenKind::identifier, "Expect class name.");
  const Position at = here();
  ast::Name* const name = previous_name();
  const ast::Target target{name, declare_variable()};
  watch(target);
  define_variable(target);

  ClassScope scope{class_};
  class_ = &scope;
  const ast::Variable* superclass = nullptr;
  ast::Local* super = nullptr;
  if (match(TokenKind::less)) {
    consume(TokenKind::identifier, "Expect superclass name.");
    ast::Name* const super_name = previous_name();
    superclass = arena_.make<ast::Variable>(ast::Expr{ast::ExprKind::variable, here()}, resolve(super_name));
    if (super_name == name) error("A class can't inherit from itself.");
    scopes_.begin_scope();
    super = scopes_.declare(super_name_);
    scopes_.mark_initialized(super);
    scope.has_superclass = true;
  }
  consume(TokenKind::left_brace, "Expect '{' before class body.");
  const std::size_t first = methods_.size();
  while (!check(TokenKind::right_brace) && !check(TokenKind::end)) {
    const ast::Function* const function = member();
    methods_.push_back(function);
  }
  consume(TokenKind::right_brace, "Expect '}' after class body.");
  if (super != nullptr) scopes_.end_scope();
  class_ = scope.enclosing;

  std::vector<ast::Name*> fields = scope.fields.keys();
  return arena_.make<ast::ClassDeclaration>(ast::Stmt{ast::StmtKind::class_declaration, at}, target,
                                            superclass, super, arena_.take(methods_, first),
                                            arena_.take(fields, 0));
}

const ast::Function* Parser::member() {
  const bool of_class = match(TokenKind::keyword_class);
  consume(TokenKind::identifier, "Expect method name.");
  ast::Name* const name = previous_name();
  class_->in_class_member = of_class;
  if (check(TokenKind::left_brace)) {
    if (!of_class && name->text == "init") error("Can't make an initializer a getter.");
    return function(of_class ? ast::FunctionKind::class_getter : ast::FunctionKind::getter, name);
  }
  if (of_class) return function(ast::FunctionKind::class_method, name);
  return function(name->text == "init" ? ast::FunctionKind::initializer : ast::FunctionKind::method, name);
}

const ast::Stmt* Parser::function_declaration() {
  const ast::Target target = parse_variable("Expect function name.");
  watch(target);
  define_variable(target);  // before the body, so that the function can call itself
  const ast::Function* const body = function(ast::FunctionKind::function, previous_name());
  return arena_.make<ast::FunctionDeclaration>(ast::Stmt{ast::StmtKind::function, here()}, target, body);
}

// From behind the function's name on.
const ast::Function* Parser::function(ast::FunctionKind kind, ast::Name* name) {
  using Kind = ast::FunctionKind;
  ast::Function* const result = arena_.make<ast::Function>(kind, name);
  Nesting::Level level(nesting_);
  if (!level.fits()) {
    too_deep();
    return result;
  }
  const std::uint32_t loops = std::exchange(loops_, 0);
  scopes_.enter_function(result, kind == Kind::function || kind == Kind::lambda ? nullptr : this_name_);
  scopes_.begin_scope();
  if (kind != Kind::getter && kind != Kind::class_getter) {
    consume(TokenKind::left_paren, "Expect '(' after function name.");
    parameters(result);
    consume(TokenKind::right_paren, "Expect ')' after parameters.");
  }
  function_body(result);
  result->end = here();
  scopes_.leave_function();
  loops_ = loops;
  return result;
}

void Parser::function_body(ast::Function* function) {
  // `=>` is no token, since `=` followed by `>` is two everywhere else.
  if (function->kind == ast::FunctionKind::lambda && check(TokenKind::equal)) {
    const Token next = peek();
    if (next.kind == TokenKind::greater && next.offset == current_.offset + 1) {
      advance();
      advance();
      function->value = expression();
      return;
    }
  }
  consume(TokenKind::left_brace, "Expect '{' before function body.");
  function->body = block();
}

void Parser::parameters(ast::Function* function) {
  if (check(TokenKind::right_paren)) return;
  const std::size_t first = parameters_.size();
  do {
    if (parameters_.size() - first >= 255) error_at_current("Can't have more than 255 parameters.");
    const ast::Target parameter = parse_variable("Expect parameter name.");
    define_variable(parameter);
    parameters_.push_back(parameter.local);
  } while (match(TokenKind::comma));
  function->parameters = arena_.take(parameters_, first);
}

const ast::Stmt* Parser::variable_declaration() {
  const ast::Target target = parse_variable("Expect variable name.");
  watch(target);
  const ast::Expr* const initializer = match(TokenKind::equal) ? expression() : nullptr;
  consume(TokenKind::semicolon, "Expect ';' after variable declaration.");
  define_variable(target);
  return arena_.make<ast::VariableDeclaration>(ast::Stmt{ast::StmtKind::variable, here()}, target,
                                               initializer);
}

const ast::Stmt* Parser::statement() {
  Nesting::Level level(nesting_);
  if (!level.fits()) {
    too_deep();
    return arena_.make<ast::Block>(ast::Stmt{ast::StmtKind::block, here()}, std::span<const ast::Stmt*>());
  }
  if (match(TokenKind::keyword_print)) return print_statement();
  if (match(TokenKind::keyword_for)) return for_statement();
  if (match(TokenKind::keyword_if)) return if_statement();
  if (match(TokenKind::keyword_return)) return return_statement();
  if (match(TokenKind::keyword_while)) return while_statement();
  if (match(TokenKind::left_brace)) return block_statement();
  if (check(TokenKind::identifier)) {
    if (const ast::Stmt* const special = contextual_statement()) return special;
  }
  return expression_statement();
}

const ast::Stmt* Parser::block_statement() {
  scopes_.begin_scope();
  const std::span<const ast::Stmt*> body = block();
  scopes_.end_scope();
  return arena_.make<ast::Block>(ast::Stmt{ast::StmtKind::block, here()}, body);
}

std::span<const ast::Stmt*> Parser::block() {
  const std::size_t first = statements_.size();
  while (!check(TokenKind::right_brace) && !check(TokenKind::end)) {
    const ast::Stmt* const next = declaration();
    statements_.push_back(next);
  }
  consume(TokenKind::right_brace, "Expect '}' after block.");
  return arena_.take(statements_, first);
}

const ast::Stmt* Parser::print_statement() {
  const ast::Expr* const value = expression();
  consume(TokenKind::semicolon, "Expect ';' after value.");
  return arena_.make<ast::Print>(ast::Stmt{ast::StmtKind::print, here()}, value);
}

const ast::Stmt* Parser::if_statement() {
  const Position at = here();
  const std::size_t first = branches_.size();
  const ast::Stmt* otherwise = nullptr;
  for (;;) {
    consume(TokenKind::left_paren, "Expect '(' after 'if'.");
    const ast::Expr* const condition = expression();
    consume(TokenKind::right_paren, "Expect ')' after condition.");
    const ast::Stmt* const body = statement();
    branches_.push_back({condition, body});
    if (!match(TokenKind::keyword_else)) break;
    if (match(TokenKind::keyword_if)) continue;  // an `else if` is the next branch: chains may be long
    otherwise = statement();
    break;
  }
  return arena_.make<ast::Conditional>(ast::Stmt{ast::StmtKind::conditional, at},
                                       arena_.take(branches_, first), otherwise);
}

const ast::Stmt* Parser::loop_body() {
  ++loops_;
  const ast::Stmt* const body = statement();
  --loops_;
  return body;
}

const ast::Stmt* Parser::while_statement() {
  const Position at = here();
  consume(TokenKind::left_paren, "Expect '(' after 'while'.");
  const ast::Expr* const condition = expression();
  consume(TokenKind::right_paren, "Expect ')' after condition.");
  const ast::Stmt* const body = loop_body();
  return arena_.make<ast::Loop>(ast::Stmt{ast::StmtKind::loop, at}, nullptr, condition, nullptr, body);
}

const ast::Stmt* Parser::for_statement() {
  const Position at = here();
  const ast::Stmt* initializer = nullptr;
  const ast::Expr* condition = nullptr;
  const ast::Expr* increment = nullptr;
  scopes_.begin_scope();
  consume(TokenKind::left_paren, "Expect '(' after 'for'.");
  if (match(TokenKind::keyword_var)) {
    if (check(TokenKind::identifier) && is_word(peek(), "in")) {
      scopes_.end_scope();
      return for_in_statement();
    }
    initializer = variable_declaration();
  } else if (!match(TokenKind::semicolon)) {
    initializer = expression_statement();
  }
  if (!match(TokenKind::semicolon)) {
    condition = expression();
    consume(TokenKind::semicolon, "Expect ';' after loop condition.");
  }
  if (!match(TokenKind::right_paren)) {
    increment = expression();
    consume(TokenKind::right_paren, "Expect ')' after for clauses.");
  }
  const ast::Stmt* const body = loop_body();
  scopes_.end_scope();
  return arena_.make<ast::Loop>(ast::Stmt{ast::StmtKind::loop, at}, initializer, condition, increment, body);
}

const ast::Stmt* Parser::return_statement() {
  const ast::FunctionKind kind = scopes_.function()->kind;
  if (kind == ast::FunctionKind::script) error("Can't return from top-level code.");
  const ast::Expr* value = nullptr;
  if (!match(TokenKind::semicolon)) {
    if (kind == ast::FunctionKind::initializer) error("Can't return a value from an initializer.");
    value = expression();
    consume(TokenKind::semicolon, "Expect ';' after return value.");
  }
  return arena_.make<ast::Return>(ast::Stmt{ast::StmtKind::return_value, here()}, value);
}

const ast::Stmt* Parser::expression_statement() {
  const ast::Expr* const value = expression();
  consume(TokenKind::semicolon, "Expect ';' after expression.");
  return arena_.make<ast::ExprStmt>(ast::Stmt{ast::StmtKind::expression, here()}, value);
}

}  // namespace interlox::vm
