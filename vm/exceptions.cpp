// SPDX-License-Identifier: BSD-3-Clause
#include "vm/exceptions.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/chunk.hpp"
#include "vm/instance.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/operations.hpp"
#include "vm/print.hpp"
#include "vm/runtime_error.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread_state.hpp"
#include "vm/trace.hpp"

namespace interlox::vm {
namespace {

struct ErrorNames {
  gc::Root<const Symbol> message{intern("message")};
  gc::Root<const Symbol> trace{intern("trace")};
  gc::Root<const Symbol> cause{intern("cause")};
};

const ErrorNames& error_names() {
  static const ErrorNames names;
  return names;
}

/// init(message, cause?), which sets the three fields.
Closure* make_initializer() {
  const ErrorNames& names = error_names();
  Chunk chunk;
  const auto set = [&](const Symbol* name, std::uint32_t reg) {
    chunk.emit(encode(Opcode::set_field, 0, reg, chunk.cache(name, {})), {});
  };
  set(names.message.get(), 1);
  chunk.emit(encode(Opcode::make_list, 3, 0, 0), {});
  set(names.trace.get(), 3);
  set(names.cause.get(), 2);
  chunk.emit(encode(Opcode::return_value, 0, 0, 0), {});
  auto* const function = ::new (gc::allocate(sizeof(Function))) Function();
  function->set_frame({1, 2}, 4);
  function->name = init_symbol();
  chunk.finish(*function);
  return Closure::make(function);
}

Class* make_error_class() {
  const ErrorNames& names = error_names();
  auto** const fields = static_cast<const Symbol**>(gc::allocate(3 * sizeof(Symbol*) + 1));
  fields[0] = names.message.get();
  fields[1] = names.trace.get();
  fields[2] = names.cause.get();
  auto* const plan = ::new (gc::allocate(sizeof(ClassTemplate))) ClassTemplate();
  plan->name = intern("Error");
  plan->method_count = 1;
  plan->field_count = 3;
  plan->fields = fields;
  Class* const klass = Class::make(plan);
  klass->add_method(init_symbol(), make_initializer());
  return klass;
}

Instance* error_of(Value v) noexcept { return static_cast<Instance*>(v.as_object()); }

Value field_of(const Instance& error, const Symbol* name) noexcept {
  const auto slot = error.klass()->find_field(name);
  const Cell* const cell = slot ? error.find_cell(*slot) : nullptr;
  return cell == nullptr ? Value::absent() : cell->load();
}

void set_field_of(Instance& error, const Symbol* name, Value v) {
  error.cell(error.klass()->field(name))->store(v);
}

Value make_error(std::string_view message) {
  const ErrorNames& names = error_names();
  Instance* const error = instantiate(error_class());
  set_field_of(*error, names.message.get(), Value::object(String::make(message)));
  set_field_of(*error, names.trace.get(), Value::object(List::make()));
  set_field_of(*error, names.cause.get(), Value::nil());
  return Value::object(error);
}

/// What handlers get when there is no memory for more.
Value out_of_memory_error() {
  static const gc::Root<Object> root(make_error("Out of memory.").as_object());
  return Value::object(root.get());
}

/// The frames as a program sees them. Those of another file than the outermost one's name it.
List* trace_list(const std::vector<TraceFrame>& trace) {
  List* const list = List::make(trace.size());
  for (const TraceFrame& frame : trace) {
    std::string text = plain_text(frame);
    if (frame.file != trace.back().file) text.append(" in ").append(frame.file);
    list->add(Value::object(String::make(text)));
  }
  return list;
}

/// An Error that is caught for the first time gets its trace; fields that a subclass left out become nil.
void complete_error(Instance& error, const PendingError& pending) {
  const ErrorNames& names = error_names();
  for (const Symbol* const name : {names.message.get(), names.cause.get()}) {
    const bool has_getter = error.klass()->find_method(name) != nullptr;
    if (!has_getter && field_of(error, name).is_absent()) set_field_of(error, name, Value::nil());
  }
  const Value known = field_of(error, names.trace.get());
  const bool has_trace = is_object(known, ObjectKind::list) && as<List>(known)->length() != 0;
  if (!has_trace) set_field_of(error, names.trace.get(), Value::object(trace_list(trace_of(pending))));
}

/// The handler of the frame's instruction that runs, or null.
const Handler* find_handler(const Frame& frame) noexcept {
  const Function& function = *frame.closure->function;
  if (function.handler_count == 0) return nullptr;
  const auto index = static_cast<std::size_t>(frame.ip - function.code) - 1;  // ip is past it
  const Handler* const end = function.handlers + function.handler_count;
  const Handler* const found = std::find_if(
      function.handlers, end, [=](const Handler& h) { return h.begin <= index && index < h.end; });
  return found == end ? nullptr : found;
}

/// Takes the pending error and puts it where the handler has it.
void hand_over(const PendingError& error, const Handler& handler, Value* registers) {
  const Value thrown = error.thrown.is_absent() ? make_error(error.message) : error.thrown;
  registers[handler.reg] = thrown;  // where the collector sees it
  if (is_error(thrown)) complete_error(*error_of(thrown), error);
  if (!handler.keeps_trace) return;
  registers[handler.reg + 1] =
      error.encoded_trace.is_absent() ? encode_trace(error.trace) : error.encoded_trace;
}

}  // namespace

Class* error_class() {
  static const gc::Root<Class> root(make_error_class());
  return root.get();
}

bool is_error(Value v) noexcept {
  return is_instance(v) && error_of(v)->klass()->is_subclass_of(error_class());
}

void prepare_errors() { out_of_memory_error(); }

Value error_value(const PendingError& error) noexcept {
  try {
    return error.thrown.is_absent() ? make_error(error.message) : error.thrown;
  } catch (const std::exception&) {  // memory
    return out_of_memory_error();
  }
}

void throw_operation(Thread& thread, Value thrown) { set_thrown(thread.state(), thrown); }

void rethrow_operation(Thread& thread, Value thrown, Value trace) {
  PendingError& error = thread.state().error;
  error.set = true;
  error.thrown = thrown;
  error.encoded_trace = trace;
}

bool unwind(Thread& thread) noexcept {
  Thread::State& state = thread.state();
  if (!state.error.can_be_caught) return false;
  const Closure* const entry = entry_closure();
  Frame* frame = state.frame();
  const Handler* handler = nullptr;
  while (frame->closure != entry && (handler = find_handler(*frame)) == nullptr) --frame;
  if (handler == nullptr) return false;

  // The frames are left first: what they hold may be the memory that there was too little of.
  const Function& function = *frame->closure->function;
  state.frames.set_top(frame + 1);
  state.widen();
  std::fill(frame->registers + handler->reg, frame->registers + function.registers, Value::absent());
  frame->ip = function.code + handler->target;
  try {
    hand_over(take_pending(state), *handler, frame->registers);
  } catch (const std::exception&) {  // memory
    state.error.set = false;
    frame->registers[handler->reg] = out_of_memory_error();
  }
  return true;
}

namespace {

/// The message of an Error: a field, or what a subclass has a getter for. Absent if neither has one.
Value message_of(Thread& thread, Value error) {
  const Symbol* const name = error_names().message.get();
  const Instance& instance = *error_of(error);
  const Value field = field_of(instance, name);
  const MethodRecord* const record = instance.klass()->find_method(name);
  if (!field.is_absent() || record == nullptr) return field;
  Closure* const getter = record->method.load(std::memory_order_acquire);  // pairs with Class::add_method's
  if (!getter->is_getter()) return Value::absent();
  const Value message = call_value(thread, Value::object(BoundMethod::make(error, getter)), nullptr, 0);
  if (message.is_absent()) take_pending(thread.state());  // it has failed
  return message;
}

}  // namespace

std::string thrown_text(Thread& thread, Value thrown) {
  if (is_error(thrown)) {
    const Value message = message_of(thread, thrown);
    if (!message.is_absent() && !message.is_nil()) thrown = message;
  }
  if (std::optional<std::string> text = text_of(thread, thrown)) return *text;
  take_pending(thread.state());  // its toString() has failed
  return to_text(thrown);
}

}  // namespace interlox::vm
