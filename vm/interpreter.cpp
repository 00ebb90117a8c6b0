// SPDX-License-Identifier: BSD-3-Clause
// The interpreter: one loop over the instructions of opcodes.hpp, and the way into it from C++.
// What is rare is in operations.cpp.
#include "vm/interpreter.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <new>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "vm/element.hpp"
#include "vm/exceptions.hpp"
#include "vm/iteration.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/opcodes.hpp"
#include "vm/operations.hpp"
#include "vm/range.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {
namespace {

/// Instructions of the interpreter's own, behind those of programs. The last two stand in a frame between a
/// getter's and the one that asked for the value (enter_getter()).
enum OwnOpcode : Instruction {
  kHalt =
      [] {
        Instruction count = 0;
#define INTERLOX_COUNT(name, format, meaning) ++count;
        INTERLOX_OPCODES(INTERLOX_COUNT)
#undef INTERLOX_COUNT
        return count;
      }(),          // leave the loop with R[0]
  kDeliver,         // leave the frame, and finish the caller's instruction: its R[A] = R[0]
  kDeliverAndCall,  // likewise; its R[A] is then called as the instruction says
};
constexpr std::size_t kLabels = kDeliverAndCall + 1;
constexpr Instruction kDeliverCode[] = {kDeliver};
constexpr Instruction kDeliverAndCallCode[] = {kDeliverAndCall};

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

[[gnu::always_inline]] inline bool both_numbers(Value a, Value b) noexcept {
  return static_cast<int>(a.is_number()) & static_cast<int>(b.is_number());  // one branch
}

[[gnu::always_inline]] inline bool equals(Value a, Value b) noexcept {
  if (both_numbers(a, b)) return a.as_number() == b.as_number();
  if (a == b) return true;
  if (!a.is_object() || !b.is_object()) return false;
  if (is_object(a, ObjectKind::string) && is_object(b, ObjectKind::string)) {
    return as<String>(a)->length == as<String>(b)->length && equal(a, b);
  }
  return is_object(a, ObjectKind::range) && equal(a, b);
}

/// A list's index as a position, if it is one that needs no further thought; else one that no list has.
[[gnu::always_inline]] inline std::size_t list_position(double index) noexcept {
  if (!(index >= 0 && index < List::kMaxLength)) return List::kMaxLength;
  const auto position = static_cast<std::uint32_t>(index);
  return position == index ? position : List::kMaxLength;
}

/// The registers of the loop. Whatever gets a reference to them has to be inlined: a loop whose registers have
/// an address keeps them in memory, and takes a fifth longer.
struct Registers {
  const Instruction* ip;
  Value* r;  // of the running frame
  const Value* constants;
  const Function* function;
  Frame* frame;

  [[gnu::always_inline]] void load_frame(Thread::State& state) noexcept {
    ip = frame->ip;
    r = frame->registers;
    function = frame->closure->function;
    constants = function->constants;
    state.values.set_top(r + function->registers);
  }
};

/// Makes the frame of a call, which starts at `base` with the callee or receiver and `count`
/// arguments. The caller's ip is stored. False: an error is set, and nothing has changed.
[[gnu::always_inline]] inline bool enter(Thread& thread, Thread::State& state, Registers& at,
                                         const Closure* closure, Value* base, std::uint32_t count) {
  const Function* const function = closure->function;
  Frame* const frame = at.frame + 1;
  Value* const top = base + function->registers;
  if (function->arity != count) [[unlikely]] {
    if (!fill_arguments(thread, *function, base, count)) return false;
  }
  if (top > state.value_limit || frame == state.frame_limit) [[unlikely]] {
    raise_stack_overflow(thread);
    return false;
  }
  // The tops come first (gc::ScannedRange, I3): what is stored is seen from the start.
  state.frames.set_top(frame + 1);
  state.values.set_top(top);
  frame->registers = base;
  frame->closure = closure;
  at = {function->code, base, function->constants, function, frame};
  return true;
}

/// Makes the frame of a getter of `receiver`, above all that the running frame has; and below it one whose
/// `code` takes the value to where the running frame's instruction wants it. False: as enter().
[[gnu::always_inline]] inline bool enter_getter(Thread& thread, Thread::State& state, Registers& at,
                                                const Closure* getter, Value receiver,
                                                const Instruction* code) {
  Value* const base = at.r + at.function->registers;
  Frame* const frame = at.frame + 1;
  if (base + 1 > state.value_limit || frame == state.frame_limit) {
    raise_stack_overflow(thread);
    return false;
  }
  state.frames.set_top(frame + 1);
  state.values.set_top(base + 1);
  *base = receiver;
  *frame = Frame{code, base, getter_closure()};
  at.frame = frame;
  return enter(thread, state, at, getter, base, 0);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // labels as values: each instruction ends in a jump of its own

#define NEXT                                                                       \
  do {                                                                             \
    i = *at.ip++;                                                                  \
    goto* dispatch[static_cast<unsigned char>(i)].load(std::memory_order_relaxed); \
  } while (false)
#define OP(name) op_##name:
#define RA r[a_of(i)]
#define RB r[b_of(i)]
#define RC r[c_of(i)]
#define r at.r
#define STORE_IP() at.frame->ip = at.ip
#define CACHE at.function->caches[c_of(i)]
// Goes on as an operation says that looked for something to call.
#define CONTINUE_CALL(step)                \
  do {                                     \
    const CallStep next = step;            \
    if (next.closure != nullptr) {         \
      found = next.closure;                \
      found_base = base;                   \
      if (next.is_getter) {                \
        found_receiver = *base;            \
        getter_code = kDeliverAndCallCode; \
        goto run_getter;                   \
      }                                    \
      goto enter_found;                    \
    }                                      \
    if (!next.ok) goto failed;             \
    NEXT;                                  \
  } while (false)
// Stores what was read from `receiver`, or runs the getter that computes it.
#define CONTINUE_READ(step)                  \
  do {                                       \
    const ReadStep next = step;              \
    if (next.getter != nullptr) {            \
      found = next.getter;                   \
      found_receiver = receiver;             \
      getter_code = kDeliverCode;            \
      goto run_getter;                       \
    }                                        \
    if (next.value.is_absent()) goto failed; \
    RA = next.value;                         \
    NEXT;                                    \
  } while (false)

/// Runs from the last frame on until its code halts. Absent: an error is set, and the frames
/// are as they were where it came up.
Value run(Thread& thread, Thread::State& state) {
  static const Label labels[] = {
#define INTERLOX_LABEL(name, format, meaning) &&op_##name,
      INTERLOX_OPCODES(INTERLOX_LABEL)
#undef INTERLOX_LABEL
          && halt,
      &&deliver, &&deliver_and_call, &&interrupted};
  static_assert(std::size(labels) == kLabels + 1);
  static const bool is_ready = [] {
    std::copy_n(labels, kLabels, own_labels);
    interrupted_label = labels[kLabels];
    lead_to(false);
    return true;
  }();
  static_cast<void>(is_ready);
  // What a slow path has found for the two labels behind the instructions.
  const Closure* found;
  Value* found_base;
  Value found_receiver;
  const Instruction* getter_code;
  Instruction i;
  Registers at;
  at.frame = state.frame();
  at.load_frame(state);
  NEXT;

  OP(load_k) {
    RA = at.constants[bx_of(i)];
    NEXT;
  }
  OP(load_nil) {
    RA = Value::nil();
    NEXT;
  }
  OP(load_true) {
    RA = Value::boolean(true);
    NEXT;
  }
  OP(load_false) {
    RA = Value::boolean(false);
    NEXT;
  }
  OP(move) {
    RA = RB;
    NEXT;
  }

  OP(get_global) {
    const GlobalCell* const global = at.function->globals[bx_of(i)];
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
    GlobalCell* const global = at.function->globals[bx_of(i)];
    if (global->value.load().is_absent()) [[unlikely]] {
      STORE_IP();
      raise_undefined_variable(thread, global->name);
      goto failed;
    }
    global->value.store(RA);
    NEXT;
  }
  OP(define_global) {
    at.function->globals[bx_of(i)]->value.store(RA);
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
#define ARITHMETIC(name, operation, second)                        \
  OP(name) {                                                       \
    const Value v = RB;                                            \
    const Value w = second;                                        \
    if (!both_numbers(v, w)) [[unlikely]]                          \
      goto operands_must_be_numbers;                               \
    RA = Value::arithmetic(v.as_number() operation w.as_number()); \
    NEXT;                                                          \
  }
#define ADDITION(name, second)                               \
  OP(name) {                                                 \
    const Value v = RB;                                      \
    const Value w = second;                                  \
    if (both_numbers(v, w)) [[likely]] {                     \
      RA = Value::arithmetic(v.as_number() + w.as_number()); \
      NEXT;                                                  \
    }                                                        \
    STORE_IP();                                              \
    const Value sum = add_operation(thread, v, w);           \
    if (sum.is_absent()) goto failed;                        \
    RA = sum;                                                \
    NEXT;                                                    \
  }
#define K_C at.constants[c_of(i)]
#define K_B at.constants[b_of(i)]
  ADDITION(add, RC)
  ARITHMETIC(subtract, -, RC)
  ARITHMETIC(multiply, *, RC)
  ARITHMETIC(divide, /, RC)
  ADDITION(add_k, K_C)
  ARITHMETIC(subtract_k, -, K_C)
  ARITHMETIC(multiply_k, *, K_C)
  ARITHMETIC(divide_k, /, K_C)

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
#define COMPARE_AND_JUMP(name, left, right, negation)               \
  OP(name) {                                                        \
    const Value v = left;                                           \
    const Value w = right;                                          \
    if (!both_numbers(v, w)) [[unlikely]]                           \
      goto operands_must_be_numbers;                                \
    if (negation(v.as_number() < w.as_number())) at.ip += sc_of(i); \
    NEXT;                                                           \
  }
  COMPARE_AND_JUMP(jump_less, RA, RB, IDENTITY)
  COMPARE_AND_JUMP(jump_not_less, RA, RB, !)
  COMPARE_AND_JUMP(jump_less_k, RA, K_B, IDENTITY)
  COMPARE_AND_JUMP(jump_not_less_k, RA, K_B, !)
  COMPARE_AND_JUMP(jump_greater_k, K_B, RA, IDENTITY)
  COMPARE_AND_JUMP(jump_not_greater_k, K_B, RA, !)
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
    const std::uint32_t count = b_of(i);
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
    const std::uint32_t count = b_of(i);
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
    const std::uint32_t count = b_of(i);
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
    const Value v = instance_of_operation(thread, RB, RC);
    if (v.is_absent()) goto failed;
    RA = v;
    NEXT;
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
    Value* const parts = &RA;
    const Value v = make_text_operation(thread, parts, b_of(i));
    if (v.is_absent()) goto failed;
    *parts = v;
    NEXT;
  }
  OP(make_list) {
    STORE_IP();
    Value* const base = &RA;
    *base = Value::object(List::make(base + 1, b_of(i)));
    NEXT;
  }
  OP(extend_list) {
    STORE_IP();
    Value* const base = &RA;
    as<List>(*base)->append(base + 1, b_of(i));
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
    }
    STORE_IP();
    const Value v = get_element(thread, receiver, index);
    if (v.is_absent()) goto failed;
    RA = v;
    NEXT;
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
    Value* const iteration = &RA;
    STORE_IP();
    switch (next_element(thread, iteration)) {
      case IterationStep::element:
        at.ip += sbx_of(i);
        break;
      case IterationStep::end:
        break;
      case IterationStep::by_methods:
        ++at.ip;
        break;
      case IterationStep::failed:
        goto failed;
    }
    NEXT;
  }

  OP(throw_value) {
    STORE_IP();
    throw_operation(thread, RA);
    goto failed;
  }
  OP(rethrow) {
    STORE_IP();
    const Value* const thrown = &RA;
    rethrow_operation(thread, thrown[0], thrown[1]);
    goto failed;
  }
  OP(import_module) {
    STORE_IP();
    const Value v = import_operation(thread, *at.function, at.constants[bx_of(i)]);
    if (v.is_absent()) goto failed;
    RA = v;
    NEXT;
  }
  OP(print) {
    STORE_IP();
    if (!print_operation(thread, RA)) goto failed;
    NEXT;
  }

enter_found:
  if (!enter(thread, state, at, found, found_base, b_of(i))) goto failed;
  NEXT;
run_getter:
  if (!enter_getter(thread, state, at, found, found_receiver, getter_code)) goto failed;
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
  take_interrupt(thread);
  thread.raise("Interrupted.");
  state.error.can_be_caught = false;
  return Value::absent();
halt:
  return r[0];
deliver : {
  const Value v = r[0];
  --at.frame;
  state.frames.set_top(at.frame + 1);
  at.load_frame(state);
  i = at.ip[-1];
  RA = v;
  NEXT;
}
deliver_and_call : {
  const Value v = r[0];
  --at.frame;
  state.frames.set_top(at.frame + 1);
  at.load_frame(state);
  i = at.ip[-1];  // has the operands of `call` where that has them
  RA = v;
  goto op_call;
}
}

#undef r
#pragma GCC diagnostic pop

/// run(), with C++ exceptions turned into errors of the program, which may catch them.
Value run_guarded(Thread& thread, Thread::State& state) {
  do {
    try {
      return run(thread, state);
    } catch (const std::bad_alloc&) {  // gc::OutOfMemory too
      gc::clear_stack();               // what the loop left there could keep all that the program held
      thread.raise("Out of memory.");
    } catch (const std::exception& error) {
      thread.raise(error.what());
    }
  } while (unwind(thread));
  return Value::absent();
}

/// One entry from C++: takes its frame away again, also when an exception passes.
class Entry {
 public:
  Entry(Thread::State& state, Frame* frame, Value* base) : state_(state), frame_(frame), base_(base) {
    ++state_.nesting;
  }
  ~Entry() {
    --state_.nesting;
    state_.values.set_top(base_);
    state_.frames.set_top(frame_);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Thread::State& state_;
  Frame* frame_;
  Value* base_;
};

}  // namespace

bool request_interrupt(Thread& thread) noexcept {
  if (interrupted_label == nullptr || thread.state().interrupted.exchange(true)) return false;
  lead_to(true);
  return true;
}

bool take_interrupt(Thread& thread) noexcept {
  if (!thread.state().interrupted.exchange(false)) return false;
  lead_to(false);
  return true;
}

Value call_value(Thread& thread, Value callee, const Value* arguments, std::uint32_t count) {
  Thread::State& state = thread.state();
  auto* const base = static_cast<Value*>(state.values.top());
  Frame* const frame = state.frame() + 1;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (state.nesting == Thread::State::kMaxNesting || here < state.native_stack_limit ||
      count >= static_cast<std::size_t>(state.value_limit - base) || frame == state.frame_limit) {
    return thread.raise("Stack overflow.");
  }
  if (count > 0xffff) return thread.raise("Too many arguments.");
  state.values.set_top(base + 1 + count);  // before the stores, as in enter()
  base[0] = callee;
  std::copy_n(arguments, count, base + 1);
  // An entry frame, whose code makes the call and then halts: returns need no test for the last frame.
  const Instruction code[] = {encode(Opcode::call, 0, count, 0), kHalt};
  state.frames.set_top(frame + 1);
  *frame = Frame{code, base, entry_closure()};
  const Entry entry(state, frame, base);
  const Value result = run_guarded(thread, state);
  if (result.is_absent()) {
    // Frames that are made here later would show the collector what these have left.
    std::fill(base, static_cast<Value*>(state.values.top()), Value::absent());
  }
  return result;
}

}  // namespace interlox::vm
