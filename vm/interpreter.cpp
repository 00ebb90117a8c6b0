// SPDX-License-Identifier: BSD-3-Clause
// The interpreter: one loop over the instructions of opcodes.hpp. What is rare is in operations.cpp, how
// frames are made in frames.hpp, and the way in from C++ in entry.cpp.
#include "vm/interpreter.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>

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
namespace {

using Label = const void*;

/// Where the code of each instruction is, which run() fills in: its own labels, or while an interrupt is
/// requested that of `interrupted` for all. Relaxed throughout: a thread that reads an old label runs one
/// instruction more.
std::atomic<Label> dispatch[kLabels];
/// The same without interrupts. Written once, before any thread can be interrupted.
Label own_labels[kLabels];
Label interrupted_label;

void lead_to(bool interrupts) noexcept {
  for (std::size_t i = 0; i < kLabels; ++i) {
    dispatch[i].store(interrupts ? interrupted_label : own_labels[i], std::memory_order_relaxed);
  }
}

bool use_labels(const Label* labels) noexcept {
  std::copy_n(labels, kLabels, own_labels);
  interrupted_label = labels[kLabels];
  lead_to(false);
  return true;
}

}  // namespace

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // labels as values: each instruction ends in a jump of its own

#define NEXT                                                                       \
  do {                                                                             \
    i = *at.ip++;                                                                  \
    goto* dispatch[static_cast<unsigned char>(i)].load(std::memory_order_relaxed); \
  } while (false)
#define OP(name) op_##name:
#define RA r[a_before(at.ip)]
#define RB r[b_before(at.ip)]
#define RC r[c_of(i)]
#define r at.r
#define STORE_IP() at.frame->ip = at.ip
#define GLOBAL global_cell(at.constants[sbx_of(i)])
#define CACHE at.function->caches[c_of(i)]
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
  Instruction i;
  Registers at;
  at.frame = state.frame();
  at.load_frame(state);
  NEXT;

  OP(load_k) {
    RA = at.constants[bx_of(i)];
    NEXT;
  }
  OP(move) {
    RA = RB;
    NEXT;
  }

  OP(get_global) {
    const GlobalCell* const global = GLOBAL;
    const Value v = global->value.load();
    if (v.is_absent()) [[unlikely]] {
      STORE_IP();
      raise_undefined_variable(thread, global->name);
      goto failed;
    }
    RA = v;
    NEXT;
  }
  OP(set_global) {
    GlobalCell* const global = GLOBAL;
    if (global->value.load().is_absent()) [[unlikely]] {
      STORE_IP();
      raise_undefined_variable(thread, global->name);
      goto failed;
    }
    global->value.store(RA);
    NEXT;
  }
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

// `v` and `w`: the operands, in the order of the source.
#define ARITHMETIC(name, operation, second, are_numbers)           \
  OP(name) {                                                       \
    const Value v = RB;                                            \
    const Value w = second;                                        \
    if (!are_numbers(v, w)) [[unlikely]]                           \
      goto operands_must_be_numbers;                               \
    RA = Value::arithmetic(v.as_number() operation w.as_number()); \
    NEXT;                                                          \
  }
#define ADDITION(name, second, are_numbers)                  \
  OP(name) {                                                 \
    const Value v = RB;                                      \
    const Value w = second;                                  \
    if (are_numbers(v, w)) [[likely]] {                      \
      RA = Value::arithmetic(v.as_number() + w.as_number()); \
      NEXT;                                                  \
    }                                                        \
    STORE_IP();                                              \
    STORE_RESULT(add_operation(thread, v, w));               \
  }
#define K_C at.constants[c_of(i)]
#define K_B at.constants[b_before(at.ip)]
// A constant that stands in an arithmetic instruction is a number.
#define LEFT_IS_NUMBER(v, w) (v).is_number()
#define RIGHT_IS_NUMBER(v, w) (w).is_number()
  ADDITION(add, RC, both_numbers)
  ARITHMETIC(subtract, -, RC, both_numbers)
  ARITHMETIC(multiply, *, RC, both_numbers)
  ARITHMETIC(divide, /, RC, both_numbers)
  ADDITION(add_k, K_C, LEFT_IS_NUMBER)
  ARITHMETIC(subtract_k, -, K_C, LEFT_IS_NUMBER)
  ARITHMETIC(multiply_k, *, K_C, LEFT_IS_NUMBER)
  ARITHMETIC(divide_k, /, K_C, LEFT_IS_NUMBER)

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
  OP(equal) {
    RA = Value::boolean(equals(RB, RC));
    NEXT;
  }
  OP(not_equal) {
    RA = Value::boolean(!equals(RB, RC));
    NEXT;
  }
  OP(equal_k) {
    RA = Value::boolean(equals(RB, K_C));
    NEXT;
  }
  OP(not_equal_k) {
    RA = Value::boolean(!equals(RB, K_C));
    NEXT;
  }
  OP(logical_not) {
    RA = Value::boolean(RB.is_falsey());
    NEXT;
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
  OP(jump_equal) {
    if (equals(RA, RB)) at.ip += sc_of(i);
    NEXT;
  }
  OP(jump_not_equal) {
    if (!equals(RA, RB)) at.ip += sc_of(i);
    NEXT;
  }
  OP(jump_equal_k) {
    if (equals(RA, K_B)) at.ip += sc_of(i);
    NEXT;
  }
  OP(jump_not_equal_k) {
    if (!equals(RA, K_B)) at.ip += sc_of(i);
    NEXT;
  }

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
    const Value receiver = RB;
    Cache& cache = CACHE;
    if (receiver.is_object()) [[likely]] {
      const std::uint64_t place = cache.field.load(std::memory_order_relaxed);  // relaxed: Cache, I1
      if (receiver.as_object()->shape == place >> 32) [[likely]] {
        const Value v = static_cast<Instance*>(receiver.as_object())->cells[place & 0xffff].load();
        if (!v.is_absent()) [[likely]] {
          RA = v;
          NEXT;
        }
      }
    }
    STORE_IP();
    CONTINUE_READ(get_field_operation(thread, receiver, cache));
  }
  OP(set_field) {
    const Value receiver = RA;
    Cache& cache = CACHE;
    if (receiver.is_object()) [[likely]] {
      const std::uint64_t place = cache.field.load(std::memory_order_relaxed);  // relaxed: Cache, I1
      if (receiver.as_object()->shape == place >> 32) [[likely]] {
        static_cast<Instance*>(receiver.as_object())->cells[place & 0xffff].store(RB);
        NEXT;
      }
    }
    STORE_IP();
    if (!set_field_operation(thread, receiver, cache, RB)) goto failed;
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
    r[0] = RA;  // where the caller has its callee's register
    --at.frame;
    state.frames.set_top(at.frame + 1);
    at.load_frame(state);
    NEXT;
  }
  OP(return_nil) {
    r[0] = Value::nil();
    --at.frame;
    state.frames.set_top(at.frame + 1);
    at.load_frame(state);
    NEXT;
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
    STORE_RESULT(import_operation(thread, *at.function, at.constants[bx_of(i)]));
  }
  OP(print) {
    STORE_IP();
    if (!print_operation(thread, RA)) goto failed;
    NEXT;
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
  at.load_frame(state);
  NEXT;

interrupted:
  // The instruction i has not run yet.
  if (!state.interrupted.load()) goto* own_labels[static_cast<unsigned char>(i)];  // another thread is meant
  STORE_IP();
  return raise_interrupted(thread);
halt:
  return r[0];
deliver:
  found_value = r[0];
  getter_calls = static_cast<unsigned char>(i) == kDeliverAndCall;
  --at.frame;
  state.frames.set_top(at.frame + 1);
  at.load_frame(state);
  RA = found_value;
  if (getter_calls) goto op_call;  // the instruction has its operands where `call` has them
  NEXT;
}

#undef r
#pragma GCC diagnostic pop

bool request_interrupt(Thread& thread) noexcept {
  if (interrupted_label == nullptr || thread.state().interrupted.exchange(true)) return false;
  lead_to(true);
  return true;
}

Value raise_interrupted(Thread& thread) {
  take_interrupt(thread);
  thread.raise("Interrupted.");
  thread.state().error.can_be_caught = false;
  return Value::absent();
}

bool take_interrupt(Thread& thread) noexcept {
  if (!thread.state().interrupted.exchange(false)) return false;
  lead_to(false);
  return true;
}

}  // namespace interlox::vm
