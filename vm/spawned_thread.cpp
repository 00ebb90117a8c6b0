// SPDX-License-Identifier: BSD-3-Clause
#include "vm/spawned_thread.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/cleanup.hpp"
#include "vm/exceptions.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/runtime_error.hpp"
#include "vm/symbol_table.hpp"
#include "vm/trace.hpp"
#include "vm/unjoined_errors.hpp"

namespace interlox::vm {
namespace {

// relaxed: numbers that differ are all that is asked for
std::uint64_t next_id() noexcept {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// The cleanup of a thread that failed: the argument is the number of its error.
Value report_unjoined(const Arguments& in) {
  UnjoinedErrors::instance().report(static_cast<std::uint64_t>(in[0].as_number()));
  return Value::nil();
}

Native* report_action() {
  static const gc::Root<Native> action(Native::make(intern("report"), 1, report_unjoined));
  return action.get();
}

}  // namespace

SpawnedThread::SpawnedThread() noexcept : Object(ObjectKind::thread), id_(next_id()) {}

SpawnedThread* SpawnedThread::start(Thread& parent, Value callee, const Value* arguments,
                                    std::uint32_t count) {
  report_action();  // a thread that fails may have no memory for it
  auto* const spawned = ::new (gc::allocate(sizeof(SpawnedThread))) SpawnedThread();
  spawned->callee_ = callee;
  spawned->arguments_ = static_cast<Value*>(gc::allocate((count + 1) * sizeof(Value)));
  spawned->count_ = count;
  std::copy_n(arguments, count, spawned->arguments_);

  std::unique_ptr<Thread> thread = Thread::make(parent.shared_output());
  thread->describe("<Thread " + std::to_string(spawned->id_) + ">");
  spawned->identity_ = thread->identity();
  start_program_thread(
      std::move(thread), [](SpawnedThread* self) { self->run(Thread::current()); }, spawned);
  return spawned;
}

void SpawnedThread::run(Thread& thread) noexcept {
  try {
    // What it is called with is its own from here on, and may die before the thread ends.
    result_ =
        call_value(thread, std::exchange(callee_, Value::nil()), std::exchange(arguments_, nullptr), count_);
    // Who joins may then collect, before this thread has left: what its calls have left on the stack would
    // keep what the program held.
    gc::clear_stack();
    if (result_.is_absent()) fail(thread);
  } catch (const std::exception&) {  // memory
    PendingError error;
    error.message = "Out of memory.";
    if (result_.is_absent() && thrown_.is_absent()) thrown_ = error_value(error);
    if (unjoined_ == 0) thread.output().report(error.message);  // rather twice than not at all
  }
  end_.come();
}

/// Keeps the error for join(), and its text in case that nobody calls that.
void SpawnedThread::fail(Thread& thread) {
  const PendingError error = take_pending(thread.state());
  thrown_ = error_value(error);
  hint_name_ = error.hint_name;
  hint_receiver_ = error.hint_receiver;
  trace_ = error.encoded_trace.is_absent() ? encode_trace(error.trace) : error.encoded_trace;
  std::string text = thrown_text(thread, thrown_);
  for (const TraceFrame& frame : decode_trace(trace_)) text.append(1, '\n').append(plain_text(frame));
  unjoined_ = UnjoinedErrors::instance().add(std::move(text), thread.shared_output());
  Cleanup::add(this, Value::object(report_action()), Value::number(static_cast<double>(unjoined_)));
}

Value SpawnedThread::join(Thread& caller) {
  if (caller.identity() == identity_) return caller.raise("A thread can't join itself.");
  if (end_.await(identity_) == Wait::Outcome::interrupted) return raise_interrupted(caller);
  if (!result_.is_absent()) return result_;
  UnjoinedErrors::instance().forget(unjoined_);
  Thread::State& state = caller.state();
  set_thrown(state, thrown_);
  set_hint(state, hint_name_, hint_receiver_);
  const std::vector<TraceFrame> below = decode_trace(trace_);
  state.error.trace.insert(state.error.trace.begin(), below.begin(), below.end());
  return Value::absent();
}

}  // namespace interlox::vm
