// SPDX-License-Identifier: BSD-3-Clause
// From source text to a resolved syntax tree, with clox's errors in clox's order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/ast.hpp"
#include "vm/diagnostics.hpp"
#include "vm/nesting.hpp"
#include "vm/scanner.hpp"
#include "vm/scope.hpp"

namespace interlox::vm {

/// A recursive-descent parser. It consumes tokens, looks at them, declares and resolves names, and reports
/// errors in exactly the order in which the single-pass compiler of *Crafting Interpreters* does, so that
/// every cascade of errors comes out alike. (Source: clox's compiler.c, by R. Nystrom.)
///
/// Chains that grow to the left (operators, calls, properties), `and`, `or` and `else if` are loops here;
/// everything else that nests is bounded by Nesting, beyond which lies an error that ends the parse.
///
/// Words that Lox does not reserve (`try`, `in`, ...) mean something only where Lox allows no name, or where
/// the name is not in use: parser_contextual.cpp.
class Parser {
 public:
  /// Whether a global variable of that name exists before the source is run.
  using GlobalExists = std::function<bool(std::string_view)>;

  /// The arena owns the tree; `source` must outlive both. Without `global_exists` there are no globals.
  Parser(ast::Arena& arena, std::string_view source, GlobalExists global_exists = {});

  /// Parses a script, or (up to the end of the source) one expression. The tree is complete only if
  /// diagnostics() is empty. To be called once.
  const ast::Function* parse_script();
  const ast::Function* parse_single_expression();

  /// The errors, in the order of clox; their `file` is left empty.
  const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }
  /// A warning for each local variable that nothing mentions, in the order of their declarations. Parameters,
  /// loop variables of `for (var x in ...)` and names that start with `_` are meant to be allowed that.
  std::vector<Diagnostic> warnings();
  /// How many different names the tree mentions: their ids are below it.
  std::uint32_t name_count() const noexcept { return names_.size(); }

 private:
  enum class Precedence : std::uint8_t {
    none,
    assignment,
    conditional,
    range,
    logical_or,
    logical_and,
    equality,
    comparison,
    term,
    factor,
    unary,
    call
  };
  static Precedence precedence_of(TokenKind kind) noexcept;

  struct ClassScope {
    ClassScope* enclosing;
    bool has_superclass = false;
    bool in_class_member = false;  // `this` is the class
    IndexMap<ast::Name*> fields = {};
  };

  // Errors (parser_errors.cpp). watch() has warnings() look at a local variable: its name is the previous
  // token.
  void error_at(const Token& token, std::string_view message);
  Diagnostic diagnose(const Token& token, Severity severity, std::string_view text);
  void give_up(const Token& token, std::string_view why);
  void too_deep() { give_up(previous_, "Code is nested too deeply."); }
  void watch(const ast::Target& target);

  // Tokens (parser.cpp).
  void advance();
  bool check(TokenKind kind) const noexcept { return current_.kind == kind; }
  bool match(TokenKind kind);
  void consume(TokenKind kind, std::string_view message);
  void error(std::string_view message) { error_at(previous_, message); }
  void error_at_current(std::string_view message) { error_at(current_, message); }
  void synchronize();
  Token peek() const;
  bool is_word(const Token& token, std::string_view word) const noexcept {
    return token.kind == TokenKind::identifier && token.text == word;
  }
  Position here() const noexcept { return previous_.at; }

  // Names.
  ast::Name* previous_name() { return names_.intern(previous_.text); }
  ast::Reference resolve(ast::Name* name);
  ast::Local* declare_variable() { return declare(previous_name()); }
  ast::Local* declare(ast::Name* name);
  ast::Target parse_variable(std::string_view message);
  void define_variable(const ast::Target& target);

  // Declarations and statements (parser.cpp).
  const ast::Stmt* declaration();
  const ast::Stmt* class_declaration();
  const ast::Function* member();
  const ast::Stmt* function_declaration();
  const ast::Function* function(ast::FunctionKind kind, ast::Name* name);
  void parameters(ast::Function* function);
  void function_body(ast::Function* function);
  const ast::Stmt* variable_declaration();
  const ast::Stmt* statement();
  const ast::Stmt* block_statement();
  std::span<const ast::Stmt*> block();
  const ast::Stmt* print_statement();
  const ast::Stmt* if_statement();
  const ast::Stmt* while_statement();
  const ast::Stmt* for_statement();
  const ast::Stmt* return_statement();
  const ast::Stmt* expression_statement();

  // Statements that begin with a word that is not reserved (parser_contextual.cpp).
  const ast::Stmt* contextual_statement();
  bool is_in_use(std::string_view word);
  void find_declared_words();
  bool is_throw(const Token& next);
  const ast::Stmt* loop_exit();
  const ast::Stmt* throw_statement();
  const ast::Stmt* try_statement();
  const ast::Stmt* for_in_statement();
  const ast::Stmt* import_declaration();
  const ast::Stmt* loop_body();

  // Expressions (parser_expression.cpp).
  const ast::Expr* expression();
  const ast::Expr* parse_precedence(Precedence precedence);
  const ast::Expr* infix_chain(const ast::Expr* left, Precedence precedence, bool can_assign);
  const ast::Expr* prefix(bool can_assign);
  const ast::Expr* infix(const ast::Expr* left, bool can_assign);
  Precedence infix_precedence() const;
  bool match_compound(ast::BinaryOperator& op);
  const ast::Expr* variable(ast::Name* name, bool can_assign);
  const ast::Expr* number();
  const ast::Expr* grouping();
  const ast::Expr* unary();
  const ast::Expr* super();
  const ast::Expr* this_receiver();
  const ast::Expr* binary(const ast::Expr* left);
  const ast::Expr* logical(const ast::Expr* first);
  const ast::Expr* dot(const ast::Expr* object, bool can_assign);
  const ast::Expr* set_field(const ast::Expr* object, ast::Name* name);
  const ast::Expr* conditional(const ast::Expr* condition);
  const ast::Expr* nothing();
  std::span<const ast::Expr*> arguments();

  // Literals, and what is in brackets (parser_literal.cpp).
  const ast::Expr* literal(ast::LiteralKind type, std::string_view text = {});
  const ast::Expr* template_text();
  const ast::Expr* list_or_map();
  const ast::Expr* map(const ast::Expr* first_key);
  const ast::Expr* lambda();
  const ast::Expr* index(const ast::Expr* object, bool can_assign);

  ast::Arena& arena_;
  std::string_view source_;
  Scanner scanner_;
  NamePool names_;
  Scopes scopes_;
  Nesting nesting_;
  Token current_;
  Token previous_;
  bool panic_ = false;  // an error has been reported, and the parser has not found its feet since
  bool fatal_ = false;  // it has given up: nothing more is parsed or reported
  std::vector<Diagnostic> diagnostics_;
  Locator locator_;
  ast::Name* this_name_;
  ast::Name* super_name_;
  ClassScope* class_ = nullptr;
  std::uint64_t local_assignments_ = 0;  // so far; tells whether an expression contained one
  std::uint32_t loops_ = 0;              // that are open in the function

  GlobalExists global_exists_;
  bool knows_declared_words_ = false;
  std::vector<std::string_view> declared_words_;  // which of kStatementWords the source declares, anywhere

  struct Declaration {
    const ast::Local* local;
    Token token;
  };
  std::vector<Declaration> watched_;  // the locals that warnings() looks at

  // Lists being built; each nested list cuts off its own end.
  std::vector<const ast::Expr*> expressions_;
  std::vector<const ast::Stmt*> statements_;
  std::vector<const ast::Function*> methods_;
  std::vector<ast::Branch> branches_;
  std::vector<ast::Local*> parameters_;
  std::vector<ast::Target> targets_;
};

}  // namespace interlox::vm
