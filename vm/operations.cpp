// SPDX-License-Identifier: BSD-3-Clause
#include "vm/operations.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>

#include "vm/import.hpp"
#include "vm/list.hpp"
#include "vm/module.hpp"
#include "vm/native_class.hpp"
#include "vm/output.hpp"
#include "vm/print.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {
namespace {

constexpr CallStep kFailed{nullptr, false};
constexpr CallStep kDone{nullptr, true};
constexpr const char* kOnlyInstancesHaveMethods = "Only instances have methods.";
constexpr const char* kOnlyInstancesHaveProperties = "Only instances have properties.";

Instance* instance_of(Value v) noexcept { return static_cast<Instance*>(v.as_object()); }

void raise_undefined_property(Thread& thread, const Symbol* name, Value receiver) {
  thread.raise(name_message("Undefined property '", name, "'."));
  set_hint(thread.state(), name, receiver);
}

/// Leaves what was looked up in a cache, for the next time. An empty cache takes it at once, a full one only
/// now and then: a place in the code that meets several classes in turn would otherwise write with every call
/// to a cache line that all threads read.
template <class Word>
void leave_in_cache(Thread& thread, std::atomic<Word>& cached, Word found, std::memory_order order) {
  const Word present = cached.load(std::memory_order_relaxed);  // relaxed: only compared
  if (present == found) return;
  if (present == Word{} || thread.state().draws_lot()) cached.store(found, order);
}

void leave_place(Thread& thread, Cache& cache, const Instance* instance, std::uint32_t slot) {
  if (slot >= instance->capacity) return;  // in no cell of the instance's own
  // relaxed: any word that was ever there is right (Cache, I1)
  leave_in_cache(thread, cache.field, std::uint64_t{instance->shape} << 32 | slot, std::memory_order_relaxed);
}

void leave_method(Thread& thread, Cache& cache, const MethodRecord* record) {
  leave_in_cache(thread, cache.method, record,
                 std::memory_order_release);  // (1) pairs with the invoke instruction's load
}

/// The value of the field named by the cache, or absent.
Value read_field(Thread& thread, const Instance* instance, const Class* klass, Cache& cache) {
  const auto slot = klass->find_field(cache.name);
  if (!slot) return Value::absent();
  leave_place(thread, cache, instance, *slot);
  const Cell* const cell = instance->find_cell(*slot);
  return cell == nullptr ? Value::absent() : cell->load();
}

/// Runs function(arguments) as the call of a native with `count` arguments, which stand behind registers[0].
template <class Function>
[[gnu::always_inline]] inline CallStep run_native(Thread& thread, Value* registers, std::uint32_t count,
                                                  Arity arity, Function function) {
  if (!arity.accepts(count)) {
    raise_arity(thread, arity, count);
    return kFailed;
  }
  Thread::State& state = thread.state();
  const Thread::State::Narrowed outer = state.narrowed();
  state.narrow({state.frame(), registers + 1 + count});  // its frame: what the caller has above is stale
  const Value result = function(registers + 1);
  state.narrow(outer);
  assert(result.is_absent() == state.error.set && "a native gives a value or raises an error");
  if (result.is_absent()) return kFailed;
  registers[0] = result;
  return kDone;
}

CallStep call_native(Thread& thread, Value* registers, std::uint32_t count, const Native& native) {
  return run_native(thread, registers, count, native.arity, [&](const Value* arguments) {
    return native.function(Arguments(thread, native.name->view(), Value::nil(), arguments, count));
  });
}

/// registers[0] is the receiver.
CallStep call_native_method(Thread& thread, Value* registers, std::uint32_t count,
                            const NativeMember& method) {
  return run_native(thread, registers, count, method.arity, [&](const Value* arguments) {
    return method.function(Arguments(thread, method.name, registers[0], arguments, count));
  });
}

/// registers[0] is the class.
CallStep call_native_class(Thread& thread, Value* registers, std::uint32_t count,
                           const NativeClassPlan& plan) {
  if (plan.constructor == nullptr) {
    thread.raise(std::string(plan.name).append(" can't be called: it has no constructor."));
    return kFailed;
  }
  return run_native(thread, registers, count, plan.arity, [&](const Value* arguments) {
    return plan.constructor(Arguments(thread, plan.name, registers[0], arguments, count));
  });
}

Value read_native_property(Thread& thread, Value receiver, const NativeMember& property) {
  const Value value = property.function(Arguments(thread, property.name, receiver, nullptr, 0));
  assert(value.is_absent() == thread.state().error.set && "a property has a value or raises an error");
  return value;
}

/// The member of a module, or absent with the thread's error set.
Value read_module_member(Thread& thread, Value module, const Symbol* name) {
  const Value member = as<Module>(module)->member(name);
  if (member.is_absent()) raise_undefined_property(thread, name, module);
  return member;
}

/// The member of the builtin class of `receiver`, or null.
const NativeMember* find_native_member(Value receiver, const Symbol* name) noexcept {
  const NativeClass* const klass = class_of(receiver);
  return klass == nullptr ? nullptr : klass->find(name);
}

/// The call of the cache's method on what is no instance.
CallStep invoke_native(Thread& thread, Value* registers, std::uint32_t count, Cache& cache) {
  const Symbol* const name = cache.name;
  if (is_object(registers[0], ObjectKind::module)) {
    const Value callee = read_module_member(thread, registers[0], name);
    if (callee.is_absent()) return kFailed;
    registers[0] = callee;
    return call_operation(thread, registers, count);
  }
  const NativeClass* const klass = class_of(registers[0]);
  const NativeRecord* const record = klass == nullptr ? nullptr : klass->find_record(name);
  if (record == nullptr) {
    thread.raise(kOnlyInstancesHaveMethods);
    return kFailed;
  }
  if (!record->member.is_property) {
    leave_in_cache(thread, cache.native, record, std::memory_order_release);  // (2) pairs with (3)
    return call_native_method(thread, registers, count, record->member);
  }
  const Value callee = read_native_property(thread, registers[0], record->member);
  if (callee.is_absent()) return kFailed;
  registers[0] = callee;
  return call_operation(thread, registers, count);
}

Value get_native_member(Thread& thread, Value receiver, const Symbol* name) {
  if (is_object(receiver, ObjectKind::module)) return read_module_member(thread, receiver, name);
  const NativeMember* const member = find_native_member(receiver, name);
  if (member == nullptr) return thread.raise(kOnlyInstancesHaveProperties);
  if (member->is_property) return read_native_property(thread, receiver, *member);
  return Value::object(BoundNative::make(receiver, member));
}

/// How a call of a method goes on whose receiver stands in the first register.
CallStep method_step(const MethodRecord& record) noexcept {
  // acquire: pairs with Class::add_method's release
  const Closure* const method = record.method.load(std::memory_order_acquire);
  return {method, true, method->is_getter()};
}

ReadStep read_method(const MethodRecord& record, Value receiver) {
  Closure* const method = record.method.load(std::memory_order_acquire);  // as in method_step()
  if (method->is_getter()) return {method, Value::absent()};
  return {nullptr, Value::object(BoundMethod::make(receiver, method))};
}

}  // namespace

CallStep call_operation(Thread& thread, Value* registers, std::uint32_t count) {
  const Value callee = registers[0];
  switch (callee.is_object() ? callee.as_object()->kind() : ObjectKind::string) {
    case ObjectKind::closure:
      return {as<Closure>(callee), true};
    case ObjectKind::bound_method:
      registers[0] = as<BoundMethod>(callee)->receiver;
      return {as<BoundMethod>(callee)->method, true};
    case ObjectKind::native:
      return call_native(thread, registers, count, *as<Native>(callee));
    case ObjectKind::bound_native:
      registers[0] = as<BoundNative>(callee)->receiver;
      return call_native_method(thread, registers, count, *as<BoundNative>(callee)->method);
    case ObjectKind::native_class:
      return call_native_class(thread, registers, count, *as<NativeClass>(callee)->plan);
    case ObjectKind::klass: {
      auto* const klass = as<Class>(callee);
      registers[0] = Value::object(instantiate(klass));
      // acquire: pairs with Class::add_method's release
      if (const Closure* const initializer = klass->initializer.load(std::memory_order_acquire)) {
        return {initializer, true};
      }
      if (count == 0) return kDone;
      raise_arity(thread, 0, count);
      return kFailed;
    }
    default:
      thread.raise("Can only call functions and classes.");
      return kFailed;
  }
}

CallStep invoke_operation(Thread& thread, Value* registers, std::uint32_t count, Cache& cache) {
  const Value receiver = registers[0];
  const NativeRecord* const native = cache.native.load(std::memory_order_acquire);  // (3) pairs with (2)
  if (native != nullptr && is_object(receiver, native->kind)) {
    return call_native_method(thread, registers, count, native->member);
  }
  if (is_object(receiver, ObjectKind::klass)) {
    const MethodRecord* const record = as<Class>(receiver)->find_class_method(cache.name);
    if (record != nullptr) return method_step(*record);
  }
  if (!is_instance(receiver)) return invoke_native(thread, registers, count, cache);
  Instance* const instance = instance_of(receiver);
  const Class* const klass = instance->klass();
  const Value field = read_field(thread, instance, klass, cache);
  if (!field.is_absent()) {
    registers[0] = field;
    return call_operation(thread, registers, count);
  }
  const MethodRecord* const record = klass->find_method(cache.name);
  if (record == nullptr) {
    raise_undefined_property(thread, cache.name, receiver);
    return kFailed;
  }
  leave_method(thread, cache, record);
  return method_step(*record);
}

ReadStep get_field_operation(Thread& thread, Value receiver, Cache& cache) {
  if (is_object(receiver, ObjectKind::klass)) {
    const MethodRecord* const record = as<Class>(receiver)->find_class_method(cache.name);
    if (record != nullptr) return read_method(*record, receiver);
  }
  if (!is_instance(receiver)) return {nullptr, get_native_member(thread, receiver, cache.name)};
  const Instance* const instance = instance_of(receiver);
  const Class* const klass = instance->klass();
  const Value field = read_field(thread, instance, klass, cache);
  if (!field.is_absent()) return {nullptr, field};
  if (const MethodRecord* const record = klass->find_method(cache.name))
    return read_method(*record, receiver);
  raise_undefined_property(thread, cache.name, receiver);
  return {nullptr, Value::absent()};
}

bool set_field_operation(Thread& thread, Value receiver, Cache& cache, Value value) {
  if (!is_instance(receiver)) {
    thread.raise("Only instances have fields.");
    return false;
  }
  Instance* const instance = instance_of(receiver);
  const std::uint32_t slot = instance->klass()->field(cache.name);
  leave_place(thread, cache, instance, slot);
  instance->cell(slot)->store(value);
  return true;
}

namespace {

/// `missing`: the error where a class has no such method of its own; instances have properties that are
/// undefined.
Closure* find_super(Thread& thread, Value klass, Value receiver, Cache& cache, const char* missing) {
  assert(is_object(klass, ObjectKind::klass) && "only classes are inherited from");
  const bool of_class = is_object(receiver, ObjectKind::klass);
  const MethodRecord* const record =
      of_class ? as<Class>(klass)->find_class_method(cache.name) : as<Class>(klass)->find_method(cache.name);
  if (record == nullptr) {
    if (of_class) {
      thread.raise(missing);
    } else {
      raise_undefined_property(thread, cache.name, klass);
    }
    return nullptr;
  }
  leave_method(thread, cache, record);
  return record->method.load(std::memory_order_acquire);  // pairs with Class::add_method's release
}

}  // namespace

Closure* super_operation(Thread& thread, Value klass, Value receiver, Cache& cache) {
  return find_super(thread, klass, receiver, cache, kOnlyInstancesHaveMethods);
}

ReadStep get_super_operation(Thread& thread, Value klass, Value receiver, Cache& cache) {
  Closure* const method = find_super(thread, klass, receiver, cache, kOnlyInstancesHaveProperties);
  if (method == nullptr) return {nullptr, Value::absent()};
  if (method->is_getter()) return {method, Value::absent()};
  return {nullptr, Value::object(BoundMethod::make(receiver, method))};
}

bool prepare_call(Thread& thread, const Function& function, Value* registers, std::uint32_t count) {
  if (count < function.min_arity || count > function.arity) {
    raise_arity(thread, {function.min_arity, function.arity}, count);
    return false;
  }
  const Thread::State& state = thread.state();
  if (!state.has_room(state.frame() + 1, registers + function.registers)) {
    raise_stack_overflow(thread);
    return false;
  }
  std::fill(registers + 1 + count, registers + 1 + function.arity, Value::nil());
  return true;
}

Value add_operation(Thread& thread, Value a, Value b) {
  if (is_object(a, ObjectKind::list) && is_object(b, ObjectKind::list)) {
    return Value::object(List::concatenate(*as<List>(a), *as<List>(b)));
  }
  if (!is_object(a, ObjectKind::string) || !is_object(b, ObjectKind::string)) {
    return thread.raise("Operands must be two numbers or two strings.");
  }
  const std::string_view left = as<String>(a)->view();
  const std::string_view right = as<String>(b)->view();
  if (left.size() + right.size() > String::kMaxLength) return thread.raise("String too long.");
  return Value::object(String::concatenate(left, right));
}

Value instance_of_operation(Thread& thread, Value v, Value klass) {
  if (is_object(klass, ObjectKind::klass)) {
    return Value::boolean(is_instance(v) && instance_of(v)->klass()->is_subclass_of(as<Class>(klass)));
  }
  if (is_object(klass, ObjectKind::native_class)) {
    return Value::boolean(class_of(v) == as<NativeClass>(klass));
  }
  return thread.raise("Right operand of 'is' must be a class, not " + to_brief_text(klass) + ".");
}

Value make_text_operation(Thread& thread, const Value* values, std::uint32_t count) {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (is_object(values[i], ObjectKind::string)) {
      text += as<String>(values[i])->view();
    } else {
      const std::optional<std::string> part = text_of(thread, values[i]);
      if (!part) return Value::absent();
      text += *part;
    }
    if (text.size() > String::kMaxLength) return thread.raise("String too long.");
  }
  return Value::object(String::make(text));
}

Value closure_operation(const Function* function, const Closure* maker, const Value* registers) {
  Closure* const closure = Closure::make(function);
  for (std::uint32_t i = 0; i < function->capture_count; ++i) {
    const Capture capture = function->captures[i];
    closure->upvalues[i] =
        capture.from_register ? as<Box>(registers[capture.index]) : maker->upvalues[capture.index];
  }
  return Value::object(closure);
}

bool inherit_operation(Thread& thread, Value klass, Value super) {
  if (!is_object(super, ObjectKind::klass)) {
    thread.raise("Superclass must be a class.");
    return false;
  }
  as<Class>(klass)->inherit(as<Class>(super));
  return true;
}

bool print_operation(Thread& thread, Value v) {
  std::optional<std::string> text = text_of(thread, v);
  if (!text) return false;
  *text += '\n';
  thread.output().write(*text);
  return true;
}

Value import_operation(Thread& thread, const Function& importer, Value path) {
  return import_module(thread, importer, as<String>(path)->view());
}

void raise_operands_must_be_numbers(Thread& thread) { thread.raise("Operands must be numbers."); }

void raise_operand_must_be_a_number(Thread& thread) { thread.raise("Operand must be a number."); }

void raise_undefined_variable(Thread& thread, const Symbol* name) {
  thread.raise(name_message("Undefined variable '", name, "'."));
  set_hint(thread.state(), name);
}

void raise_arity(Thread& thread, Arity expected, std::uint64_t got) {
  thread.raise(arity_message(expected, got));
}

void raise_stack_overflow(Thread& thread) { thread.raise("Stack overflow."); }

}  // namespace interlox::vm
