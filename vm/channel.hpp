// SPDX-License-Identifier: BSD-3-Clause
// Channels between threads: unbounded, bounded, or a rendezvous.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>

#include "vm/object.hpp"

namespace interlox::vm {

/// A first-in, first-out queue of values that threads block on.
///
/// Invariants (all fields are guarded by mutex_)
///   I1  At most one of these is non-empty: the queue with waiting receivers, or the waiting
///       receivers with the waiting senders. A receiver waits only if the queue is empty and
///       nobody waits to send; a sender only if the queue is full and nobody waits to receive.
///   I2  A waiter is linked exactly while its outcome is `waiting`; whoever changes the outcome
///       unlinks it first, under the mutex. Waiters are served in the order they came.
///   I3  After close() nobody waits, and no value is added.
///   I4  A node that left the queue links to nothing, so a stale reference that the collector
///       finds keeps one node, not all that followed it.
///
/// Under the collector: values lie in nodes of the collected heap or, while their thread waits,
/// in waiters on its stack; both are scanned. A thread that waits is stopped and scanned like
/// any other: the signal interrupts the wait, which then goes on. No allocation happens under
/// the mutex. A channel is never destroyed, only abandoned: std::mutex is trivially destructible
/// here (asserted below), and the condition variables, which need not be, live in the waiters.
///
/// Linearization: each operation where it holds the mutex and decides; a wait that ends well,
/// where the other side hands over. All functions need a registered thread.
struct Channel : Object {
  /// The capacity of a channel that never makes a sender wait.
  static constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};

  using Clock = std::chrono::steady_clock;

  /// A channel that holds at most `capacity` values; with 0 each send waits for its receiver.
  /// Throws gc::OutOfMemory.
  static Channel* make(std::uint64_t capacity = kUnbounded);

  /// Sends `v`, which must not be absent; blocks while the channel is full. False if the channel
  /// is closed, or is closed while this waits: nobody received `v` then. Throws gc::OutOfMemory,
  /// with nothing sent.
  bool send(Value v);

  /// The next value; blocks until there is one, until `deadline` if there is one, or until the
  /// channel is closed and empty. Absent if none came. A deadline in the past only looks.
  Value receive(std::optional<Clock::time_point> deadline = std::nullopt);

  /// No send after this succeeds; what is queued can still be received. Again: no effect.
  void close() noexcept;

  /// How many values are queued right now.
  std::uint64_t size() const noexcept;
  bool is_closed() const noexcept;
  std::uint64_t capacity() const noexcept { return capacity_; }

 private:
  struct Node {
    Value value;
    Node* next;
  };

  enum class Outcome : std::uint8_t { waiting, served, closed };

  // One blocked operation, on its thread's stack. The condition variable is its own, so that
  // exactly the thread that was served wakes up.
  struct Waiter {
    Value value;           // a sender's offer; what a receiver got
    Node* node = nullptr;  // a sender's, unless this is a rendezvous
    Outcome outcome = Outcome::waiting;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    std::condition_variable wake;
  };

  struct WaiterList {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    void append(Waiter& w) noexcept;
    void remove(Waiter& w) noexcept;
  };

  explicit Channel(std::uint64_t capacity) noexcept : Object(ObjectKind::channel), capacity_(capacity) {}

  // The functions below are called with mutex_ held.
  void serve(WaiterList& list, Waiter& w, Outcome outcome) noexcept;
  void enqueue(Node* node) noexcept;
  Value dequeue() noexcept;

  static_assert(std::is_trivially_destructible_v<std::mutex>);
  mutable std::mutex mutex_;
  const std::uint64_t capacity_;
  std::uint64_t size_ = 0;
  Node* first_ = nullptr;
  Node* last_ = nullptr;
  WaiterList receivers_;
  WaiterList senders_;
  bool closed_ = false;
};

static_assert(std::is_trivially_destructible_v<Channel>);

}  // namespace interlox::vm
