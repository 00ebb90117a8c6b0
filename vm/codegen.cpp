// SPDX-License-Identifier: BSD-3-Clause
// Functions and statements.
#include "vm/codegen.hpp"

#include <algorithm>
#include <new>

#include "gc/heap.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::vm {

const Function* generate(Module& module, const ast::Function& script, std::string_view source_name,
                         std::uint32_t name_count, const CodeLimits& limits) {
  CodegenContext context{module, source_name.empty() ? nullptr : String::make(source_name), limits, {}, {},
                         {}};
  context.symbols.resize(name_count, nullptr);
  const Function* const code = FunctionGenerator(context, script).run();
  mark_declared(*code);
  return code;
}

const Symbol* CodegenContext::symbol(const ast::Name* name) {
  const Symbol*& symbol = symbols[name->id];
  if (symbol == nullptr) symbol = intern(name->text);
  return symbol;
}

namespace {

Chunk& chunk_for(CodegenContext& context) {
  if (context.functions == context.chunks.size()) context.chunks.push_back(std::make_unique<Chunk>());
  return *context.chunks[context.functions++];
}

FunctionRole role_of(ast::FunctionKind kind) noexcept {
  switch (kind) {
    case ast::FunctionKind::lambda:
      return FunctionRole::lambda;
    case ast::FunctionKind::getter:
    case ast::FunctionKind::class_getter:
      return FunctionRole::getter;
    default:
      return FunctionRole::plain;
  }
}

}  // namespace

FunctionGenerator::FunctionGenerator(CodegenContext& context, const ast::Function& function)
    : context_(context), function_(function), chunk_(chunk_for(context)) {}

FunctionGenerator::~FunctionGenerator() { --context_.functions; }

Function* FunctionGenerator::run() {
  chunk_.clear();
  body();
  if (chunk_.out_of_reach()) {
    long_jumps_ = true;
    chunk_.clear();
    body();
  }
  Function* const result = new (gc::allocate(sizeof(Function))) Function(role_of(function_.kind));
  const auto arity = static_cast<std::uint32_t>(function_.parameters.size());
  result->set_frame({arity}, registers_);
  result->name = function_.name != nullptr ? context_.symbol(function_.name) : nullptr;
  result->module = &context_.module;
  result->source_name = context_.source_name;
  chunk_.finish(*result);
  if (function_.captures.empty()) return result;

  auto* const captures =
      static_cast<Capture*>(gc::allocate_pointer_free(function_.captures.size() * sizeof(Capture)));
  result->capture_count = static_cast<std::uint32_t>(function_.captures.size());
  result->captures = captures;
  for (std::size_t i = 0; i < function_.captures.size(); ++i) {
    const ast::Capture& capture = function_.captures[i];
    captures[i] =
        capture.local != nullptr ? Capture{capture.local->reg, true} : Capture{capture.upvalue, false};
  }
  return result;
}

void FunctionGenerator::body() {
  next_ = 0;
  registers_ = 1;
  allocate(function_.end);
  for (ast::Local* const parameter : function_.parameters) parameter->reg = allocate(function_.end);
  box_parameters();
  if (function_.value != nullptr) {
    emit(Opcode::return_value, operand(function_.value).reg, 0, 0, function_.end);
    return;
  }
  statements(function_.body);
  implicit_return(function_.end);
}

void FunctionGenerator::box_parameters() {
  const auto box = [this](const ast::Local* local) {
    if (local->captured) emit(Opcode::make_box, local->reg, local->reg, 0, function_.end);
  };
  if (function_.receiver != nullptr) {
    function_.receiver->reg = 0;
    box(function_.receiver);
  }
  for (const ast::Local* const parameter : function_.parameters) box(parameter);
}

FunctionGenerator::Register FunctionGenerator::allocate(Position at) {
  if (next_ >= kMaxRegisters) throw CodeLimit{at, "Too many local variables and temporaries in function."};
  const Register result = next_++;
  registers_ = std::max(registers_, next_);
  return result;
}

void FunctionGenerator::emit_move(Register destination, Register source, Position at) {
  if (destination != source) emit(Opcode::move, destination, source, 0, at);
}

void FunctionGenerator::emit_jump(Opcode op, Register a, Position at, JumpList& list) {
  chunk_.add_jump(list, chunk_.emit(encode_bx(op, a, 0), at));
}

std::int64_t FunctionGenerator::global(const ast::Name* name) {
  return kFirstGlobal - std::int64_t{chunk_.global(name, [this](const ast::Name* n) {
           return context_.module.cell(context_.symbol(n));
         })};
}

void FunctionGenerator::statements(std::span<const ast::Stmt*> list) {
  for (const ast::Stmt* const next : list) statement(next);
}

void FunctionGenerator::block(std::span<const ast::Stmt*> list) {
  const Register before = next_;
  statements(list);
  free_down_to(before);
}

void FunctionGenerator::statement(const ast::Stmt* statement) {
  Nesting::Level level(context_.nesting);
  if (!level.fits()) throw CodeLimit{statement->at, "Code is nested too deeply."};
  const Register before = next_;
  switch (statement->kind) {
    case ast::StmtKind::expression:
      effect(static_cast<const ast::ExprStmt*>(statement)->expression);
      break;
    case ast::StmtKind::print: {
      const Operand value = operand(static_cast<const ast::Print*>(statement)->expression);
      emit(Opcode::print, value.reg, 0, 0, statement->at);
      break;
    }
    case ast::StmtKind::variable:
      return variable_declaration(*static_cast<const ast::VariableDeclaration*>(statement));
    case ast::StmtKind::function:
      return function_declaration(*static_cast<const ast::FunctionDeclaration*>(statement));
    case ast::StmtKind::class_declaration:
      return class_declaration(*static_cast<const ast::ClassDeclaration*>(statement));
    case ast::StmtKind::import_module:
      return import_module(*static_cast<const ast::Import*>(statement));
    case ast::StmtKind::block:
      statements(static_cast<const ast::Block*>(statement)->statements);
      break;
    case ast::StmtKind::conditional:
      conditional(*static_cast<const ast::Conditional*>(statement));
      break;
    case ast::StmtKind::loop:
      loop(*static_cast<const ast::Loop*>(statement));
      break;
    case ast::StmtKind::for_in:
      for_in(*static_cast<const ast::ForIn*>(statement));
      break;
    case ast::StmtKind::return_value:
      return_value(*static_cast<const ast::Return*>(statement));
      break;
    case ast::StmtKind::loop_exit:
      loop_exit(*static_cast<const ast::LoopExit*>(statement));
      break;
    case ast::StmtKind::throw_value:
      throw_value(*static_cast<const ast::Throw*>(statement));
      break;
    case ast::StmtKind::try_block:
      try_block(*static_cast<const ast::Try*>(statement));
      break;
  }
  free_down_to(before);
}

void FunctionGenerator::variable_declaration(const ast::VariableDeclaration& declaration) {
  ast::Local* const local = declaration.target.local;
  const Position at = declaration.at;
  const Register before = next_;
  if (local == nullptr && declaration.initializer != nullptr) {
    const Operand value = operand(declaration.initializer);
    emit_bx(Opcode::define_global, value.reg, global(declaration.target.name), at);
    return free_down_to(before);
  }
  const Register reg = allocate(at);
  if (declaration.initializer != nullptr) {
    to(declaration.initializer, {reg, true});
  } else {
    emit_bx(Opcode::load_k, reg, chunk_.constant(Value::nil()), at);
  }
  if (local == nullptr) {
    emit_bx(Opcode::define_global, reg, global(declaration.target.name), at);
    return free_down_to(before);
  }
  local->reg = reg;
  if (local->captured) emit(Opcode::make_box, reg, reg, 0, at);
}

void FunctionGenerator::function_declaration(const ast::FunctionDeclaration& declaration) {
  ast::Local* const local = declaration.target.local;
  const Position at = declaration.at;
  const Register before = next_;
  const Register reg = allocate(at);
  if (local == nullptr) {
    make_closure(*declaration.function, reg, at);
    emit_bx(Opcode::define_global, reg, global(declaration.target.name), at);
    return free_down_to(before);
  }
  local->reg = reg;
  if (!local->captured) return make_closure(*declaration.function, reg, at);
  // The function may capture itself: its box comes first.
  emit_bx(Opcode::load_k, reg, chunk_.constant(Value::nil()), at);
  emit(Opcode::make_box, reg, reg, 0, at);
  const Register closure = allocate(at);
  make_closure(*declaration.function, closure, at);
  emit(Opcode::set_box, reg, closure, 0, at);
  free_down_to(reg + 1);
}

void FunctionGenerator::make_closure(const ast::Function& function, Register destination, Position at) {
  const Value code = Value::object(FunctionGenerator(context_, function).run());
  emit_bx(Opcode::make_closure, destination, chunk_.constant(code), at);
}

void FunctionGenerator::class_declaration(const ast::ClassDeclaration& declaration) {
  ast::Local* const local = declaration.target.local;
  const Position at = declaration.at;
  const Register before = next_;
  Register klass = allocate(at);
  if (local != nullptr) local->reg = klass;
  // A variable that methods capture is a box: the class itself is then in a register of its own.
  const bool boxed = local != nullptr && local->captured;
  if (boxed) klass = allocate(at);
  emit_bx(Opcode::make_class, klass, chunk_.constant(class_template(declaration)), at);
  if (boxed) emit(Opcode::make_box, local->reg, klass, 0, at);
  if (local == nullptr) emit_bx(Opcode::define_global, klass, global(declaration.target.name), at);

  if (declaration.superclass != nullptr) {
    const Position super_at = declaration.superclass->at;
    ast::Local* const super = declaration.super;
    super->reg = allocate(super_at);
    load(declaration.superclass->variable, super->reg, super_at);
    emit(Opcode::inherit, klass, super->reg, 0, super_at);
    if (super->captured) emit(Opcode::make_box, super->reg, super->reg, 0, super_at);
  }
  methods(declaration, klass);
  free_down_to(local != nullptr ? local->reg + 1 : before);
}

void FunctionGenerator::methods(const ast::ClassDeclaration& declaration, Register klass) {
  if (declaration.methods.empty()) return;
  const Register closure = allocate(declaration.at);
  for (const ast::Function* const method : declaration.methods) {
    make_closure(*method, closure, method->end);
    emit(ast::is_class_member(method->kind) ? Opcode::make_class_method : Opcode::make_method, klass, closure,
         cache(method->name, method->end), method->end);
  }
}

Value FunctionGenerator::class_template(const ast::ClassDeclaration& declaration) {
  auto* const result = new (gc::allocate(sizeof(ClassTemplate))) ClassTemplate;
  result->method_count = static_cast<std::uint32_t>(declaration.methods.size());
  result->field_count = static_cast<std::uint32_t>(declaration.fields.size());
  result->name = context_.symbol(declaration.target.name);
  if (declaration.fields.empty()) return Value::object(result);
  auto** const fields =
      static_cast<const Symbol**>(gc::allocate(declaration.fields.size() * sizeof(Symbol*) + 1));
  result->fields = fields;
  for (std::size_t i = 0; i < declaration.fields.size(); ++i)
    fields[i] = context_.symbol(declaration.fields[i]);
  return Value::object(result);
}

void FunctionGenerator::conditional(const ast::Conditional& conditional) {
  JumpList end;
  for (std::size_t i = 0; i < conditional.branches.size(); ++i) {
    const ast::Branch& branch = conditional.branches[i];
    JumpList otherwise;
    jump_if(branch.condition, false, otherwise);
    statement(branch.body);
    const bool more = i + 1 < conditional.branches.size() || conditional.otherwise != nullptr;
    if (more) emit_jump(Opcode::jump, 0, branch.body->at, end);
    patch_here(otherwise);
  }
  if (conditional.otherwise != nullptr) statement(conditional.otherwise);
  patch_here(end);
}

void FunctionGenerator::implicit_return(Position at) {
  if (function_.kind != ast::FunctionKind::initializer) {
    emit(Opcode::return_nil, 0, 0, 0, at);
    return;
  }
  Register receiver = function_.receiver->reg;
  if (function_.receiver->captured) {
    const Register box = receiver;
    receiver = allocate(at);
    emit(Opcode::get_box, receiver, box, 0, at);
    free_down_to(receiver);
  }
  emit(Opcode::return_value, receiver, 0, 0, at);
}

}  // namespace interlox::vm
