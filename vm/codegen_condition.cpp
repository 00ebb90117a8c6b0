// SPDX-License-Identifier: BSD-3-Clause
// Conditions: expressions of which only the truth is wanted, as jumps.
#include <utility>

#include "vm/codegen.hpp"

namespace interlox::vm {

namespace {

Opcode inverse_jump(Opcode op) {
  switch (op) {
    case Opcode::jump_less:
      return Opcode::jump_not_less;
    case Opcode::jump_not_less:
      return Opcode::jump_less;
    case Opcode::jump_less_k:
      return Opcode::jump_not_less_k;
    case Opcode::jump_not_less_k:
      return Opcode::jump_less_k;
    case Opcode::jump_greater_k:
      return Opcode::jump_not_greater_k;
    case Opcode::jump_not_greater_k:
      return Opcode::jump_greater_k;
    case Opcode::jump_equal:
      return Opcode::jump_not_equal;
    case Opcode::jump_not_equal:
      return Opcode::jump_equal;
    case Opcode::jump_equal_k:
      return Opcode::jump_not_equal_k;
    default:
      return Opcode::jump_equal_k;
  }
}

// A comparison as the instructions know it: `less` or `equal`, perhaps with its operands exchanged.
struct Comparison {
  bool is_less;
  bool exchanged;
  bool inverted;  // the comparison is true where the instruction's is not
};

Comparison comparison_of(ast::BinaryOperator op) {
  switch (op) {
    case ast::BinaryOperator::less:
      return {true, false, false};
    case ast::BinaryOperator::less_equal:
      return {true, true, true};
    case ast::BinaryOperator::greater:
      return {true, true, false};
    case ast::BinaryOperator::greater_equal:
      return {true, false, true};
    case ast::BinaryOperator::not_equal:
      return {false, false, true};
    default:
      return {false, false, false};
  }
}

bool is_true(const ast::Literal& literal) {
  return literal.type != ast::LiteralKind::nil && literal.type != ast::LiteralKind::boolean_false;
}

}  // namespace

// Jumps to the list's target if the condition's truth is `when`; goes on otherwise.
void FunctionGenerator::jump_if(const ast::Expr* condition, bool when, JumpList& list) {
  Nesting::Level level(context_.nesting);
  if (!level.fits()) throw CodeLimit{condition->at, "Code is nested too deeply."};
  while (condition->kind == ast::ExprKind::unary) {
    const auto& unary = *static_cast<const ast::Unary*>(condition);
    if (unary.op != ast::UnaryOperator::logical_not) break;
    condition = unary.operand;
    when = !when;
  }
  if (condition->kind == ast::ExprKind::logical) {
    return jump_if_logical(*static_cast<const ast::Logical*>(condition), when, list);
  }
  const Register before = next_;
  if (condition->kind == ast::ExprKind::literal) {
    if (is_true(*static_cast<const ast::Literal*>(condition)) == when) {
      emit_jump(Opcode::jump, 0, condition->at, list);
    }
    return;
  }
  const bool fused = condition->kind == ast::ExprKind::binary &&
                     jump_if_compared(*static_cast<const ast::Binary*>(condition), when, list);
  if (!fused) {
    const Register value = operand(condition).reg;
    emit_jump(when ? Opcode::jump_if_true : Opcode::jump_if_false, value, condition->at, list);
  }
  free_down_to(before);
}

void FunctionGenerator::jump_if_logical(const ast::Logical& logical, bool when, JumpList& list) {
  const std::size_t last = logical.operands.size() - 1;
  JumpList skip;
  for (std::size_t i = 0; i < last; ++i) {
    // An operand that decides the whole has the truth `is_or`.
    jump_if(logical.operands[i], logical.is_or, when == logical.is_or ? list : skip);
  }
  jump_if(logical.operands[last], when, list);
  patch_here(skip);
}

bool FunctionGenerator::jump_if_compared(const ast::Binary& binary, bool when, JumpList& list) {
  if (binary.op < ast::BinaryOperator::equal) return false;
  if (jump_if_compared_constant(binary, when, list)) return true;
  Operand left = operand(binary.left);
  if (left.is_variable && binary.right_assigns) {
    const Register copy = allocate(binary.at);
    emit_move(copy, left.reg, binary.at);
    left = {copy, false};
  }
  Register a = left.reg;
  Register b = operand(binary.right).reg;
  const Comparison comparison = comparison_of(binary.op);
  if (comparison.exchanged) std::swap(a, b);
  const bool sense = when != comparison.inverted;
  if (comparison.is_less) {
    compare_and_jump(sense ? Opcode::jump_less : Opcode::jump_not_less, a, b, binary.at, list);
  } else {
    compare_and_jump(sense ? Opcode::jump_equal : Opcode::jump_not_equal, a, b, binary.at, list);
  }
  return true;
}

bool FunctionGenerator::jump_if_compared_constant(const ast::Binary& binary, bool when, JumpList& list) {
  const Comparison comparison = comparison_of(binary.op);
  const ast::Literal* constant = as_constant(binary.right, comparison.is_less);
  const bool on_the_left = constant == nullptr;
  if (on_the_left) constant = as_constant(binary.left, comparison.is_less);
  if (constant == nullptr) return false;
  const std::uint32_t index = constant_of(*constant);
  if (index > context_.limits.constant_b) return false;
  const Register value = operand(on_the_left ? binary.right : binary.left).reg;
  const bool sense = when != comparison.inverted;
  Opcode op;
  if (!comparison.is_less) {
    op = sense ? Opcode::jump_equal_k : Opcode::jump_not_equal_k;
  } else if (comparison.exchanged != on_the_left) {  // the constant is the smaller one's side
    op = sense ? Opcode::jump_greater_k : Opcode::jump_not_greater_k;
  } else {
    op = sense ? Opcode::jump_less_k : Opcode::jump_not_less_k;
  }
  compare_and_jump(op, value, index, binary.at, list);
  return true;
}

void FunctionGenerator::compare_and_jump(Opcode op, std::uint32_t a, std::uint32_t b, Position at,
                                         JumpList& list) {
  if (!long_jumps_) {
    chunk_.add_jump(list, chunk_.emit(encode(op, a, b, 0), at));
    return;
  }
  emit(inverse_jump(op), a, b, 1, at);
  emit_jump(Opcode::jump, 0, at, list);
}

}  // namespace interlox::vm
