// SPDX-License-Identifier: BSD-3-Clause
// The syntax tree of one source text, with every name resolved. It lives in an arena that is dropped as a
// whole, and holds no reference to a collected object: the collector never looks at it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "vm/token.hpp"

namespace interlox::vm::ast {

/// Memory for the nodes of one tree: they are never freed one by one, and have no destructors.
class Arena {
 public:
  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (memory_.allocate(sizeof(T), alignof(T))) T{std::forward<Arguments>(arguments)...};
  }

  /// A copy of the elements of `from` at and above index `first`, which are then cut off.
  template <class T>
  std::span<T> take(std::vector<T>& from, std::size_t first) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t count = from.size() - first;
    if (count == 0) return {};
    T* const copy = static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_copy(from.begin() + static_cast<std::ptrdiff_t>(first), from.end(), copy);
    from.resize(first);
    return {copy, count};
  }

  /// A copy of `text` that lives as long as the nodes.
  std::string_view copy(std::string_view text) {
    char* const bytes = static_cast<char*>(memory_.allocate(text.size() + 1, 1));
    std::copy(text.begin(), text.end(), bytes);
    return {bytes, text.size()};
  }

 private:
  std::pmr::monotonic_buffer_resource memory_{16384};
};

struct Local;

/// A name that the source mentions; there is one for each spelling.
struct Name {
  std::string_view text;
  std::uint64_t hash;
  std::uint32_t id;            // from 0, without gaps
  Local* innermost = nullptr;  // while parsing: the variable that the name means now, if it is a local one
};

/// A local variable or parameter, `this`, or the superclass of a class declaration.
struct Local {
  Name* name;
  std::uint32_t function;  // how deep the function that declares it is nested
  std::int32_t depth;      // of its scope; kUninitialized until its initialiser has been parsed
  Local* shadowed;         // what the name meant before
  bool captured = false;   // by a function inside; such a variable lives in a box
  bool mentioned = false;  // by anything after its declaration: what warnings ask
  std::uint32_t reg = 0;   // set by the code generator: where it, or its box, is

  static constexpr std::int32_t kUninitialized = -1;
};

/// What a name in the source refers to: exactly one of a local variable of the same function (local is not
/// null), a captured one (upvalue, an index into the function's captures), or a global (neither).
struct Reference {
  Name* name = nullptr;
  Local* local = nullptr;
  std::int64_t upvalue = -1;

  bool is_global() const noexcept { return local == nullptr && upvalue < 0; }
};

/// A box that a function's closure holds: a variable of the function around it, or a capture of that one.
struct Capture {
  Local* local;           // null for a capture
  std::uint32_t upvalue;  // of the function around

  friend bool operator==(const Capture& a, const Capture& b) noexcept {
    return a.local == b.local && a.upvalue == b.upvalue;
  }
};

enum class ExprKind : std::uint8_t {
  literal,
  variable,
  assign,
  unary,
  binary,
  logical,
  call,
  invoke,
  get_field,
  set_field,
  get_super,
  super_invoke,
  conditional,
  function,
  template_text,
  list,
  map,
  get_index,
  set_index,
  compound_field,
  compound_index
};

/// An expression. `at` is where clox's compiler stands when it emits the operation (its last token), which
/// is the line that a run-time error of the operation names.
struct Expr {
  ExprKind kind;
  Position at;
};

enum class LiteralKind : std::uint8_t { nil, boolean_true, boolean_false, number, string };

struct Literal : Expr {
  LiteralKind type;
  double number = 0;
  std::string_view text = {};  // a string's content
};

/// A variable that is read (`this` too).
struct Variable : Expr {
  Reference variable;
};

struct Assign : Expr {
  Reference variable;
  const Expr* value;
};

enum class UnaryOperator : std::uint8_t { negate, logical_not };

struct Unary : Expr {
  UnaryOperator op;
  const Expr* operand;
};

enum class BinaryOperator : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  range,
  instance_of,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal
};

struct Binary : Expr {
  BinaryOperator op;
  bool right_assigns;  // some local variable is assigned to inside `right`
  const Expr* left;
  const Expr* right;
};

/// `a and b and c`, `a or b or c`: two or more operands.
struct Logical : Expr {
  bool is_or;
  std::span<const Expr*> operands;
};

struct Call : Expr {
  const Expr* callee;
  std::span<const Expr*> arguments;
};

struct Invoke : Expr {
  const Expr* object;
  const Name* name;
  std::span<const Expr*> arguments;
};

struct GetField : Expr {
  const Expr* object;
  const Name* name;
};

struct SetField : Expr {
  bool value_assigns;  // some local variable is assigned to inside `value`
  const Expr* object;
  const Name* name;
  const Expr* value;
};

struct GetSuper : Expr {
  Reference receiver;
  Reference superclass;
  const Name* name;
};

struct SuperInvoke : Expr {
  Reference receiver;
  Reference superclass;
  const Name* name;
  std::span<const Expr*> arguments;
};

/// `condition ? then : otherwise`.
struct ConditionalExpr : Expr {
  const Expr* condition;
  const Expr* then;
  const Expr* otherwise;
};

struct Function;

/// A function without a name of its own.
struct FunctionExpr : Expr {
  const Function* function;
};

/// A template with interpolations: text (literals) and expressions, in their order.
struct TemplateText : Expr {
  std::span<const Expr*> parts;
};

struct ListExpr : Expr {
  std::span<const Expr*> elements;
};

/// Keys and values in turn.
struct MapExpr : Expr {
  std::span<const Expr*> entries = {};
};

struct GetIndex : Expr {
  bool index_assigns;  // some local variable is assigned to inside `index`
  const Expr* object;
  const Expr* index;
};

struct SetIndex : Expr {
  bool operands_assign;  // likewise, inside `index` or `value`
  const Expr* object;
  const Expr* index;
  const Expr* value;
};

/// `object.name op= value`. (For a variable this is an Assign of a Binary.) The value is read at the
/// operator.
struct CompoundField : Expr {
  BinaryOperator op;
  Position read_at;
  bool value_assigns;
  const Expr* object;
  const Name* name;
  const Expr* value;
};

/// `object[index] op= value`.
struct CompoundIndex : Expr {
  BinaryOperator op;
  Position read_at;
  bool operands_assign;
  const Expr* object;
  const Expr* index;
  const Expr* value;
};

struct Stmt;

enum class FunctionKind : std::uint8_t {
  script,
  function,
  lambda,
  method,
  initializer,
  getter,
  class_method,
  class_getter
};

/// Whether the function is called on a class, not on its instances.
constexpr bool is_class_member(FunctionKind kind) noexcept {
  return kind == FunctionKind::class_method || kind == FunctionKind::class_getter;
}

/// A function's declaration, or the whole script.
struct Function {
  FunctionKind kind = FunctionKind::script;
  const Name* name = nullptr;  // null for a script
  Local* receiver = nullptr;   // `this`, in methods
  std::span<Local*> parameters = {};
  std::span<const Stmt*> body = {};
  std::span<Capture> captures = {};
  const Expr* value = nullptr;  // where a script or function is one expression: that, instead of a body
  Position end = {};            // its last token
};

enum class StmtKind : std::uint8_t {
  expression,
  print,
  variable,
  function,
  class_declaration,
  block,
  conditional,
  loop,
  for_in,
  return_value,
  loop_exit,
  throw_value,
  try_block,
  import_module
};

struct Stmt {
  StmtKind kind;
  Position at;
};

struct ExprStmt : Stmt {
  const Expr* expression;
};

struct Print : Stmt {
  const Expr* expression;
};

/// Where a declaration puts its value: `local`, or the global `name` if that is null.
struct Target {
  const Name* name;
  Local* local;
};

struct VariableDeclaration : Stmt {
  Target target;
  const Expr* initializer;  // null: nil
};

struct FunctionDeclaration : Stmt {
  Target target;
  const Function* function;
};

struct ClassDeclaration : Stmt {
  Target target;
  const Variable* superclass;  // null: none
  Local* super;                // the variable that holds it for the methods
  std::span<const Function*> methods;
  std::span<Name*> fields;  // the x of each `this.x =` in the methods, each once
};

struct Block : Stmt {
  std::span<const Stmt*> statements;
};

struct Branch {
  const Expr* condition;
  const Stmt* body;
};

/// An `if` with all the `else if` that follow it.
struct Conditional : Stmt {
  std::span<Branch> branches;
  const Stmt* otherwise;  // null: none
};

/// `while` and `for`. All parts but the body may be null.
struct Loop : Stmt {
  const Stmt* initializer;
  const Expr* condition;
  const Expr* increment;
  const Stmt* body;
};

struct Return : Stmt {
  const Expr* value;  // null: none
};

/// `for (var x in iterable) body`.
struct ForIn : Stmt {
  Local* variable;  // a new one each turn
  const Expr* iterable;
  const Stmt* body;
};

/// `break;` and `continue;`.
struct LoopExit : Stmt {
  bool is_break;
};

struct Throw : Stmt {
  const Expr* value;
};

struct Try : Stmt {
  std::span<const Stmt*> body = {};
  bool catches = false;
  Local* error = nullptr;  // the variable of the catch block, if there is one
  std::span<const Stmt*> handler = {};
  bool has_finally = false;
  std::span<const Stmt*> finally = {};
};

/// `import "path";`, with the variable for the module, or those for some of its members.
struct Import : Stmt {
  std::string_view path;
  bool whole;
  Target module;  // if whole
  std::span<Target> members;
};

}  // namespace interlox::vm::ast
