// SPDX-License-Identifier: BSD-3-Clause
// Expressions other than those with a left operand.
#include "vm/codegen.hpp"

namespace interlox::vm {

void FunctionGenerator::to(const ast::Expr* expression, Destination destination) {
  Nesting::Level level(context_.nesting);
  if (!level.fits()) throw CodeLimit{expression->at, "Code is nested too deeply."};
  switch (expression->kind) {
    case ast::ExprKind::literal:
      return literal(*static_cast<const ast::Literal*>(expression), destination.reg);
    case ast::ExprKind::variable:
      return load(static_cast<const ast::Variable*>(expression)->variable, destination.reg, expression->at);
    case ast::ExprKind::assign:
      return assign(*static_cast<const ast::Assign*>(expression), &destination);
    case ast::ExprKind::unary:
      return unary(*static_cast<const ast::Unary*>(expression), destination);
    case ast::ExprKind::logical:
      return logical_value(*static_cast<const ast::Logical*>(expression), destination);
    case ast::ExprKind::get_super:
      return get_super(*static_cast<const ast::GetSuper*>(expression), destination);
    case ast::ExprKind::super_invoke:
      return super_invoke(*static_cast<const ast::SuperInvoke*>(expression), destination);
    case ast::ExprKind::conditional:
      return conditional_value(*static_cast<const ast::ConditionalExpr*>(expression), destination);
    case ast::ExprKind::function:
      return make_closure(*static_cast<const ast::FunctionExpr*>(expression)->function, destination.reg,
                          expression->at);
    case ast::ExprKind::template_text:
      return template_text(*static_cast<const ast::TemplateText*>(expression), destination);
    case ast::ExprKind::list:
      return list(*static_cast<const ast::ListExpr*>(expression), destination);
    case ast::ExprKind::map:
      return map(*static_cast<const ast::MapExpr*>(expression), destination);
    default:
      return spine(expression, destination, false);
  }
}

// The expression as a statement.
void FunctionGenerator::effect(const ast::Expr* expression) {
  const Register before = next_;
  switch (expression->kind) {
    case ast::ExprKind::assign:
      assign(*static_cast<const ast::Assign*>(expression), nullptr);
      break;
    case ast::ExprKind::logical: {
      const auto& logical = *static_cast<const ast::Logical*>(expression);
      JumpList end;
      const std::size_t last = logical.operands.size() - 1;
      for (std::size_t i = 0; i < last; ++i) jump_if(logical.operands[i], logical.is_or, end);
      effect(logical.operands[last]);
      patch_here(end);
      break;
    }
    case ast::ExprKind::binary:
    case ast::ExprKind::call:
    case ast::ExprKind::invoke:
    case ast::ExprKind::get_field:
    case ast::ExprKind::set_field:
    case ast::ExprKind::get_index:
    case ast::ExprKind::set_index:
    case ast::ExprKind::compound_field:
    case ast::ExprKind::compound_index:
      spine(expression, {0, false}, true);
      break;
    default:
      to(expression, {allocate(expression->at), true});
  }
  free_down_to(before);
}

// The value in some register: the variable's own, or a new temporary.
FunctionGenerator::Operand FunctionGenerator::operand(const ast::Expr* expression) {
  const ast::Local* local = nullptr;
  if (expression->kind == ast::ExprKind::variable) {
    local = static_cast<const ast::Variable*>(expression)->variable.local;
  } else if (expression->kind == ast::ExprKind::assign) {
    local = static_cast<const ast::Assign*>(expression)->variable.local;
    if (local != nullptr && !local->captured) effect(expression);
  }
  if (local != nullptr && !local->captured) return {local->reg, true};
  return {temporary_copy(expression), false};
}

FunctionGenerator::Register FunctionGenerator::temporary_copy(const ast::Expr* expression) {
  const Register reg = allocate(expression->at);
  to(expression, {reg, true});
  return reg;
}

void FunctionGenerator::load(const ast::Reference& variable, Register destination, Position at) {
  if (variable.is_global()) {
    emit_bx(Opcode::get_global, destination, global(variable.name), at);
  } else if (variable.local == nullptr) {
    emit_bx(Opcode::get_upvalue, destination, variable.upvalue, at);
  } else if (variable.local->captured) {
    emit(Opcode::get_box, destination, variable.local->reg, 0, at);
  } else {
    // Not left out where both are one register: `a = a;` is a statement like any other.
    emit(Opcode::move, destination, variable.local->reg, 0, at);
  }
}

void FunctionGenerator::store(const ast::Reference& variable, Register value, Position at) {
  if (variable.is_global()) {
    emit_bx(Opcode::set_global, value, global(variable.name), at);
  } else if (variable.local == nullptr) {
    emit_bx(Opcode::set_upvalue, value, variable.upvalue, at);
  } else if (variable.local->captured) {
    emit(Opcode::set_box, variable.local->reg, value, 0, at);
  } else {
    emit_move(variable.local->reg, value, at);
  }
}

std::uint32_t FunctionGenerator::constant_of(const ast::Literal& literal) {
  switch (literal.type) {
    case ast::LiteralKind::nil:
      return chunk_.constant(Value::nil());
    case ast::LiteralKind::boolean_true:
      return chunk_.constant(Value::boolean(true));
    case ast::LiteralKind::boolean_false:
      return chunk_.constant(Value::boolean(false));
    case ast::LiteralKind::number:
      return chunk_.constant(Value::number(literal.number));
    case ast::LiteralKind::string:
      break;
  }
  return chunk_.string_constant(literal.text);
}

void FunctionGenerator::literal(const ast::Literal& literal, Register destination) {
  emit_bx(Opcode::load_k, destination, constant_of(literal), literal.at);
}

// The literal that an expression is, if an instruction can take it as a constant.
const ast::Literal* FunctionGenerator::as_constant(const ast::Expr* expression, bool numbers_only) const {
  if (expression->kind != ast::ExprKind::literal) return nullptr;
  const auto* const literal = static_cast<const ast::Literal*>(expression);
  return !numbers_only || literal->type == ast::LiteralKind::number ? literal : nullptr;
}

// `destination` is null if nobody wants the value.
void FunctionGenerator::assign(const ast::Assign& assign, const Destination* destination) {
  const ast::Local* const local = assign.variable.local;
  const Register before = next_;
  Register value;
  if (local != nullptr && !local->captured) {
    value = local->reg;
    to(assign.value, {value, false});
  } else {
    if (destination != nullptr && destination->fresh) {
      value = destination->reg;
      to(assign.value, {value, true});
    } else {
      value = operand(assign.value).reg;
    }
    store(assign.variable, value, assign.at);
  }
  if (destination != nullptr) emit_move(destination->reg, value, assign.at);
  free_down_to(before);
}

void FunctionGenerator::logical_value(const ast::Logical& logical, Destination destination) {
  const Register before = next_;
  const Register reg = destination.fresh ? destination.reg : allocate(logical.at);
  const Opcode skip = logical.is_or ? Opcode::jump_if_true : Opcode::jump_if_false;
  JumpList end;
  for (std::size_t i = 0; i < logical.operands.size(); ++i) {
    to(logical.operands[i], {reg, true});
    if (i + 1 < logical.operands.size()) emit_jump(skip, reg, logical.operands[i]->at, end);
  }
  patch_here(end);
  emit_move(destination.reg, reg, logical.at);
  free_down_to(before);
}

void FunctionGenerator::unary(const ast::Unary& unary, Destination destination) {
  const Register before = next_;
  if (unary.op == ast::UnaryOperator::logical_not && unary.operand->kind == ast::ExprKind::binary) {
    Walk walk{destination, false};
    const auto& comparison = *static_cast<const ast::Binary*>(unary.operand);
    if (comparison.op >= ast::BinaryOperator::equal) {
      spine_leaf(comparison.left, walk);
      binary(comparison, walk, true, true);
      return free_down_to(before);
    }
  }
  Register value;
  if (destination.fresh && unary.operand->kind != ast::ExprKind::variable) {
    value = destination.reg;
    to(unary.operand, destination);
  } else {
    value = operand(unary.operand).reg;
  }
  emit(unary.op == ast::UnaryOperator::negate ? Opcode::negate : Opcode::logical_not, destination.reg, value,
       0, unary.at);
  free_down_to(before);
}

// The values go to the registers from next_ on.
void FunctionGenerator::arguments(std::span<const ast::Expr*> list) {
  for (const ast::Expr* const argument : list) to(argument, {allocate(argument->at), true});
}

void FunctionGenerator::get_super(const ast::GetSuper& get, Destination destination) {
  const Register before = next_;
  const Register reg = destination.fresh ? destination.reg : allocate(get.at);
  load(get.receiver, reg, get.at);
  const Register superclass = allocate(get.at);
  load(get.superclass, superclass, get.at);
  emit(Opcode::get_super, reg, superclass, cache(get.name, get.at), get.at);
  emit_move(destination.reg, reg, get.at);
  free_down_to(before);
}

void FunctionGenerator::super_invoke(const ast::SuperInvoke& invoke, Destination destination) {
  const Register before = next_;
  const bool in_place = destination.fresh && destination.reg + 1 == next_;
  const Register base = in_place ? destination.reg : allocate(invoke.at);
  load(invoke.receiver, base, invoke.at);
  arguments(invoke.arguments);
  load(invoke.superclass, allocate(invoke.at), invoke.at);
  emit(Opcode::super_invoke, base, static_cast<std::uint32_t>(invoke.arguments.size()),
       cache(invoke.name, invoke.at), invoke.at);
  emit_move(destination.reg, base, invoke.at);
  free_down_to(before);
}

}  // namespace interlox::vm
