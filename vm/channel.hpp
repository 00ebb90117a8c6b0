// SPDX-License-Identifier: BSD-3-Clause
// Channels between threads: unbounded, bounded, or a rendezvous.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <type_traits>

#include "vm/object.hpp"
#include "vm/waiting.hpp"

namespace interlox::vm {

/// A first-in, first-out queue of values that threads block on.
///
/// Invariants (all fields are guarded by mutex_)
///   I1  A receiver waits only if the queue is empty and nobody waits to send, or if it can't take what comes
///       first; a sender only if the queue is full and nobody waits who could receive.
///   I2  Whoever ends a wait takes it out of the list first, and then tries; one that has ended otherwise (a
///       select that another channel has served, a deadline, an interrupt) is passed over. Waiters are served
///       in the order they came.
///   I3  After close() nobody waits, and no value is added.
///   I4  A node that left the queue links to nothing, so a stale reference that the collector
///       finds keeps one node, not all that followed it.
///
/// Under the collector: values lie in nodes of the collected heap or, while their thread waits,
/// in waiters on its stack; both are scanned. No allocation happens under the mutex. A channel is never
/// destroyed, only abandoned: std::mutex is trivially destructible here (asserted below).
///
/// Linearization: each operation where it holds the mutex and decides; a wait that ends well,
/// where the other side hands over. All functions need a registered thread.
struct Channel : Object {
  /// The capacity of a channel that never makes a sender wait.
  static constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};

  using Clock = Wait::Clock;
  using Deadline = Wait::Deadline;

  /// How a send or a receive ended; never `waiting` or `circle`.
  using Outcome = Wait::Outcome;

  /// What a receiver can hold: any value, or only those that to_language() (interchange.hpp) can make ones of
  /// the language, as numbers. What it can't stays in the channel.
  enum class Takes : std::uint8_t { all, language };

  /// What a receive has brought.
  struct Received {
    Outcome outcome;
    Value value = Value::absent();  // what came; absent if nothing did. If it was refused, it is still there
    std::size_t index = 0;          // of select(): which channel; with `served`, `closed` and `refused`
  };

  /// A channel that holds at most `capacity` values; with 0 each send waits for its receiver.
  /// Throws gc::OutOfMemory.
  static Channel* make(std::uint64_t capacity = kUnbounded);

  /// Sends `v`, which must not be absent; blocks while the channel is full, until `deadline` if there is one.
  /// Nobody received `v` unless it was served. A deadline in the past only looks. Throws gc::OutOfMemory,
  /// with nothing sent.
  Outcome send_by(Value v, Deadline deadline);
  /// The same without a deadline; whether it was served.
  bool send(Value v) { return send_by(v, std::nullopt) == Outcome::served; }

  /// Takes the next value; blocks until there is one, until `deadline` if there is one, or until the channel
  /// is closed and empty. A deadline in the past only looks.
  Received receive_by(Deadline deadline, Takes takes = Takes::all);
  /// The value; absent if none came.
  Value receive(Deadline deadline = std::nullopt) { return receive_by(deadline).value; }

  /// Takes the next value of any of the channels, of several that have one a random one; blocks until one has
  /// one or is closed and empty, or until `deadline`. May list a channel twice; the list may change meanwhile
  /// only if the caller keeps the channels. Throws std::bad_alloc.
  static Received select(std::span<Channel* const> channels, Deadline deadline, Takes takes = Takes::all);

  /// No send after this succeeds; what is queued can still be received. Again: no effect.
  void close() noexcept;

  /// How many values are queued right now.
  std::uint64_t size() const noexcept;
  bool is_closed() const noexcept;
  std::uint64_t capacity() const noexcept { return capacity_; }

 private:
  friend class HeapWalk;

  struct Node {
    Value value;
    Node* next;
  };

  explicit Channel(std::uint64_t capacity) noexcept : Object(ObjectKind::channel), capacity_(capacity) {}

  // The functions below are called with mutex_ held.
  bool hand_to_receiver(Value v) noexcept;
  Received take_now(Takes takes) noexcept;
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

/// What a program gets of a receive that takes values of the language: the value, or nil if none came;
/// absent, with the thread's error set, where it was refused or interrupted.
Value to_result(Thread& thread, const Channel::Received& received);

}  // namespace interlox::vm
