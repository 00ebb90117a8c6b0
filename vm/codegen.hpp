// SPDX-License-Identifier: BSD-3-Clause
// From the syntax tree to register code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "gc/root.hpp"
#include "vm/ast.hpp"
#include "vm/chunk.hpp"
#include "vm/module.hpp"
#include "vm/nesting.hpp"

namespace interlox::vm {

/// Generates the code of `script`, a tree without errors whose names have ids below `name_count`, for the
/// globals of `module`. Throws CodeLimit if a function does not fit the instruction format, gc::OutOfMemory.
const Function* generate(Module& module, const ast::Function& script, std::string_view source_name,
                         std::uint32_t name_count, const CodeLimits& limits = {});

/// What the functions of one source text share. Lives on a stack: it holds collected references.
struct CodegenContext {
  Module& module;
  const String* source_name;  // null: the source has none
  CodeLimits limits;
  Nesting nesting;
  gc::RootVector<const Symbol*> symbols;       // by the names' ids; null until one is needed
  std::vector<std::unique_ptr<Chunk>> chunks;  // one for each depth of nested functions, used again
  std::size_t functions = 0;                   // how many are being generated, one inside the other

  const Symbol* symbol(const ast::Name* name);
};

/// Generates one function.
///
/// Registers are used as a stack: R[0] and the parameters, then the local variables in scope, then
/// temporaries. What is above next_ is free. An uncaptured variable is used in its own register; a captured
/// one's register holds its box.
class FunctionGenerator {
 public:
  FunctionGenerator(CodegenContext& context, const ast::Function& function);
  ~FunctionGenerator();
  FunctionGenerator(const FunctionGenerator&) = delete;
  FunctionGenerator& operator=(const FunctionGenerator&) = delete;

  /// The finished function. To be called once.
  Function* run();

 private:
  using Register = std::uint32_t;

  /// Where an expression's value is to go.
  struct Destination {
    Register reg;
    // The register is no variable that the expression could read before its last instruction: it may be
    // written to more than once. (Nor may a failed assignment change its variable.)
    bool fresh;
  };

  /// A value in a register.
  struct Operand {
    Register reg;
    bool is_variable;  // the register is a local variable's own: an assignment changes it
  };

  /// A statement around the one being generated that a jump out of it has to take into account.
  struct Enclosing {
    Enclosing* outer;
    bool is_loop;
    JumpList breaks = {};     // of a loop
    JumpList continues = {};  // likewise
    // Of a try with a finally block: those who leave it put into `completion` how they go on after the
    // block, and jump there. The next two registers hold what is returned, or what was thrown and its trace.
    Register completion = 0;
    JumpList entries = {};
    std::vector<const ast::Stmt*> exits = {};  // completion is kFirstExit + the index of one of these
  };
  static constexpr int kNormal = 0;  // completions
  static constexpr int kThrown = 1;
  static constexpr int kFirstExit = 2;

  /// The state of a walk up a left spine; see spine().
  struct Walk {
    Destination destination;
    bool discard;                  // nobody wants the value
    bool has_accumulator = false;  // accumulator is the topmost register in use
    Register accumulator = 0;
    const ast::Literal* literal = nullptr;  // the value so far, if that is a literal not loaded yet
    Operand value = {};                     // otherwise
  };

  // Functions and statements (codegen.cpp).
  void body();
  void box_parameters();
  void statements(std::span<const ast::Stmt*> list);
  void block(std::span<const ast::Stmt*> list);
  void statement(const ast::Stmt* statement);
  void variable_declaration(const ast::VariableDeclaration& declaration);
  void function_declaration(const ast::FunctionDeclaration& declaration);
  void class_declaration(const ast::ClassDeclaration& declaration);
  void methods(const ast::ClassDeclaration& declaration, Register klass);
  void conditional(const ast::Conditional& conditional);
  void implicit_return(Position at);
  void make_closure(const ast::Function& function, Register destination, Position at);
  Value class_template(const ast::ClassDeclaration& declaration);

  // Loops, and whatever leaves statements early (codegen_control.cpp).
  void loop(const ast::Loop& loop);
  void for_in(const ast::ForIn& loop);
  void next_by_methods(Register iteration, Position at, JumpList& again, JumpList& end);
  void loop_exit(const ast::LoopExit& exit);
  void return_value(const ast::Return& statement);
  void return_operand(const ast::Return& statement);
  void return_again(const ast::Return& statement, Register value);
  void leave_through_finally(const ast::Stmt* exit, Position at);
  void throw_value(const ast::Throw& statement);
  void try_block(const ast::Try& statement);
  void try_catch(const ast::Try& statement);
  void finally_block(const ast::Try& statement, const Enclosing& enclosing);
  void load_number(Register destination, int number, Position at);
  void import_module(const ast::Import& import);
  void define(const ast::Target& target, Register value, Position at);

  // Expressions (codegen_expression.cpp).
  void to(const ast::Expr* expression, Destination destination);
  void effect(const ast::Expr* expression);
  Operand operand(const ast::Expr* expression);
  Register temporary_copy(const ast::Expr* expression);
  void load(const ast::Reference& variable, Register destination, Position at);
  void literal(const ast::Literal& literal, Register destination);
  void assign(const ast::Assign& assign, const Destination* destination);
  void store(const ast::Reference& variable, Register value, Position at);
  void logical_value(const ast::Logical& logical, Destination destination);
  void unary(const ast::Unary& unary, Destination destination);
  void get_super(const ast::GetSuper& get, Destination destination);
  void super_invoke(const ast::SuperInvoke& invoke, Destination destination);
  void arguments(std::span<const ast::Expr*> list);
  const ast::Literal* as_constant(const ast::Expr* expression, bool numbers_only) const;

  // Literals with parts, brackets, compound assignments (codegen_literal.cpp).
  void conditional_value(const ast::ConditionalExpr& conditional, Destination destination);
  void template_text(const ast::TemplateText& text, Destination destination);
  void list(const ast::ListExpr& list, Destination destination);
  void map(const ast::MapExpr& map, Destination destination);
  Register collection_base(const ast::Expr& expression, Destination destination);
  void get_index(const ast::GetIndex& get, Walk& walk, bool last);
  void set_index(const ast::SetIndex& set, Walk& walk, bool last);
  void compound_field(const ast::CompoundField& compound, Walk& walk, bool last);
  void compound_index(const ast::CompoundIndex& compound, Walk& walk, bool last);
  void apply(ast::BinaryOperator op, Register target, const ast::Expr* value, Position at);
  Register index_operand(const ast::Expr* index, bool assigned_later);
  void assignment_result(Walk& walk, Register value, bool last, Position at);

  // Left spines (codegen_spine.cpp).
  void spine(const ast::Expr* expression, Destination destination, bool discard);
  void spine_leaf(const ast::Expr* leaf, Walk& walk);
  Register accumulator(Walk& walk);
  Register into_accumulator(Walk& walk, Position at);
  Register spine_target(Walk& walk, bool last);
  void binary(const ast::Binary& binary, Walk& walk, bool last, bool negated);
  void binary_values(ast::BinaryOperator op, Position at, Register target, Register left, Register right,
                     bool negated);
  bool binary_constant(const ast::Binary& binary, Walk& walk, bool last, bool negated);
  void call(const ast::Call& call, Walk& walk, bool last);
  void invoke(const ast::Invoke& invoke, Walk& walk, bool last);
  void call_result(Walk& walk, Register result, bool last, Position at);
  void set_field(const ast::SetField& set, Walk& walk, bool last);

  // Conditions (codegen_condition.cpp).
  void jump_if(const ast::Expr* condition, bool when, JumpList& list);
  void jump_if_logical(const ast::Logical& logical, bool when, JumpList& list);
  bool jump_if_compared(const ast::Binary& binary, bool when, JumpList& list);
  bool jump_if_compared_constant(const ast::Binary& binary, bool when, JumpList& list);
  void compare_and_jump(Opcode op, std::uint32_t a, std::uint32_t b, Position at, JumpList& list);

  // Registers and instructions.
  Register allocate(Position at);
  void free_down_to(Register first) noexcept { next_ = first; }
  void emit(Opcode op, std::uint32_t a, std::uint32_t b, std::uint32_t c, Position at) {
    chunk_.emit(encode(op, a, b, c), at);
  }
  void emit_bx(Opcode op, std::uint32_t a, std::int64_t bx, Position at) {
    chunk_.emit(encode_bx(op, a, bx), at);
  }
  void emit_move(Register destination, Register source, Position at);
  void emit_jump(Opcode op, Register a, Position at, JumpList& list);
  void patch_here(JumpList& list) { chunk_.patch_here(list, context_.limits); }
  std::uint32_t cache(const ast::Name* name, Position at) { return chunk_.cache(context_.symbol(name), at); }
  std::uint32_t constant_of(const ast::Literal& literal);
  std::int64_t global(const ast::Name* name);

  CodegenContext& context_;
  const ast::Function& function_;
  Chunk& chunk_;
  Register next_ = 0;
  Register registers_ = 1;
  Enclosing* enclosing_ = nullptr;  // the innermost
  bool long_jumps_ = false;  // a fused jump was out of reach: all of them are written as two instructions
};

}  // namespace interlox::vm
