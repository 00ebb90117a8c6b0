// SPDX-License-Identifier: BSD-3-Clause
// Threads that wait for each other: one way to block for all that blocks (channels, select, join(), locks,
// imports, sleep), so that any wait can be interrupted, and deadlocks are seen (deadlock.hpp).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "vm/value.hpp"

namespace interlox::vm {

class Thread;
class Wait;
struct Waiter;

/// Where a thread sleeps: one for each, whatever it waits for.
struct Parker {
  std::mutex mutex;  // guards what follows and the outcome of the wait
  std::condition_variable wake;
  Wait* current = nullptr;  // what the thread is blocked in

  /// The calling thread's; lives as long as it does.
  static Parker& own() noexcept;
};

/// One operation that may block, on the stack of its thread.
///
/// Invariants
///   I1  `outcome` leaves `waiting` once, under the parker's mutex: of all who could end a wait (several
///       channels of a select, a deadline, an interrupt) one does.
///   I2  Whoever ends a wait whose thread counts as blocked takes it off that count in the same step, for a
///       thread that has yet to wake up.
///   I3  Others reach a wait through a list, under the list owner's mutex, which the waiting thread takes to
///       leave the list before it goes on; or through the parker or the graph of waits, under their mutexes.
///       So a wait is there while somebody ends it.
///
/// Under the collector: a thread that waits is stopped and scanned like any other; the signal interrupts the
/// sleep, which then goes on. Nothing is allocated. All functions but those that say otherwise are for the
/// thread that waits.
class Wait {
 public:
  using Clock = std::chrono::steady_clock;
  using Deadline = std::optional<Clock::time_point>;

  enum class Outcome : std::uint8_t {
    waiting,
    served,       // what was waited for has come
    closed,       // it will not come: the channel was closed
    refused,      // it has come, but is nothing that this thread can take
    timed_out,    // the deadline came first
    interrupted,  // request_interrupt() (interpreter.hpp)
    circle,       // of an import: it would be waited for in a circle
  };
  /// Waits for what one thread alone can bring: edges in the graph of waits.
  enum class Edge : std::uint8_t { none, join, import };

  /// `what` names the operation in reports of deadlocks; a literal.
  explicit Wait(const char* what) noexcept : parker_(Parker::own()), what_(what) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  /// Blocks until the wait has ended. Without a deadline the thread counts as blocked meanwhile. No lock may
  /// be held.
  Outcome await(Deadline deadline = std::nullopt) noexcept;
  /// The same for what the thread of that identity is to bring; ends with `circle`, if it is an import,
  /// rather than wait in a circle of such waits.
  Outcome await(std::uint64_t identity, Edge edge) noexcept;

  /// Ends the wait, if nobody has yet, and wakes its thread; whether this call did. Any thread, under a mutex
  /// as in I3; afterwards the wait may be gone as soon as that is free. `by` is what ended_by() will give.
  bool end(Outcome outcome, Waiter* by = nullptr) noexcept;

  /// Whether it has ended. Any thread, as end().
  bool is_over() const noexcept;

  /// Which of the waiters of this wait was the one that ended it.
  Waiter* ended_by() const noexcept { return by_; }
  const char* what() const noexcept { return what_; }

 private:
  friend class Deadlocks;
  friend void interrupt_wait(Thread& thread) noexcept;
  bool end_locked(Outcome outcome, Waiter* by) noexcept;

  Parker& parker_;
  const char* const what_;
  Waiter* by_ = nullptr;
  Outcome outcome_ = Outcome::waiting;
  bool counted_ = false;
  // The edge; guarded by the graph's mutex.
  Edge edge_ = Edge::none;
  std::uint64_t from_ = 0;
  std::uint64_t to_ = 0;
  Wait* next_edge_ = nullptr;
};

/// A place in a list of those who wait for the same thing, on the waiting thread's stack. All of it is
/// guarded by the mutex of the list's owner, but for what the thread reads once it is out of the list.
struct Waiter {
  explicit Waiter(Wait& w) noexcept : wait(w) {}

  Wait& wait;
  Value value = Value::absent();  // what a sender offers; what a receiver got
  void* node = nullptr;           // memory that a sender brings
  bool takes_all = true;          // a receiver: also what no program of the language can hold
  std::uint64_t identity = 0;     // who waits for a lock: its thread;
  bool was_passed_over = false;   // and whether it was woken before and came too late
  bool is_linked = false;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
};

struct WaiterList {
  Waiter* first = nullptr;
  Waiter* last = nullptr;

  void append(Waiter& w) noexcept;
  void prepend(Waiter& w) noexcept;
  /// No effect on one that is in no list any more.
  void remove(Waiter& w) noexcept;
  /// Takes out the first and ends its wait; again, as long as that has ended otherwise. False if there is
  /// none left.
  bool end_first(Wait::Outcome outcome) noexcept;
  void end_all(Wait::Outcome outcome) noexcept;
};

/// The end of a thread, for which others wait.
///
/// Invariant I4: it comes under the mutex that guards the list, so that who is in the list has seen the
/// thread run on, and is woken.
class ThreadEnd {
 public:
  /// Whether it has come; then all that the thread did before has happened before. Wait-free.
  bool has_come() const noexcept { return has_come_.load(std::memory_order_acquire); }  // (2) pairs with (1)
  /// It has: the thread's last step here, once. The thread keeps this until it returns.
  void come() noexcept;
  /// Waits for it, as the end of the thread of that identity: `served`, or `interrupted`. Any other thread.
  Wait::Outcome await(std::uint64_t identity) noexcept;

 private:
  std::mutex mutex_;
  WaiterList waiters_;
  std::atomic<bool> has_come_{false};
};

/// The point in time so many seconds from now (at once, if they are negative); none if that is more than
/// thirty years off. `seconds` is not NaN.
Wait::Deadline deadline_in(double seconds) noexcept;

/// Ends the wait that `thread` is in after request_interrupt(), if it is in one. Takes locks: not for signal
/// handlers. Any thread, also one unknown to the collector, while `thread` lives.
void interrupt_wait(Thread& thread) noexcept;

}  // namespace interlox::vm
