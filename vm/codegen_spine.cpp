// SPDX-License-Identifier: BSD-3-Clause
// Expressions with a left operand: operators, calls, properties. They nest to the left as deep as a program
// is long (`1 + 1 + ... + 1`), so the path down the left operands is walked by a loop.
#include "vm/codegen.hpp"

namespace interlox::vm {

namespace {

const ast::Expr* left_operand(const ast::Expr* expression) {
  switch (expression->kind) {
    case ast::ExprKind::binary:
      return static_cast<const ast::Binary*>(expression)->left;
    case ast::ExprKind::call:
      return static_cast<const ast::Call*>(expression)->callee;
    case ast::ExprKind::invoke:
      return static_cast<const ast::Invoke*>(expression)->object;
    case ast::ExprKind::get_field:
      return static_cast<const ast::GetField*>(expression)->object;
    case ast::ExprKind::set_field:
      return static_cast<const ast::SetField*>(expression)->object;
    case ast::ExprKind::get_index:
      return static_cast<const ast::GetIndex*>(expression)->object;
    case ast::ExprKind::set_index:
      return static_cast<const ast::SetIndex*>(expression)->object;
    case ast::ExprKind::compound_field:
      return static_cast<const ast::CompoundField*>(expression)->object;
    case ast::ExprKind::compound_index:
      return static_cast<const ast::CompoundIndex*>(expression)->object;
    default:
      return nullptr;
  }
}

}  // namespace

void FunctionGenerator::spine(const ast::Expr* expression, Destination destination, bool discard) {
  const Register before = next_;
  std::vector<const ast::Expr*>& path = chunk_.spine;
  const std::size_t first = path.size();
  const ast::Expr* leaf = expression;
  while (const ast::Expr* const left = left_operand(leaf)) {
    path.push_back(leaf);
    leaf = left;
  }
  Walk walk{destination, discard};
  spine_leaf(leaf, walk);
  while (path.size() > first) {
    const ast::Expr* const node = path.back();
    path.pop_back();
    const bool last = path.size() == first;
    switch (node->kind) {
      case ast::ExprKind::binary:
        binary(*static_cast<const ast::Binary*>(node), walk, last, false);
        break;
      case ast::ExprKind::call:
        call(*static_cast<const ast::Call*>(node), walk, last);
        break;
      case ast::ExprKind::invoke:
        invoke(*static_cast<const ast::Invoke*>(node), walk, last);
        break;
      case ast::ExprKind::set_field:
        set_field(*static_cast<const ast::SetField*>(node), walk, last);
        break;
      case ast::ExprKind::get_index:
        get_index(*static_cast<const ast::GetIndex*>(node), walk, last);
        break;
      case ast::ExprKind::set_index:
        set_index(*static_cast<const ast::SetIndex*>(node), walk, last);
        break;
      case ast::ExprKind::compound_field:
        compound_field(*static_cast<const ast::CompoundField*>(node), walk, last);
        break;
      case ast::ExprKind::compound_index:
        compound_index(*static_cast<const ast::CompoundIndex*>(node), walk, last);
        break;
      default: {
        const auto& get = *static_cast<const ast::GetField*>(node);
        if (walk.literal != nullptr) into_accumulator(walk, get.at);
        const Register object = walk.value.reg;
        const Register target = spine_target(walk, last);
        emit(Opcode::get_field, target, object, cache(get.name, get.at), get.at);
        walk.value = {target, false};
      }
    }
    // Whatever the node needed above the accumulator is free again.
    free_down_to(walk.has_accumulator ? walk.accumulator + 1 : before);
  }
  free_down_to(before);
}

// The value at the bottom of the spine: kept as a literal, left in its variable, or put in the accumulator.
void FunctionGenerator::spine_leaf(const ast::Expr* leaf, Walk& walk) {
  walk.literal = as_constant(leaf, false);
  if (walk.literal != nullptr) return;
  const bool variable = leaf->kind == ast::ExprKind::variable || leaf->kind == ast::ExprKind::assign;
  const ast::Local* local = nullptr;
  if (variable) {
    local = leaf->kind == ast::ExprKind::variable ? static_cast<const ast::Variable*>(leaf)->variable.local
                                                  : static_cast<const ast::Assign*>(leaf)->variable.local;
  }
  if (local != nullptr && !local->captured) {
    walk.value = operand(leaf);
    return;
  }
  const Register reg = accumulator(walk);
  to(leaf, {reg, true});
  walk.value = {reg, false};
}

// The register for values on the way, the topmost one in use. A fresh destination serves if it is that.
FunctionGenerator::Register FunctionGenerator::accumulator(Walk& walk) {
  if (!walk.has_accumulator) {
    const Destination& destination = walk.destination;
    const bool in_place = !walk.discard && destination.fresh && destination.reg + 1 == next_;
    walk.accumulator = in_place ? destination.reg : allocate({});
    walk.has_accumulator = true;
  }
  return walk.accumulator;
}

FunctionGenerator::Register FunctionGenerator::into_accumulator(Walk& walk, Position at) {
  const Register reg = accumulator(walk);
  if (walk.literal != nullptr) {
    literal(*walk.literal, reg);
    walk.literal = nullptr;
  } else {
    emit_move(reg, walk.value.reg, at);
  }
  walk.value = {reg, false};
  return reg;
}

// Where the result of the node goes. To be called when the node's other operands have been evaluated: a new
// accumulator may be the register of one of them.
FunctionGenerator::Register FunctionGenerator::spine_target(Walk& walk, bool last) {
  return last && !walk.discard ? walk.destination.reg : accumulator(walk);
}

void FunctionGenerator::binary(const ast::Binary& binary, Walk& walk, bool last, bool negated) {
  if (binary_constant(binary, walk, last, negated)) return;
  if (walk.literal != nullptr || (walk.value.is_variable && binary.right_assigns))
    into_accumulator(walk, binary.at);
  const Register left = walk.value.reg;
  const Register before = next_;
  const Register right = operand(binary.right).reg;
  free_down_to(before);
  const Register target = spine_target(walk, last);
  binary_values(binary.op, binary.at, target, left, right, negated);
  walk.value = {target, false};
}

void FunctionGenerator::binary_values(ast::BinaryOperator op, Position at, Register target, Register left,
                                      Register right, bool negated) {
  const auto comparison = [&](Opcode plain, Opcode inverse, bool invert, Register a, Register b) {
    emit(invert != negated ? inverse : plain, target, a, b, at);
  };
  switch (op) {
    case ast::BinaryOperator::add:
      return emit(Opcode::add, target, left, right, at);
    case ast::BinaryOperator::subtract:
      return emit(Opcode::subtract, target, left, right, at);
    case ast::BinaryOperator::multiply:
      return emit(Opcode::multiply, target, left, right, at);
    case ast::BinaryOperator::divide:
      return emit(Opcode::divide, target, left, right, at);
    case ast::BinaryOperator::modulo:
      return emit(Opcode::modulo, target, left, right, at);
    case ast::BinaryOperator::range:
      return emit(Opcode::make_range, target, left, right, at);
    case ast::BinaryOperator::instance_of:
      return emit(Opcode::instance_of, target, left, right, at);
    case ast::BinaryOperator::equal:
      return comparison(Opcode::equal, Opcode::not_equal, false, left, right);
    case ast::BinaryOperator::not_equal:
      return comparison(Opcode::equal, Opcode::not_equal, true, left, right);
    case ast::BinaryOperator::less:
      return comparison(Opcode::less, Opcode::not_less, false, left, right);
    case ast::BinaryOperator::less_equal:
      return comparison(Opcode::less, Opcode::not_less, true, right, left);
    case ast::BinaryOperator::greater:
      return comparison(Opcode::less, Opcode::not_less, false, right, left);
    case ast::BinaryOperator::greater_equal:
      return comparison(Opcode::less, Opcode::not_less, true, left, right);
  }
}

// The forms with a constant operand. False if there is none for this expression.
bool FunctionGenerator::binary_constant(const ast::Binary& binary, Walk& walk, bool last, bool negated) {
  Opcode op;
  bool commutes = true;
  switch (binary.op) {
    case ast::BinaryOperator::add:
      op = Opcode::add_k;
      break;
    case ast::BinaryOperator::subtract:
      op = Opcode::subtract_k;
      commutes = false;
      break;
    case ast::BinaryOperator::multiply:
      op = Opcode::multiply_k;
      break;
    case ast::BinaryOperator::divide:
      op = Opcode::divide_k;
      commutes = false;
      break;
    case ast::BinaryOperator::equal:
      op = negated ? Opcode::not_equal_k : Opcode::equal_k;
      break;
    case ast::BinaryOperator::not_equal:
      op = negated ? Opcode::equal_k : Opcode::not_equal_k;
      break;
    default:
      return false;
  }
  const bool numbers_only = binary.op < ast::BinaryOperator::equal;
  const ast::Literal* constant = as_constant(binary.right, numbers_only);
  const bool on_the_left = constant == nullptr && commutes && walk.literal != nullptr;
  if (on_the_left) constant = as_constant(walk.literal, numbers_only);
  if (constant == nullptr) return false;
  const std::uint32_t index = constant_of(*constant);
  if (index > context_.limits.constant_c) return false;

  Register value;
  const Register before = next_;
  if (on_the_left) {
    walk.literal = nullptr;
    value = operand(binary.right).reg;
    free_down_to(before);
  } else {
    if (walk.literal != nullptr) into_accumulator(walk, binary.at);
    value = walk.value.reg;
  }
  const Register target = spine_target(walk, last);
  emit(op, target, value, index, binary.at);
  walk.value = {target, false};
  return true;
}

void FunctionGenerator::call(const ast::Call& call, Walk& walk, bool last) {
  const Register base = into_accumulator(walk, call.at);
  arguments(call.arguments);
  emit(Opcode::call, base, static_cast<std::uint32_t>(call.arguments.size()), 0, call.at);
  call_result(walk, base, last, call.at);
}

void FunctionGenerator::invoke(const ast::Invoke& invoke, Walk& walk, bool last) {
  const Register base = into_accumulator(walk, invoke.at);
  arguments(invoke.arguments);
  emit(Opcode::invoke, base, static_cast<std::uint32_t>(invoke.arguments.size()),
       cache(invoke.name, invoke.at), invoke.at);
  call_result(walk, base, last, invoke.at);
}

void FunctionGenerator::call_result(Walk& walk, Register result, bool last, Position at) {
  if (last && !walk.discard) emit_move(walk.destination.reg, result, at);
  walk.value = {result, false};
}

void FunctionGenerator::set_field(const ast::SetField& set, Walk& walk, bool last) {
  if (walk.literal != nullptr || (walk.value.is_variable && set.value_assigns))
    into_accumulator(walk, set.at);
  const Register object = walk.value.reg;
  const Register before = next_;
  const Destination& destination = walk.destination;
  const bool wanted = !last || !walk.discard;
  Operand value;
  if (last && wanted && destination.fresh && destination.reg != object) {
    to(set.value, destination);
    value = {destination.reg, false};
  } else {
    value = operand(set.value);
  }
  emit(Opcode::set_field, object, value.reg, cache(set.name, set.at), set.at);
  free_down_to(before);
  if (!wanted) return;
  const Register target = spine_target(walk, last);
  emit_move(target, value.reg, set.at);
  walk.value = {target, false};
}

}  // namespace interlox::vm
