// SPDX-License-Identifier: BSD-3-Clause
// What a thread has while it runs code: the runtime's own view, not for embedders.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gc/root.hpp"
#include "vm/diagnostics.hpp"
#include "vm/symbol.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

/// Memory mapped for a stack, with a page at its end that faults. Only what was touched
/// takes memory.
class MappedStack {
 public:
  /// Room for `bytes`, rounded up to pages. Throws std::system_error.
  explicit MappedStack(std::size_t bytes);
  ~MappedStack();
  MappedStack(const MappedStack&) = delete;
  MappedStack& operator=(const MappedStack&) = delete;

  void* base() const noexcept { return base_; }
  void* end() const noexcept { return static_cast<char*>(base_) + bytes_; }

 private:
  std::size_t bytes_;
  void* base_;
};

/// A run-time error on its way to whoever handles it. In scanned memory, as the state is.
struct PendingError {
  bool set = false;
  bool can_be_caught = true;
  Value thrown = Value::absent();  // what the program threw; absent: a run-time error, not yet an object
  std::string message;             // of a run-time error
  std::vector<TraceFrame> trace;   // innermost first
  // Of an error that a finally block has let pass: its trace, instead, as trace.hpp has it. It stays in that
  // form, so that an error passes through any number of such blocks at the same small cost each.
  Value encoded_trace = Value::absent();
  // What a hint can be found for: a name that nothing has, looked up in the globals, or (not absent) in
  // the receiver.
  const Symbol* hint_name = nullptr;
  Value hint_receiver = Value::absent();
};

/// The two stacks. A call's frame starts at its callee's register, which belongs to the
/// caller's frame too: arguments are passed where they are.
///
/// Invariants
///   I1  The frames from frames.base() up to top are the calls in progress; the last one runs.
///       The first is the thread's own, below everything.
///   I2  What is below the running frame's registers is live: a caller's registers up to the
///       call are its variables and pending operands. So the collector sees stale values in
///       the running frame alone: registers that it has not written yet, or is done with.
///       Garbage that hangs on them lives until they are overwritten or the frame is left; a
///       native function's frame has its arguments only.
///   I3  Before anything that may fail, allocate or call, the running frame's ip is stored.
struct Thread::State {
  static constexpr std::uint32_t kMaxNesting = 1000;  // of natives that call back
  static constexpr std::uint64_t kLots = 256;

  MappedStack value_memory{stack_sizes().bytes};
  MappedStack frame_memory{stack_sizes().frames() * sizeof(Frame)};
  gc::ScannedRange values{value_memory.base(), value_memory.end()};
  gc::ScannedRange frames{frame_memory.base(), frame_memory.end()};
  Value* const value_limit = static_cast<Value*>(value_memory.end());
  Frame* const frame_limit = static_cast<Frame*>(frame_memory.base()) + stack_sizes().frames();
  std::atomic<bool> interrupted{false};  // by request_interrupt(); the interpreter looks at it then
  std::uint32_t nesting = 0;
  std::uintptr_t native_stack_limit = 0;  // the lowest address that C++ frames may reach; set on its thread
  PendingError error;
  std::uint64_t lots = 1;  // any number but 0

  State();

  /// True once in kLots calls, at random: no rhythm of a program leaves one caller without luck.
  bool draws_lot() noexcept {
    lots ^= lots << 13;
    lots ^= lots >> 7;
    lots ^= lots << 17;  // Marsaglia's xorshift
    return lots % kLots == 0;
  }

  Frame* frame() const noexcept { return static_cast<Frame*>(frames.top()) - 1; }
};

/// A closure that is no function of a program: the frame of an entry from C++. Traces leave
/// it out.
const Closure* entry_closure();
/// Likewise, of the frame below a getter's.
const Closure* getter_closure();

}  // namespace interlox::vm
