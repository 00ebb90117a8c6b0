// SPDX-License-Identifier: BSD-3-Clause
// From source text to a resolved syntax tree, with clox's errors in clox's order.
#pragma once

#include <cstdint>
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
class Parser {
 public:
  /// The arena owns the tree; `source` must outlive both.
  Parser(ast::Arena& arena, std::string_view source);

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
    IndexMap<ast::Name*> fields = {};
  };

  // Errors (parser_errors.cpp). watch() has warnings() look at a local variable: its name is the previous
  // token.
  void error_at(const Token& token, std::string_view message);
  Diagnostic diagnose(const Token& token, Severity severity, std::string_view text);
  void too_deep();
  void watch(const ast::Target& target);

  // Tokens (parser.cpp).
  void advance();
  bool check(TokenKind kind) const noexcept { return current_.kind == kind; }
  bool match(TokenKind kind);
  void consume(TokenKind kind, std::string_view message);
  void error(std::string_view message) { error_at(previous_, message); }
  void error_at_current(std::string_view message) { error_at(current_, message); }
  void synchronize();
  Position here() const noexcept { return previous_.at; }

  // Names.
  ast::Name* previous_name() { return names_.intern(previous_.text); }
  ast::Reference resolve(ast::Name* name);
  ast::Local* declare_variable();
  ast::Target parse_variable(std::string_view message);
  void define_variable(const ast::Target& target);

  // Declarations and statements (parser.cpp).
  const ast::Stmt* declaration();
  const ast::Stmt* class_declaration();
  const ast::Function* method();
  const ast::Stmt* function_declaration();
  const ast::Function* function(ast::FunctionKind kind);
  void parameters(ast::Function* function);
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

  // Expressions (parser_expression.cpp).
  const ast::Expr* expression();
  const ast::Expr* parse_precedence(Precedence precedence);
  const ast::Expr* infix_chain(const ast::Expr* left, Precedence precedence, bool can_assign);
  const ast::Expr* prefix(bool can_assign);
  const ast::Expr* infix(const ast::Expr* left, bool can_assign);
  const ast::Expr* variable(ast::Name* name, bool can_assign);
  const ast::Expr* number();
  const ast::Expr* grouping();
  const ast::Expr* unary();
  const ast::Expr* super();
  const ast::Expr* this_receiver();
  const ast::Expr* binary(const ast::Expr* left);
  const ast::Expr* logical(const ast::Expr* first);
  const ast::Expr* dot(const ast::Expr* object, bool can_assign);
  const ast::Expr* nothing();
  std::span<const ast::Expr*> arguments();

  ast::Arena& arena_;
  Scanner scanner_;
  NameTable names_;
  Scopes scopes_;
  Nesting nesting_;
  Token current_;
  Token previous_;
  bool panic_ = false;  // an error has been reported, and the parser has not found its feet since
  bool fatal_ = false;  // nesting was too deep: nothing more is parsed or reported
  std::vector<Diagnostic> diagnostics_;
  std::string_view source_;
  Locator locator_;
  ast::Name* this_name_;
  ast::Name* super_name_;
  ClassScope* class_ = nullptr;
  std::uint64_t local_assignments_ = 0;  // so far; tells whether an expression contained one

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
};

}  // namespace interlox::vm
