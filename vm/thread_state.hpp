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
///       native function that runs has its arguments only (narrow()).
///   I3  Before anything that may fail, allocate or call, the running frame's ip is stored.
///   I4  The values end where the running frame's registers do, or where narrow() said for it. So calls and
///       returns have one top to keep, that of the frames; and what makes a frame writes it before it raises
///       that top.
///   I5  After the running frame's registers there is room for kSmallFrame more registers for each frame that
///       can still be made. So a frame of at most that many needs a free frame and no look at the values.
struct Thread::State {
  static constexpr std::uint32_t kMaxNesting = 1000;  // of natives that call back
  static constexpr std::uint64_t kLots = 256;

  MappedStack value_memory{stack_sizes().bytes};
  MappedStack frame_memory{stack_sizes().frames() * sizeof(Frame)};
  gc::ScannedRange frames{frame_memory.base(), frame_memory.end()};
  gc::ScannedRange values{value_memory.base(), value_memory.end(), find_values_top, this};
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

  /// Whether `frame` can be made with registers up to `top`, exclusive (I5).
  bool has_room(const Frame* frame, const Value* top) const noexcept {
    return frame < frame_limit &&
           value_limit - top >= (frame_limit - 1 - frame) * std::ptrdiff_t{kSmallFrame};
  }

  /// The running frame's values end at `top` for as long as it runs: what lies above is stale. One frame at a
  /// time has such an end; a call from C++ puts the one that it found back (entry.cpp).
  struct Narrowed {
    const Frame* frame;
    Value* top;
  };
  Narrowed narrowed() const noexcept {
    return {narrowed_frame_.load(std::memory_order_relaxed), narrowed_top_.load(std::memory_order_relaxed)};
  }
  void narrow(Narrowed narrowed) noexcept {
    // The collector sees both words or none, wherever it stops this thread: the fences keep the compiler to
    // this order.
    narrowed_frame_.store(nullptr, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    narrowed_top_.store(narrowed.top, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    narrowed_frame_.store(narrowed.frame, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  void widen() noexcept { narrow({nullptr, nullptr}); }

 private:
  static void* find_values_top(const void* owner) noexcept;

  std::atomic<const Frame*> narrowed_frame_{nullptr};
  std::atomic<Value*> narrowed_top_{nullptr};
};

/// A closure that is no function of a program: the frame of an entry from C++. Traces leave
/// it out.
const Closure* entry_closure();
/// Likewise, of the frame below a getter's.
const Closure* getter_closure();

}  // namespace interlox::vm
