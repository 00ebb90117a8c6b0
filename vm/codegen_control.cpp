// SPDX-License-Identifier: BSD-3-Clause
// Loops, and what leaves statements early: break, continue, return, errors. A finally block is generated
// once; whoever leaves its try notes how to go on afterwards (Enclosing), which a chain of comparisons behind
// the block looks up.
#include "vm/codegen.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::vm {

namespace {

bool is_always_true(const ast::Expr* condition) {
  return condition != nullptr && condition->kind == ast::ExprKind::literal &&
         static_cast<const ast::Literal*>(condition)->type == ast::LiteralKind::boolean_true;
}

}  // namespace

void FunctionGenerator::loop(const ast::Loop& loop) {
  if (loop.initializer != nullptr) statement(loop.initializer);
  // The condition stands behind the body, so that a turn takes one jump.
  JumpList enter;
  const ast::Expr* const condition = is_always_true(loop.condition) ? nullptr : loop.condition;
  if (condition != nullptr) emit_jump(Opcode::jump, 0, loop.at, enter);
  const Chunk::Index start = chunk_.size();
  Enclosing here{enclosing_, true};
  enclosing_ = &here;
  statement(loop.body);
  enclosing_ = here.outer;
  patch_here(here.continues);
  if (loop.increment != nullptr) effect(loop.increment);
  patch_here(enter);
  JumpList again;
  if (condition != nullptr) {
    jump_if(condition, true, again);
  } else {
    emit_jump(Opcode::jump, 0, loop.at, again);
  }
  chunk_.patch(again, start, context_.limits);
  patch_here(here.breaks);
}

// Three registers: what is iterated over, the state, the element, which is the variable's.
void FunctionGenerator::for_in(const ast::ForIn& loop) {
  const Position at = loop.at;
  const Register iteration = allocate(at);
  to(loop.iterable, {iteration, true});
  allocate(at);
  loop.variable->reg = allocate(at);
  emit(Opcode::prepare_iteration, iteration, 0, 0, at);
  JumpList enter;
  emit_jump(Opcode::jump, 0, at, enter);
  const Chunk::Index start = chunk_.size();
  if (loop.variable->captured) emit(Opcode::make_box, loop.variable->reg, loop.variable->reg, 0, at);
  Enclosing here{enclosing_, true};
  enclosing_ = &here;
  statement(loop.body);
  enclosing_ = here.outer;
  patch_here(here.continues);
  patch_here(enter);
  JumpList again;
  emit_jump(Opcode::next_element, iteration, at, again);
  emit_jump(Opcode::jump, 0, at, here.breaks);
  next_by_methods(iteration, at, again, here.breaks);
  chunk_.patch(again, start, context_.limits);
  patch_here(here.breaks);
}

// The next turn over an object with the methods iterate(state) and value(state).
void FunctionGenerator::next_by_methods(Register iteration, Position at, JumpList& again, JumpList& end) {
  const Register state = iteration + 1;
  const Register base = allocate(at);
  const Register argument = allocate(at);
  const auto invoke = [&](std::string_view method) {
    emit_move(base, iteration, at);
    emit_move(argument, state, at);
    emit(Opcode::invoke, base, 1, chunk_.cache(intern(method), at), at);
  };
  invoke("iterate");
  emit_move(state, base, at);
  emit_jump(Opcode::jump_if_false, state, at, end);
  invoke("value");
  emit_move(iteration + 2, base, at);
  emit_jump(Opcode::jump, 0, at, again);
  free_down_to(base);
}

void FunctionGenerator::loop_exit(const ast::LoopExit& exit) {
  if (!enclosing_->is_loop) return leave_through_finally(&exit, exit.at);
  emit_jump(Opcode::jump, 0, exit.at, exit.is_break ? enclosing_->breaks : enclosing_->continues);
}

void FunctionGenerator::return_value(const ast::Return& statement) {
  Enclosing* finally = enclosing_;
  while (finally != nullptr && finally->is_loop) finally = finally->outer;
  if (finally == nullptr) return return_operand(statement);
  const Register value = finally->completion + 1;
  if (statement.value != nullptr) {
    // Not before it is known: while it is evaluated, an error may put itself there.
    emit_move(value, operand(statement.value).reg, statement.at);
  }
  leave_through_finally(&statement, statement.at);
}

void FunctionGenerator::return_operand(const ast::Return& statement) {
  if (statement.value == nullptr) return implicit_return(statement.at);
  if (statement.value->kind == ast::ExprKind::literal &&
      static_cast<const ast::Literal*>(statement.value)->type == ast::LiteralKind::nil) {
    emit(Opcode::return_nil, 0, 0, 0, statement.at);
    return;
  }
  emit(Opcode::return_value, operand(statement.value).reg, 0, 0, statement.at);
}

// Jumps to the innermost finally block, to go on as `exit` says when it is done. What is returned is already
// in its register.
void FunctionGenerator::leave_through_finally(const ast::Stmt* exit, Position at) {
  Enclosing* finally = enclosing_;
  while (finally->is_loop) finally = finally->outer;
  load_number(finally->completion, kFirstExit + static_cast<int>(finally->exits.size()), at);
  finally->exits.push_back(exit);
  emit_jump(Opcode::jump, 0, at, finally->entries);
}

void FunctionGenerator::load_number(Register destination, int number, Position at) {
  emit_bx(Opcode::load_k, destination, chunk_.constant(Value::number(number)), at);
}

void FunctionGenerator::throw_value(const ast::Throw& statement) {
  emit(Opcode::throw_value, operand(statement.value).reg, 0, 0, statement.at);
}

void FunctionGenerator::try_block(const ast::Try& statement) {
  if (!statement.has_finally) return try_catch(statement);
  Enclosing here{enclosing_, false};
  here.completion = allocate(statement.at);
  allocate(statement.at);
  allocate(statement.at);
  enclosing_ = &here;
  const Chunk::Index begin = chunk_.size();
  try_catch(statement);
  const Chunk::Index end = chunk_.size();
  enclosing_ = here.outer;
  load_number(here.completion, kNormal, statement.at);
  emit_jump(Opcode::jump, 0, statement.at, here.entries);
  chunk_.add_handler({begin, end, chunk_.size(), here.completion + 1, true});
  load_number(here.completion, kThrown, statement.at);
  patch_here(here.entries);
  finally_block(statement, here);
}

// The try block, and the catch block if there is one.
void FunctionGenerator::try_catch(const ast::Try& statement) {
  if (!statement.catches) return block(statement.body);
  const Register before = next_;
  const Register error = allocate(statement.at);
  const Chunk::Index begin = chunk_.size();
  block(statement.body);
  const Chunk::Index end = chunk_.size();
  JumpList done;
  emit_jump(Opcode::jump, 0, statement.at, done);
  chunk_.add_handler({begin, end, chunk_.size(), error, false});
  if (statement.error != nullptr) {
    statement.error->reg = error;
    if (statement.error->captured) emit(Opcode::make_box, error, error, 0, statement.at);
  }
  block(statement.handler);
  patch_here(done);
  free_down_to(before);
}

void FunctionGenerator::finally_block(const ast::Try& statement, const Enclosing& enclosing) {
  block(statement.finally);
  const Position at = statement.at;
  const Register completion = enclosing.completion;
  const auto unless = [&](int number, JumpList& otherwise) {
    const Register value = allocate(at);
    load_number(value, number, at);
    compare_and_jump(Opcode::jump_not_equal, completion, value, at, otherwise);
    free_down_to(value);
  };
  JumpList otherwise;
  unless(kThrown, otherwise);
  emit(Opcode::rethrow, completion + 1, 0, 0, at);
  patch_here(otherwise);
  for (std::size_t i = 0; i < enclosing.exits.size(); ++i) {
    const ast::Stmt* const exit = enclosing.exits[i];
    unless(kFirstExit + static_cast<int>(i), otherwise);
    if (exit->kind == ast::StmtKind::loop_exit) {
      loop_exit(*static_cast<const ast::LoopExit*>(exit));
    } else {
      return_again(*static_cast<const ast::Return*>(exit), completion + 1);
    }
    patch_here(otherwise);
  }
}

// A return that came out of a finally block: the value, if it has one, is in a register.
void FunctionGenerator::return_again(const ast::Return& statement, Register value) {
  Enclosing* finally = enclosing_;
  while (finally != nullptr && finally->is_loop) finally = finally->outer;
  if (finally != nullptr) {
    emit_move(finally->completion + 1, value, statement.at);
    leave_through_finally(&statement, statement.at);
  } else if (statement.value == nullptr) {
    implicit_return(statement.at);
  } else {
    emit(Opcode::return_value, value, 0, 0, statement.at);
  }
}

// A declaration's value, which is in the topmost register in use, goes where it belongs: a local variable
// takes over the register.
void FunctionGenerator::define(const ast::Target& target, Register value, Position at) {
  if (target.local == nullptr) {
    emit_bx(Opcode::define_global, value, global(target.name), at);
    return free_down_to(value);
  }
  target.local->reg = value;
  if (target.local->captured) emit(Opcode::make_box, value, value, 0, at);
}

void FunctionGenerator::import_module(const ast::Import& import) {
  const Position at = import.at;
  const Register module = allocate(at);
  emit_bx(Opcode::import_module, module, chunk_.string_constant(import.path), at);
  if (import.whole) return define(import.module, module, at);
  // The module's register stays in use if the members are local variables, which come to lie above it.
  for (const ast::Target& member : import.members) {
    const Register value = allocate(at);
    emit(Opcode::get_field, value, module, cache(member.name, at), at);
    define(member, value, at);
  }
  if (next_ == module + 1) free_down_to(module);
}

}  // namespace interlox::vm
