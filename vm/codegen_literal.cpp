// SPDX-License-Identifier: BSD-3-Clause
// Conditional expressions, literals with parts, indexing, and assignments such as `a.b += c`.
#include "vm/codegen.hpp"

namespace interlox::vm {

void FunctionGenerator::conditional_value(const ast::ConditionalExpr& conditional, Destination destination) {
  const Register before = next_;
  const Register reg = destination.fresh ? destination.reg : allocate(conditional.at);
  JumpList otherwise;
  JumpList end;
  jump_if(conditional.condition, false, otherwise);
  to(conditional.then, {reg, true});
  emit_jump(Opcode::jump, 0, conditional.at, end);
  patch_here(otherwise);
  to(conditional.otherwise, {reg, true});
  patch_here(end);
  emit_move(destination.reg, reg, conditional.at);
  free_down_to(before);
}

// The topmost register in use, behind which parts can be put.
FunctionGenerator::Register FunctionGenerator::collection_base(const ast::Expr& expression,
                                                               Destination destination) {
  const bool in_place = destination.fresh && destination.reg + 1 == next_;
  return in_place ? destination.reg : allocate(expression.at);
}

void FunctionGenerator::template_text(const ast::TemplateText& text, Destination destination) {
  const Register before = next_;
  const Register base = collection_base(text, destination);
  to(text.parts[0], {base, true});
  arguments(text.parts.subspan(1));
  emit(Opcode::make_text, base, static_cast<std::uint32_t>(text.parts.size()), 0, text.at);
  emit_move(destination.reg, base, text.at);
  free_down_to(before);
}

void FunctionGenerator::list(const ast::ListExpr& list, Destination destination) {
  constexpr std::size_t kAtOnce = 64;  // so that a long list takes no more registers than that
  const Register before = next_;
  const Register base = collection_base(list, destination);
  Opcode op = Opcode::make_list;
  std::span<const ast::Expr*> rest = list.elements;
  do {
    const std::span<const ast::Expr*> some = rest.first(std::min(rest.size(), kAtOnce));
    rest = rest.subspan(some.size());
    arguments(some);
    emit(op, base, static_cast<std::uint32_t>(some.size()), 0, list.at);
    free_down_to(base + 1);
    op = Opcode::extend_list;
  } while (!rest.empty());
  emit_move(destination.reg, base, list.at);
  free_down_to(before);
}

void FunctionGenerator::map(const ast::MapExpr& map, Destination destination) {
  const Register before = next_;
  const Register base = collection_base(map, destination);
  emit(Opcode::make_map, base, 0, 0, map.at);
  for (std::size_t i = 0; i < map.entries.size(); i += 2) {
    arguments(map.entries.subspan(i, 2));
    emit(Opcode::set_index, base, base + 1, base + 2, map.entries[i + 1]->at);
    free_down_to(base + 1);
  }
  emit_move(destination.reg, base, map.at);
  free_down_to(before);
}

// The index in a register that keeps its value while other operands are evaluated.
FunctionGenerator::Register FunctionGenerator::index_operand(const ast::Expr* index, bool assigned_later) {
  const Operand value = operand(index);
  if (!value.is_variable || !assigned_later) return value.reg;
  const Register copy = allocate(index->at);
  emit_move(copy, value.reg, index->at);
  return copy;
}

void FunctionGenerator::get_index(const ast::GetIndex& get, Walk& walk, bool last) {
  if (walk.literal != nullptr || (walk.value.is_variable && get.index_assigns))
    into_accumulator(walk, get.at);
  const Register object = walk.value.reg;
  const Register before = next_;
  const Register index = operand(get.index).reg;
  free_down_to(before);
  const Register target = spine_target(walk, last);
  emit(Opcode::get_index, target, object, index, get.at);
  walk.value = {target, false};
}

void FunctionGenerator::set_index(const ast::SetIndex& set, Walk& walk, bool last) {
  if (walk.literal != nullptr || (walk.value.is_variable && set.operands_assign))
    into_accumulator(walk, set.at);
  const Register object = walk.value.reg;
  const Register before = next_;
  const Register index = index_operand(set.index, set.operands_assign);
  const Register value = operand(set.value).reg;
  emit(Opcode::set_index, object, index, value, set.at);
  free_down_to(before);
  assignment_result(walk, value, last, set.at);
}

// The value of an assignment, as far as anybody wants it.
void FunctionGenerator::assignment_result(Walk& walk, Register value, bool last, Position at) {
  if (last && walk.discard) return;
  const Register target = spine_target(walk, last);
  emit_move(target, value, at);
  walk.value = {target, false};
}

// R[target] = R[target] op value.
void FunctionGenerator::apply(ast::BinaryOperator op, Register target, const ast::Expr* value, Position at) {
  const ast::Literal* const constant = as_constant(value, true);
  if (constant != nullptr && op <= ast::BinaryOperator::divide) {
    constexpr Opcode kWithConstant[] = {Opcode::add_k, Opcode::subtract_k, Opcode::multiply_k,
                                        Opcode::divide_k};
    const std::uint32_t index = constant_of(*constant);
    if (index <= context_.limits.constant_c) {
      return emit(kWithConstant[static_cast<std::size_t>(op)], target, target, index, at);
    }
  }
  binary_values(op, at, target, target, operand(value).reg, false);
}

void FunctionGenerator::compound_field(const ast::CompoundField& compound, Walk& walk, bool last) {
  if (walk.literal != nullptr || (walk.value.is_variable && compound.value_assigns))
    into_accumulator(walk, compound.at);
  const Register object = walk.value.reg;
  const Register before = next_;
  const Register value = allocate(compound.at);
  emit(Opcode::get_field, value, object, cache(compound.name, compound.at), compound.read_at);
  apply(compound.op, value, compound.value, compound.at);
  emit(Opcode::set_field, object, value, cache(compound.name, compound.at), compound.at);
  free_down_to(before);
  assignment_result(walk, value, last, compound.at);
}

void FunctionGenerator::compound_index(const ast::CompoundIndex& compound, Walk& walk, bool last) {
  if (walk.literal != nullptr || (walk.value.is_variable && compound.operands_assign))
    into_accumulator(walk, compound.at);
  const Register object = walk.value.reg;
  const Register before = next_;
  const Register index = index_operand(compound.index, compound.operands_assign);
  const Register value = allocate(compound.at);
  emit(Opcode::get_index, value, object, index, compound.read_at);
  apply(compound.op, value, compound.value, compound.at);
  emit(Opcode::set_index, object, index, value, compound.at);
  free_down_to(before);
  assignment_result(walk, value, last, compound.at);
}

}  // namespace interlox::vm
