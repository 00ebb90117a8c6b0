// SPDX-License-Identifier: BSD-3-Clause
// Which threads there are, how many of them are blocked, and what is done when all are.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "vm/waiting.hpp"

namespace interlox::vm {

/// What is to be done when all threads of the process wait for each other, without a deadline, and no cleanup
/// is due that could change that. `report` says so, with the frames of each thread, without a newline at the
/// end. Runs on some thread, with locks held: it may neither run code of a program nor wait for another
/// thread; it may end the process, or request_interrupt() a thread and then interrupt_wait() it.
using DeadlockHandler = void (*)(const std::string& report);

/// Sets the handler; null, as at the start, for none. To be called before threads block.
void set_deadlock_handler(DeadlockHandler handler) noexcept;

/// The threads that may run programs, those made by ThreadScope, and the detector of their deadlocks. One for
/// the process. Threads that only serve, such as the one that runs cleanups, do not count.
///
/// Invariants
///   I1  The tally has two counts in one word: the threads that live (from before they start until they have
///       ended, by whoever starts them) and those of them that are blocked. A thread is counted as blocked
///       only by itself, and taken off by whoever ends its wait (Wait, I2). So when the counts are equal all
///       threads are blocked, and stay so: who could end a wait is a thread that runs.
///   I2  Whoever makes the counts equal looks for a deadlock afterwards: a thread that blocks, a thread that
///       ends, and the cleanup thread when it goes idle, which counts as no thread but keeps the others from
///       being dead. Of the last two of them that come to rest one sees that the other does.
///   I3  A host's thread that leaves may come back, so its leaving makes no deadlock, nor is there one while
///   none
///       of the host's threads is there: it may be about to do something.
///   I4  Threads and edges are guarded by one mutex, which comes before that of any parker.
class Deadlocks {
 public:
  static Deadlocks& instance() noexcept;

  /// A thread is about to be started (or could not be): it counts from now on.
  void starting() noexcept;
  void not_started() noexcept;
  /// The thread is there: one of a program's was counted by starting(), others are from now on. Likewise when
  /// it ends.
  void entered(Thread& thread) noexcept;
  void left(Thread& thread) noexcept;

  /// Calls run(threads) with all the threads that there are, the first to come first; while that runs, which
  /// may take a collection, none comes or goes. Throws std::bad_alloc, and what `run` throws. Not for
  /// handlers.
  void with_threads(const std::function<void(std::span<const Thread* const>)>& run);

  /// Counts the calling thread as blocked; true if that makes all blocked: then check() is to be called,
  /// without locks.
  bool block() noexcept;
  /// Takes a thread off that block() has counted.
  void unblock() noexcept;

  /// Adds or takes out an edge in the graph of waits. An import that would close a circle is not added:
  /// false. A join that closes one ends an import in it, if there is one.
  bool add_edge(Wait& wait) noexcept;
  void remove_edge(Wait& wait) noexcept;

  /// If all are blocked: lets imports that wait go on; or, if there are none and nothing else can help, calls
  /// the handler. Any registered thread that holds no lock.
  void check() noexcept;

 private:
  struct State;
  explicit Deadlocks(State& state) noexcept : state_(state) {}
  State& state_;
};

}  // namespace interlox::vm
