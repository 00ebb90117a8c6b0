// SPDX-License-Identifier: BSD-3-Clause
// Words that are never reserved: where they begin a statement, and where they are names.
//
// `try`, `catch`, `finally`, `import`, `in` and `is` stand where no program of Lox can have a name, so their
// place tells them. `break`, `continue` and `throw` don't: they are names wherever the program has something
// of that name. That may be declared further down, so the first of them makes a pass over all tokens.
#include <algorithm>
#include <array>

#include "vm/import.hpp"
#include "vm/parser.hpp"

namespace interlox::vm {

namespace {

constexpr std::array<std::string_view, 3> kStatementWords = {"break", "continue", "throw"};

bool is_statement_word(const Token& token) noexcept {
  return token.kind == TokenKind::identifier &&
         std::find(kStatementWords.begin(), kStatementWords.end(), token.text) != kStatementWords.end();
}

bool is_identifier(std::string_view text) {
  const Token token = Scanner(text).next();
  return token.kind == TokenKind::identifier && token.text.size() == text.size();
}

}  // namespace

// Null if none of them begins here.
const ast::Stmt* Parser::contextual_statement() {
  const std::string_view word = current_.text;
  if (word == "try") {
    if (peek().kind == TokenKind::left_brace) return try_statement();
  } else if (word == "throw") {
    if (is_throw(peek())) return throw_statement();
  } else if (word == "break" || word == "continue") {
    if (loops_ > 0 && peek().kind == TokenKind::semicolon && !is_in_use(word)) return loop_exit();
  }
  return nullptr;
}

// Whether `throw`, with `next` behind it, throws.
bool Parser::is_throw(const Token& next) {
  switch (next.kind) {
    case TokenKind::left_paren:
    case TokenKind::left_bracket:
    case TokenKind::minus:
      return !is_in_use("throw");
    default:
      return starts_operand(next.kind);
  }
}

// Whether the program, or the VM before it, has something of that name.
bool Parser::is_in_use(std::string_view word) {
  if (!knows_declared_words_) find_declared_words();
  knows_declared_words_ = true;
  return std::find(declared_words_.begin(), declared_words_.end(), word) != declared_words_.end() ||
         (global_exists_ && global_exists_(word));
}

// Finds `var NAME`, `fun NAME`, `class NAME`; the names of imports; and lists of parameters, by what stands
// before and behind them: `NAME ( ... ) {` and `fun ( ... )`. A call is not followed by a brace.
void Parser::find_declared_words() {
  Scanner scanner(source_);
  std::vector<std::string_view> words;  // of the list in parentheses that may be one of parameters
  enum class List : std::uint8_t { none, open, closed } list = List::none;
  bool of_lambda = false;
  bool in_import = false;
  const auto declare = [&] { declared_words_.insert(declared_words_.end(), words.begin(), words.end()); };
  Token before;
  for (Token token = scanner.next(); token.kind != TokenKind::end; token = scanner.next()) {
    const bool word = is_statement_word(token);
    if (is_word(before, "import") && token.kind == TokenKind::string) in_import = true;
    if (token.kind == TokenKind::semicolon) in_import = false;
    const bool declared = before.kind == TokenKind::keyword_var || before.kind == TokenKind::keyword_fun ||
                          before.kind == TokenKind::keyword_class || in_import;
    if (word && declared) declared_words_.push_back(token.text);
    if (list == List::closed) {
      if (token.kind == TokenKind::left_brace) declare();
      list = List::none;
    } else if (list == List::open) {
      if (word) words.push_back(token.text);
      if (token.kind == TokenKind::right_paren) {
        if (of_lambda) declare();
        list = of_lambda ? List::none : List::closed;
      } else if (token.kind != TokenKind::identifier && token.kind != TokenKind::comma) {
        list = List::none;
      }
    }
    if (token.kind == TokenKind::left_paren) {
      of_lambda = before.kind == TokenKind::keyword_fun;
      list = of_lambda || before.kind == TokenKind::identifier ? List::open : List::none;
      words.clear();
    }
    before = token;
  }
}

const ast::Stmt* Parser::loop_exit() {
  advance();
  const bool is_break = previous_.text == "break";
  advance();
  return arena_.make<ast::LoopExit>(ast::Stmt{ast::StmtKind::loop_exit, here()}, is_break);
}

const ast::Stmt* Parser::throw_statement() {
  advance();
  const ast::Expr* const value = expression();
  consume(TokenKind::semicolon, "Expect ';' after value.");
  return arena_.make<ast::Throw>(ast::Stmt{ast::StmtKind::throw_value, here()}, value);
}

const ast::Stmt* Parser::try_statement() {
  advance();
  advance();
  ast::Try* const result = arena_.make<ast::Try>(ast::Stmt{ast::StmtKind::try_block, here()});
  scopes_.begin_scope();
  result->body = block();
  scopes_.end_scope();
  if (is_word(current_, "catch") && peek().kind == TokenKind::left_paren) {
    advance();
    advance();
    result->catches = true;
    scopes_.begin_scope();
    const ast::Target error = parse_variable("Expect variable name.");
    define_variable(error);
    result->error = error.local;
    consume(TokenKind::right_paren, "Expect ')' after variable name.");
    consume(TokenKind::left_brace, "Expect '{' before catch block.");
    result->handler = block();
    scopes_.end_scope();
  }
  if (is_word(current_, "finally") && peek().kind == TokenKind::left_brace) {
    advance();
    advance();
    result->has_finally = true;
    scopes_.begin_scope();
    result->finally = block();
    scopes_.end_scope();
  }
  if (!result->catches && !result->has_finally) {
    error_at_current("Expect 'catch' or 'finally' after try block.");
  }
  return result;
}

// At the variable's name.
const ast::Stmt* Parser::for_in_statement() {
  advance();
  ast::Name* const name = previous_name();
  advance();
  const ast::Expr* const iterable = expression();
  const Position at = here();
  consume(TokenKind::right_paren, "Expect ')' after for clauses.");
  scopes_.begin_scope();
  ast::Local* const variable = scopes_.declare(name);
  scopes_.mark_initialized(variable);
  const ast::Stmt* const body = loop_body();
  scopes_.end_scope();
  return arena_.make<ast::ForIn>(ast::Stmt{ast::StmtKind::for_in, at}, variable, iterable, body);
}

const ast::Stmt* Parser::import_declaration() {
  advance();
  advance();
  const std::string_view path = previous_.text.substr(1, previous_.text.size() - 2);
  const Token path_token = previous_;
  const Position at = here();
  ast::Target module{nullptr, nullptr};
  bool whole = false;
  const std::size_t first = targets_.size();
  if (match(TokenKind::keyword_for)) {
    do {
      const ast::Target member = parse_variable("Expect member name.");
      define_variable(member);
      targets_.push_back(member);
    } while (match(TokenKind::comma));
  } else if (is_word(current_, "as")) {
    whole = true;
    advance();
    module = parse_variable("Expect module name.");
  } else {
    whole = true;
    const std::string_view name = module_name(path);
    if (!is_identifier(name)) error_at(path_token, "Expect 'as' after a path that ends in no identifier.");
    ast::Name* const variable = names_.intern(name);
    module = {variable, declare(variable)};
  }
  if (whole) define_variable(module);
  consume(TokenKind::semicolon, "Expect ';' after import.");
  return arena_.make<ast::Import>(ast::Stmt{ast::StmtKind::import_module, at}, path, whole, module,
                                  arena_.take(targets_, first));
}

}  // namespace interlox::vm
