// SPDX-License-Identifier: BSD-3-Clause
// The way into the interpreter from C++.
#include <algorithm>
#include <exception>
#include <new>

#include "gc/clear_stack.hpp"
#include "vm/exceptions.hpp"
#include "vm/frames.hpp"
#include "vm/interpreter.hpp"

namespace interlox::vm {
namespace {

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
  Entry(Thread::State& state, Frame* frame, Value* top)
      : state_(state), frame_(frame), outer_(state.narrowed()) {
    ++state_.nesting;
    state_.narrow({frame, top});
    state_.frames.set_top(frame + 1);
  }
  ~Entry() {
    --state_.nesting;
    state_.frames.set_top(frame_);
    state_.narrow(outer_);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Thread::State& state_;
  Frame* frame_;
  Thread::State::Narrowed outer_;
};

}  // namespace

Value call_value(Thread& thread, Value callee, const Value* arguments, std::uint32_t count) {
  Thread::State& state = thread.state();
  auto* const base = static_cast<Value*>(state.values.top());
  Frame* const frame = state.frame() + 1;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (state.nesting == Thread::State::kMaxNesting || here < state.native_stack_limit ||
      !state.has_room(frame, base + 1 + count)) {
    return thread.raise("Stack overflow.");
  }
  if (count > 0xffff) return thread.raise("Too many arguments.");
  // An entry frame, whose code makes the call and then halts: returns need no test for the last frame.
  const Instruction code[] = {encode(Opcode::call, 0, count, 0), kHalt};
  *frame = Frame{code, base, nullptr, entry_closure()};
  const Entry entry(state, frame, base + 1 + count);
  base[0] = callee;
  std::copy_n(arguments, count, base + 1);
  const Value result = run_guarded(thread, state);
  if (result.is_absent()) {
    // Frames that are made here later would show the collector what these have left.
    std::fill(base, static_cast<Value*>(state.values.top()), Value::absent());
  }
  return result;
}

}  // namespace interlox::vm
