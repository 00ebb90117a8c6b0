// SPDX-License-Identifier: BSD-3-Clause
// The interpreter: one loop over the instructions of opcodes.hpp. What is rare is in operations.cpp, how
// frames are made in frames.hpp, and the way in from C++ in entry.cpp.
#include "vm/interpreter.hpp"

#include <atomic>
#include <iterator>

#include "vm/dispatch.hpp"
#include "vm/element.hpp"
#include "vm/exceptions.hpp"
#include "vm/frames.hpp"
#include "vm/iteration.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/opcodes.hpp"
#include "vm/operations.hpp"
#include "vm/range.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // labels as values: each instruction ends in a jump of its own

#define NEXT                                                                       \
  do {                                                                             \
    i = *at.ip++;                                                                  \
    goto* dispatch[static_cast<unsigned char>(i)].load(std::memory_order_relaxed); \
  } while (false)
#define OP(name) op_##name:
// Goes on with the second of two instructions that stand behind each other (INTERLOX_PAIRS).
#define THEN(name)  \
  do {              \
    i = *at.ip++;   \
    goto op_##name; \
  } while (false)
#define RA r[a_before(at.ip)]
#define RB r[b_before(at.ip)]
#define RC r[c_of(i)]
#define r at.r
#define STORE_IP() at.frame->ip = at.ip
#define GLOBAL global_cell(at.constants[sbx_of(i)])
#define CACHE caches_of(at.constants)[c_of(i)]
// Ends an instruction with its `result`: in a register, or where the caller has its callee's.
#define STORE  \
  RA = result; \
  NEXT
#define RETURN           \
  r[0] = result;         \
  at.leave_frame(state); \
  NEXT
// The result of an operation that may fail.
#define STORE_RESULT(operation)          \
  do {                                   \
    const Value result = operation;      \
    if (result.is_absent()) goto failed; \
    RA = result;                         \
    NEXT;                                \
  } while (false)
// Goes on as an operation says that looked for something to call.
#define CONTINUE_CALL(step)                \
  do {                                     \
    const CallStep next = step;            \
    if (next.closure != nullptr) {         \
      found = next.closure;                \
      if (next.is_getter) {                \
        found_value = *base;               \
        getter_code = kDeliverAndCallCode; \
        goto run_getter;                   \
      }                                    \
      goto enter_found;                    \
    }                                      \
    if (!next.ok) goto failed;             \
    NEXT;                                  \
  } while (false)
// Stores what was read from `receiver`, or runs the getter that computes it.
#define CONTINUE_READ(step)       \
  do {                            \
    const ReadStep next = step;   \
    if (next.getter != nullptr) { \
      found = next.getter;        \
      found_value = receiver;     \
      getter_code = kDeliverCode; \
      goto run_getter;            \
    }                             \
    STORE_RESULT(next.value);     \
  } while (false)

Value run(Thread& thread, Thread::State& state) {
  static const Label labels[] = {
#define INTERLOX_LABEL(name, format, effects, meaning) &&op_##name,
      INTERLOX_OPCODES(INTERLOX_LABEL)
#undef INTERLOX_LABEL
          && halt,
      &&deliver, &&deliver, &&interrupted};
  static_assert(std::size(labels) == kLabels + 1);
  [[maybe_unused]] static const bool is_ready = use_labels(labels);
  // What a slow path has found for the two labels behind the instructions.
  const Closure* found;
  Value found_value;
  const Instruction* getter_code;
  bool getter_calls;
  Value stored;  // what an instruction leaves for set_field or set_global behind it
  Instruction i;
  Registers at;
  at.frame = state.frame();
  at.load_frame();
  NEXT;

  OP(load_k) {
    RA = at.constants[bx_of(i)];
    NEXT;
  }
  OP(load_k_return_value) {
    const Value result = at.constants[bx_of(i)];
    RETURN;
  }
  OP(move) {
    RA = RB;
    NEXT;
  }
  OP(move_invoke) {
    RA = RB;
    THEN(invoke);
  }

#define GET_GLOBAL(name, go_on)           \
  OP(name) {                              \
    const Value v = GLOBAL->value.load(); \
    if (v.is_absent()) [[unlikely]]       \
      goto undefined_variable;            \
    RA = v;                               \
    go_on;                                \
  }
  GET_GLOBAL(get_global, NEXT)
  GET_GLOBAL(get_global_get_global, THEN(get_global))
  GET_GLOBAL(get_global_invoke, THEN(invoke))
#define STORE_GLOBAL(v, go_on)                         \
  do {                                                 \
    GlobalCell* const global = GLOBAL;                 \
    if (global->value.load().is_absent()) [[unlikely]] \
      goto undefined_variable;                         \
    global->value.store(v);                            \
    go_on;                                             \
  } while (false)
  OP(set_global) { stored = RA; }
set_global_stored:
  STORE_GLOBAL(stored, NEXT);
  OP(set_global_get_global) { STORE_GLOBAL(RA, THEN(get_global)); }
  OP(define_global) {
    GLOBAL->value.store(RA);
    NEXT;
  }

  OP(make_box) {
    STORE_IP();
    RA = Value::object(Box::make(RB));
    NEXT;
  }
  OP(get_box) {
    RA = as<Box>(RB)->value.load();
    NEXT;
  }
  OP(set_box) {
    as<Box>(RA)->value.store(RB);
    NEXT;
  }
  OP(get_upvalue) {
    RA = at.frame->closure->upvalues[bx_of(i)]->value.load();
    NEXT;
  }
  OP(set_upvalue) {
    at.frame->closure->upvalues[bx_of(i)]->value.store(RA);
    NEXT;
  }

// `v` and `w`: the operands, in the order of the source. `go_on`: with the result.
#define ARITHMETIC(name, operation, second, are_numbers, go_on)                    \
  OP(name) {                                                                       \
    const Value v = RB;                                                            \
    const Value w = second;                                                        \
    if (!are_numbers(v, w)) [[unlikely]]                                           \
      goto operands_must_be_numbers;                                               \
    const Value result = Value::arithmetic(v.as_number() operation w.as_number()); \
    go_on;                                                                         \
  }
// What is no addition of numbers is left to `name`.
#define ADDITION(name, pair, second, are_numbers, go_on)                   \
  OP(pair) {                                                               \
    const Value v = RB;                                                    \
    const Value w = second;                                                \
    if (!are_numbers(v, w)) [[unlikely]]                                   \
      goto slow_##name;                                                    \
    const Value result = Value::arithmetic(v.as_number() + w.as_number()); \
    go_on;                                                                 \
  }
#define K_C at.constants[c_of(i)]
#define K_B at.constants[b_before(at.ip)]
// A constant that stands in an arithmetic instruction is a number.
#define LEFT_IS_NUMBER(v, w) (v).is_number()
#define RIGHT_IS_NUMBER(v, w) (w).is_number()
// The instruction behind this one stores the result: it need not come back from the register.
#define STORE_THEN(name) \
  RA = result;           \
  i = *at.ip++;          \
  stored = result;       \
  goto name##_stored
  ADDITION(add, add, RC, both_numbers, STORE)
  ADDITION(add, add_return_value, RC, both_numbers, RETURN)
  ADDITION(add, add_set_field, RC, both_numbers, STORE_THEN(set_field))
  ADDITION(add, add_set_global, RC, both_numbers, STORE_THEN(set_global))
  ADDITION(add_k, add_k, K_C, LEFT_IS_NUMBER, STORE)
  ADDITION(add_k, add_k_set_field, K_C, LEFT_IS_NUMBER, STORE_THEN(set_field))
  ADDITION(add_k, add_k_set_global, K_C, LEFT_IS_NUMBER, STORE_THEN(set_global))
  ARITHMETIC(subtract, -, RC, both_numbers, STORE)
  ARITHMETIC(subtract_set_field, -, RC, both_numbers, STORE_THEN(set_field))
  ARITHMETIC(multiply, *, RC, both_numbers, STORE)
  ARITHMETIC(divide, /, RC, both_numbers, STORE)
  ARITHMETIC(subtract_k, -, K_C, LEFT_IS_NUMBER, STORE)
  ARITHMETIC(multiply_k, *, K_C, LEFT_IS_NUMBER, STORE)
  ARITHMETIC(divide_k, /, K_C, LEFT_IS_NUMBER, STORE)
  OP(add_k_jump_less) {
    const Value v = RB;
    if (!v.is_number()) [[unlikely]]
      goto slow_add_k;
    const double sum = v.as_number() + K_C.as_number();
    RA = Value::arithmetic(sum);
    i = *at.ip++;
    const Value limit = RB;
    if (!limit.is_number()) [[unlikely]]
      goto operands_must_be_numbers;
    if (sum < limit.as_number()) at.ip += sc_of(i);
    NEXT;
  }

#define COMPARISON(name, negation)                                \
  OP(name) {                                                      \
    const Value v = RB;                                           \
    const Value w = RC;                                           \
    if (!both_numbers(v, w)) [[unlikely]]                         \
      goto operands_must_be_numbers;                              \
    RA = Value::boolean(negation(v.as_number() < w.as_number())); \
    NEXT;                                                         \
  }
#define IDENTITY
  COMPARISON(less, IDENTITY)
  COMPARISON(not_less, !)
#define EQUALITY(name, negation, second)               \
  OP(name) {                                           \
    RA = Value::boolean(negation(equals(RB, second))); \
    NEXT;                                              \
  }
  EQUALITY(equal, IDENTITY, RC)
  EQUALITY(not_equal, !, RC)
  EQUALITY(equal_k, IDENTITY, K_C)
  EQUALITY(not_equal_k, !, K_C)
  OP(logical_not) {
    RA = Value::boolean(RB.is_falsey());
    NEXT;
  }
  OP(logical_not_set_field) {
    const Value result = Value::boolean(RB.is_falsey());
    STORE_THEN(set_field);
  }
  OP(negate) {
    const Value v = RB;
    if (!v.is_number()) [[unlikely]] {
      STORE_IP();
      raise_operand_must_be_a_number(thread);
      goto failed;
    }
    RA = Value::arithmetic(-v.as_number());
    NEXT;
  }

  OP(jump) {
    at.ip += sbx_of(i);
    NEXT;
  }
  OP(jump_if_false) {
    if (RA.is_falsey()) at.ip += sbx_of(i);
    NEXT;
  }
  OP(jump_if_true) {
    if (!RA.is_falsey()) at.ip += sbx_of(i);
    NEXT;
  }
#define COMPARE_AND_JUMP(name, left, right, negation, are_numbers)  \
  OP(name) {                                                        \
    const Value v = left;                                           \
    const Value w = right;                                          \
    if (!are_numbers(v, w)) [[unlikely]]                            \
      goto operands_must_be_numbers;                                \
    if (negation(v.as_number() < w.as_number())) at.ip += sc_of(i); \
    NEXT;                                                           \
  }
  COMPARE_AND_JUMP(jump_less, RA, RB, IDENTITY, both_numbers)
  COMPARE_AND_JUMP(jump_not_less, RA, RB, !, both_numbers)
  COMPARE_AND_JUMP(jump_less_k, RA, K_B, IDENTITY, LEFT_IS_NUMBER)
  COMPARE_AND_JUMP(jump_not_less_k, RA, K_B, !, LEFT_IS_NUMBER)
  COMPARE_AND_JUMP(jump_greater_k, K_B, RA, IDENTITY, RIGHT_IS_NUMBER)
  COMPARE_AND_JUMP(jump_not_greater_k, K_B, RA, !, RIGHT_IS_NUMBER)
#define EQUAL_AND_JUMP(name, negation, second)           \
  OP(name) {                                             \
    if (negation(equals(RA, second))) at.ip += sc_of(i); \
    NEXT;                                                \
  }
  EQUAL_AND_JUMP(jump_equal, IDENTITY, RB)
  EQUAL_AND_JUMP(jump_not_equal, !, RB)
  EQUAL_AND_JUMP(jump_equal_k, IDENTITY, K_B)
  EQUAL_AND_JUMP(jump_not_equal_k, !, K_B)

  OP(call) {
    Value* const base = &RA;
    const std::uint32_t count = b_before(at.ip);
    const Value callee = *base;
    STORE_IP();
    if (callee.is_object()) [[likely]] {
      if (callee.as_object()->is(ObjectKind::closure)) [[likely]] {
        if (!enter(thread, state, at, as<Closure>(callee), base, count)) goto failed;
        NEXT;
      }
      if (callee.as_object()->is(ObjectKind::klass)) {
        auto* const klass = as<Class>(callee);
        *base = Value::object(instantiate(klass));
        // acquire: pairs with Class::add_method's release
        const Closure* const initializer = klass->initializer.load(std::memory_order_acquire);
        if (initializer != nullptr) {
          if (!enter(thread, state, at, initializer, base, count)) goto failed;
          NEXT;
        }
        if (count == 0) [[likely]]
          NEXT;
        raise_arity(thread, 0, count);
        goto failed;
      }
    }
    CONTINUE_CALL(call_operation(thread, base, count));
  }

  OP(get_field) {
    const Value v = cached_field(RB, CACHE);
    if (v.is_absent()) [[unlikely]]
      goto find_field;
    RA = v;
    NEXT;
  }
  OP(get_field_return_value) {
    const Value result = cached_field(RB, CACHE);
    if (result.is_absent()) [[unlikely]]
      goto find_field;
    RETURN;
  }
  OP(set_field) { stored = RB; }
set_field_stored : {
  const Value receiver = RA;
  Cache& cache = CACHE;
  if (set_cached_field(receiver, cache, stored)) [[likely]]
    NEXT;
  STORE_IP();
  if (!set_field_operation(thread, receiver, cache, stored)) goto failed;
  NEXT;
}
  OP(invoke) {
    Value* const base = &RA;
    const std::uint32_t count = b_before(at.ip);
    const Value receiver = *base;
    Cache& cache = CACHE;
    STORE_IP();
    if (is_instance(receiver)) [[likely]] {
      // acquire: pairs with (1) of operations.cpp, and below with Class::add_method's release. A tail that
      // is the class needs no order: the class was read through the record.
      const MethodRecord* const record = cache.method.load(std::memory_order_acquire);
      const Object* const tail =
          static_cast<Instance*>(receiver.as_object())->tail.load(std::memory_order_relaxed);
      if (record != nullptr && record->klass == tail) [[likely]] {
        const Closure* const method = record->fast.load(std::memory_order_acquire);
        if (method != nullptr) [[likely]] {
          if (!enter(thread, state, at, method, base, count)) goto failed;
          NEXT;
        }
      }
    }
    CONTINUE_CALL(invoke_operation(thread, base, count, cache));
  }
  OP(get_super) {
    STORE_IP();
    const Value receiver = RA;
    CONTINUE_READ(get_super_operation(thread, RB, receiver, CACHE));
  }
  OP(super_invoke) {
    Value* const base = &RA;
    const std::uint32_t count = b_before(at.ip);
    const Value klass = base[count + 1];
    Cache& cache = CACHE;
    STORE_IP();
    const MethodRecord* const record = cache.method.load(std::memory_order_acquire);  // as in invoke
    // Fields don't come before the methods of super, so `method` and not `fast`.
    const Closure* const method = record != nullptr && Value::object(record->klass) == klass
                                      ? record->method.load(std::memory_order_acquire)
                                      : super_operation(thread, klass, *base, cache);
    if (method == nullptr) goto failed;
    CONTINUE_CALL((CallStep{method, true, method->is_getter()}));
  }

  OP(return_value) {
    const Value result = RA;
    RETURN;
  }
  OP(return_nil) {
    const Value result = Value::nil();
    RETURN;
  }

  OP(make_closure) {
    STORE_IP();
    RA = closure_operation(as<Function>(at.constants[bx_of(i)]), at.frame->closure, r);
    NEXT;
  }
  OP(make_class) {
    STORE_IP();
    RA = Value::object(Class::make(as<ClassTemplate>(at.constants[bx_of(i)])));
    NEXT;
  }
  OP(inherit) {
    STORE_IP();
    if (!inherit_operation(thread, RA, RB)) goto failed;
    NEXT;
  }
  OP(make_method) {
    STORE_IP();
    as<Class>(RA)->add_method(CACHE.name, as<Closure>(RB));
    NEXT;
  }
  OP(make_class_method) {
    STORE_IP();
    as<Class>(RA)->add_class_method(CACHE.name, as<Closure>(RB));
    NEXT;
  }

  OP(modulo) {
    const Value v = RB;
    const Value w = RC;
    if (!both_numbers(v, w)) [[unlikely]]
      goto operands_must_be_numbers;
    RA = Value::arithmetic(modulo_operation(v.as_number(), w.as_number()));
    NEXT;
  }
  OP(instance_of) {
    STORE_IP();
    STORE_RESULT(instance_of_operation(thread, RB, RC));
  }
  OP(make_range) {
    const Value v = RB;
    const Value w = RC;
    if (!both_numbers(v, w)) [[unlikely]]
      goto operands_must_be_numbers;
    STORE_IP();
    RA = Value::object(Range::make(v.as_number(), w.as_number()));
    NEXT;
  }
  OP(make_text) {
    STORE_IP();
    STORE_RESULT(make_text_operation(thread, &RA, b_before(at.ip)));
  }
  OP(make_list) {
    STORE_IP();
    RA = Value::object(List::make(&RA + 1, b_before(at.ip)));
    NEXT;
  }
  OP(extend_list) {
    STORE_IP();
    as<List>(RA)->append(&RA + 1, b_before(at.ip));
    NEXT;
  }
  OP(make_map) {
    STORE_IP();
    RA = Value::object(Map::make());
    NEXT;
  }
  OP(get_index) {
    const Value receiver = RB;
    const Value index = RC;
    if (index.is_number() && is_object(receiver, ObjectKind::list)) [[likely]] {
      const Value v = as<List>(receiver)->get(list_position(index.as_number()));
      if (!v.is_absent()) [[likely]] {
        RA = v;
        NEXT;
      }
    } else if (is_object(receiver, ObjectKind::map)) {
      const Value v = as<Map>(receiver)->get(index);
      if (!v.is_absent()) [[likely]] {
        RA = v;
        NEXT;
      }
    }
    STORE_IP();
    STORE_RESULT(get_element(thread, receiver, index));
  }
  OP(set_index) {
    const Value receiver = RA;
    const Value index = RB;
    if (index.is_number() && is_object(receiver, ObjectKind::list)) [[likely]] {
      if (as<List>(receiver)->set(list_position(index.as_number()), RC)) [[likely]]
        NEXT;
    }
    STORE_IP();
    if (!set_element(thread, receiver, index, RC)) goto failed;
    NEXT;
  }

  OP(prepare_iteration) {
    STORE_IP();
    if (!prepare_iteration(thread, &RA)) goto failed;
    NEXT;
  }
  OP(next_element) {
    STORE_IP();
    const IterationStep step = next_element(thread, &RA);
    if (step == IterationStep::failed) goto failed;
    if (step == IterationStep::element) at.ip += sbx_of(i);
    if (step == IterationStep::by_methods) ++at.ip;
    NEXT;
  }

  OP(throw_value) {
    STORE_IP();
    throw_operation(thread, RA);
    goto failed;
  }
  OP(rethrow) {
    STORE_IP();
    rethrow_operation(thread, RA, (&RA)[1]);
    goto failed;
  }
  OP(import_module) {
    STORE_IP();
    STORE_RESULT(import_operation(thread, *at.frame->closure->function, at.constants[bx_of(i)]));
  }
  OP(print) {
    STORE_IP();
    if (!print_operation(thread, RA)) goto failed;
    NEXT;
  }

slow_add:
  STORE_IP();
  STORE_RESULT(add_operation(thread, RB, RC));
slow_add_k:
  STORE_IP();
  STORE_RESULT(add_operation(thread, RB, K_C));
undefined_variable:
  STORE_IP();
  raise_undefined_variable(thread, GLOBAL->name);
  goto failed;
find_field : {
  const Value receiver = RB;
  STORE_IP();
  CONTINUE_READ(get_field_operation(thread, receiver, CACHE));
}
enter_found:
  if (!enter(thread, state, at, found, &RA, b_before(at.ip))) goto failed;
  NEXT;
run_getter:
  if (!enter_getter(thread, state, at, found, found_value, getter_code)) goto failed;
  NEXT;
operands_must_be_numbers:
  STORE_IP();
  raise_operands_must_be_numbers(thread);
failed:
  if (!unwind(thread)) return Value::absent();
  at.frame = state.frame();
  at.load_frame();
  NEXT;

interrupted:
  // The instruction i has not run yet.
  if (!state.interrupted.load()) goto* own_label(static_cast<unsigned char>(i));  // another thread is meant
  STORE_IP();
  return raise_interrupted(thread);
halt:
  return r[0];
deliver:
  found_value = r[0];
  getter_calls = static_cast<unsigned char>(i) == kDeliverAndCall;
  at.leave_frame(state);
  RA = found_value;
  if (getter_calls) goto op_call;  // the instruction has its operands where `call` has them
  NEXT;
}

#undef r
#pragma GCC diagnostic pop

}  // namespace interlox::vm
