// SPDX-License-Identifier: BSD-3-Clause
// How the interpreter's loop makes frames: for interpreter.cpp and entry.cpp alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "vm/list.hpp"
#include "vm/opcodes.hpp"
#include "vm/operations.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {

/// Runs from the last frame on until its code halts. Absent: an error is set that no handler since then
/// takes, and the frames are as they were where it came up.
Value run(Thread& thread, Thread::State& state);

/// Instructions of the interpreter's own, behind those of programs. The last two stand in a frame between a
/// getter's and the one that asked for the value (enter_getter()).
enum OwnOpcode : Instruction {
  kHalt =
      [] {
        Instruction count = 0;
#define INTERLOX_COUNT(name, format, effects, meaning) ++count;
        INTERLOX_OPCODES(INTERLOX_COUNT)
#undef INTERLOX_COUNT
        return count;
      }(),          // leave the loop with R[0]
  kDeliver,         // leave the frame, and finish the caller's instruction: its R[A] = R[0]
  kDeliverAndCall,  // likewise; its R[A] is then called as the instruction says
};
inline constexpr std::size_t kLabels = kDeliverAndCall + 1;
inline constexpr Instruction kDeliverCode[] = {kDeliver};
inline constexpr Instruction kDeliverAndCallCode[] = {kDeliverAndCall};

[[gnu::always_inline]] inline bool both_numbers(Value a, Value b) noexcept {
  return a.is_number() && b.is_number();
}

[[gnu::always_inline]] inline bool equals(Value a, Value b) noexcept {
  if (both_numbers(a, b)) return a.as_number() == b.as_number();
  if (a == b) return true;
  if (!a.is_object() || !b.is_object()) return false;
  if (is_object(a, ObjectKind::string) && is_object(b, ObjectKind::string)) {
    const String& x = *as<String>(a);
    const String& y = *as<String>(b);
    // The first byte, a NUL if there is none, keeps most that differ from the call.
    return x.length == y.length && x.bytes[0] == y.bytes[0] && std::memcmp(x.bytes, y.bytes, x.length) == 0;
  }
  return is_object(a, ObjectKind::range) && equal(a, b);
}

/// A list's index as a position, if it is one that needs no further thought; else one that no list has.
[[gnu::always_inline]] inline std::size_t list_position(double index) noexcept {
  if (!(index >= 0 && index < List::kMaxLength)) return List::kMaxLength;
  const auto position = static_cast<std::uint32_t>(index);
  return position == index ? position : List::kMaxLength;
}

/// The field that a cache finds in `receiver`, or absent.
[[gnu::always_inline]] inline Value cached_field(Value receiver, const Cache& cache) noexcept {
  if (!receiver.is_object()) [[unlikely]]
    return Value::absent();
  const std::uint64_t place = cache.field.load(std::memory_order_relaxed);  // relaxed: Cache, I1
  if (receiver.as_object()->shape != place >> 32) [[unlikely]]
    return Value::absent();
  return static_cast<const Instance*>(receiver.as_object())->cells[place & 0xffff].load();
}

/// Stores a value in the field that a cache finds in `receiver`; false if it finds none.
[[gnu::always_inline]] inline bool set_cached_field(Value receiver, const Cache& cache,
                                                    Value stored) noexcept {
  if (!receiver.is_object()) [[unlikely]]
    return false;
  const std::uint64_t place = cache.field.load(std::memory_order_relaxed);  // relaxed: Cache, I1
  if (receiver.as_object()->shape != place >> 32) [[unlikely]]
    return false;
  static_cast<Instance*>(receiver.as_object())->cells[place & 0xffff].store(stored);
  return true;
}

/// The registers of the loop. Whatever gets a reference to them has to be inlined: a loop whose registers
/// have an address keeps them in memory, and takes a fifth longer.
struct Registers {
  const Instruction* ip;
  Value* r;  // of the running frame
  const Value* constants;
  Frame* frame;

  [[gnu::always_inline]] void load_frame() noexcept {
    ip = frame->ip;
    r = frame->registers;
    constants = frame->constants;
  }
  [[gnu::always_inline]] void leave_frame(Thread::State& state) noexcept {
    --frame;
    state.frames.set_top(frame + 1);
    load_frame();
  }
};

/// Makes the frame of a call, which starts at `base` with the callee or receiver and `count`
/// arguments. The caller's ip is stored. False: an error is set, and nothing has changed.
[[gnu::always_inline]] inline bool enter(Thread& thread, Thread::State& state, Registers& at,
                                         const Closure* closure, Value* base, std::uint32_t count) {
  const Function* const function = closure->function;
  Frame* const frame = at.frame + 1;
  if (function->fast_arity != count) [[unlikely]] {
    if (!prepare_call(thread, *function, base, count)) return false;
  }
  if (frame == state.frame_limit) [[unlikely]] {
    raise_stack_overflow(thread);
    return false;
  }
  frame->registers = base;
  frame->constants = function->constants;
  frame->closure = closure;
  state.frames.set_top(frame + 1);
  at = {function->code, base, frame->constants, frame};
  return true;
}

/// Makes the frame of a getter of `receiver`, above all that the running frame has; and below it one whose
/// `code` takes the value to where the running frame's instruction wants it. False: as enter().
[[gnu::always_inline]] inline bool enter_getter(Thread& thread, Thread::State& state, Registers& at,
                                                const Closure* getter, Value receiver,
                                                const Instruction* code) {
  Value* const base = at.r + at.frame->closure->function->registers;
  Frame* const frame = at.frame + 1;
  if (frame == state.frame_limit) {
    raise_stack_overflow(thread);
    return false;
  }
  *frame = Frame{code, base, nullptr, getter_closure()};
  state.frames.set_top(frame + 1);
  *base = receiver;
  at.frame = frame;
  return enter(thread, state, at, getter, base, 0);
}

}  // namespace interlox::vm
