// SPDX-License-Identifier: BSD-3-Clause
#include "vm/channel.hpp"

#include <cassert>
#include <new>
#include <random>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/interchange.hpp"
#include "vm/interpreter.hpp"

namespace interlox::vm {
namespace {

bool is_past(const Channel::Deadline& deadline) noexcept {
  return deadline && *deadline <= Channel::Clock::now();
}

}  // namespace

Channel* Channel::make(std::uint64_t capacity) {
  return ::new (gc::allocate(sizeof(Channel))) Channel(capacity);
}

void Channel::enqueue(Node* node) noexcept {
  (last_ != nullptr ? last_->next : first_) = node;
  last_ = node;
  ++size_;
}

Value Channel::dequeue() noexcept {
  Node* const node = first_;
  first_ = node->next;
  if (first_ == nullptr) last_ = nullptr;
  --size_;
  const Value v = node->value;
  node->value = Value::absent();
  node->next = nullptr;  // I4
  return v;
}

// A receiver that waits gets `v`, if there is one that can take it. Those that can't are told.
bool Channel::hand_to_receiver(Value v) noexcept {
  while (Waiter* const receiver = receivers_.first) {
    receivers_.remove(*receiver);
    receiver->value = v;
    const bool fits = receiver->takes_all || to_language(v).has_value();
    if (receiver->wait.end(fits ? Outcome::served : Outcome::refused, receiver) && fits) return true;
  }
  return false;
}

// The first value, if there is one now; `waiting` if there is none yet.
Channel::Received Channel::take_now(Takes takes) noexcept {
  const auto fits = [takes](Value v) { return takes == Takes::all || to_language(v).has_value(); };
  if (size_ != 0) {
    if (!fits(first_->value)) return {Outcome::refused, first_->value};
    const Received received{Outcome::served, dequeue()};
    // There is room for what a sender offers. What belongs to a waiter is read before it may be gone.
    while (Waiter* const sender = senders_.first) {
      senders_.remove(*sender);
      auto* const node = static_cast<Node*>(sender->node);
      node->value = sender->value;
      if (!sender->wait.end(Outcome::served, sender)) continue;
      enqueue(node);
      break;
    }
    return received;
  }
  while (Waiter* const sender = senders_.first) {  // a rendezvous
    const Value v = sender->value;
    if (!fits(v) && !sender->wait.is_over()) return {Outcome::refused, v};
    senders_.remove(*sender);
    if (sender->wait.end(Outcome::served, sender)) return {Outcome::served, v};
  }
  return {closed_ ? Outcome::closed : Outcome::waiting};
}

Channel::Outcome Channel::send_by(Value v, Deadline deadline) {
  assert(!v.is_absent());
  // Made before the lock is taken: an allocation may collect, and others should not wait for it.
  Node* const node = capacity_ == 0 ? nullptr : static_cast<Node*>(gc::allocate(sizeof(Node)));
  Wait wait("send()");
  Waiter self(wait);
  {
    const std::lock_guard hold(mutex_);
    if (closed_) return Outcome::closed;
    if (hand_to_receiver(v)) return Outcome::served;  // else nobody waits to receive
    if (size_ < capacity_) {
      node->value = v;
      enqueue(node);
      return Outcome::served;
    }
    if (is_past(deadline)) return Outcome::timed_out;
    self.value = v;
    self.node = node;
    senders_.append(self);
  }
  const Outcome outcome = wait.await(deadline);
  const std::lock_guard hold(mutex_);
  senders_.remove(self);
  return outcome;
}

Channel::Received Channel::receive_by(Deadline deadline, Takes takes) {
  Wait wait("receive()");
  Waiter self(wait);
  {
    const std::lock_guard hold(mutex_);
    const Received now = take_now(takes);
    if (now.outcome != Outcome::waiting) return now;
    if (is_past(deadline)) return {Outcome::timed_out};
    self.takes_all = takes == Takes::all;
    receivers_.append(self);
  }
  const Outcome outcome = wait.await(deadline);
  const std::lock_guard hold(mutex_);
  receivers_.remove(self);
  const bool has_value = outcome == Outcome::served || outcome == Outcome::refused;
  return {outcome, has_value ? self.value : Value::absent()};
}

Channel::Received Channel::select(std::span<Channel* const> channels, Deadline deadline, Takes takes) {
  thread_local std::minstd_rand random(static_cast<unsigned>(Clock::now().time_since_epoch().count()));
  const std::size_t count = channels.size();
  const std::size_t start = count == 0 ? 0 : random() % count;
  const auto try_all = [&]() -> Received {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t index = (start + i) % count;
      const std::lock_guard hold(channels[index]->mutex_);
      Received received = channels[index]->take_now(takes);
      received.index = index;
      if (received.outcome != Outcome::waiting) return received;
    }
    return {Outcome::waiting};
  };
  while (true) {
    if (const Received now = try_all(); now.outcome != Outcome::waiting) return now;
    if (is_past(deadline)) return {Outcome::timed_out};
    Wait wait("select()");
    gc::RootVector<Waiter> waiters;  // values are handed over in them
    waiters.reserve(count);
    // Where there is something by now, the wait is over before it has begun; unless a channel from before has
    // ended it already.
    bool again = false;
    for (std::size_t i = 0; i < count && !again; ++i) {
      Channel& channel = *channels[i];
      const std::lock_guard hold(channel.mutex_);
      if (channel.size_ != 0 || channel.senders_.first != nullptr || channel.closed_) {
        again = wait.end(Outcome::served);
        break;
      }
      waiters.emplace_back(wait).takes_all = takes == Takes::all;
      channel.receivers_.append(waiters.back());
    }
    const Outcome outcome = again ? Outcome::waiting : wait.await(deadline);
    for (std::size_t i = 0; i < waiters.size(); ++i) {
      const std::lock_guard hold(channels[i]->mutex_);
      channels[i]->receivers_.remove(waiters[i]);
    }
    if (again) continue;
    const Waiter* const by = wait.ended_by();
    if (by == nullptr) return {outcome};
    return {outcome, outcome == Outcome::closed ? Value::absent() : by->value,
            static_cast<std::size_t>(by - waiters.data())};
  }
}

void Channel::close() noexcept {
  const std::lock_guard hold(mutex_);
  closed_ = true;
  receivers_.end_all(Outcome::closed);
  senders_.end_all(Outcome::closed);
}

std::uint64_t Channel::size() const noexcept {
  const std::lock_guard lock(mutex_);
  return size_;
}

bool Channel::is_closed() const noexcept {
  const std::lock_guard lock(mutex_);
  return closed_;
}

Value to_result(Thread& thread, const Channel::Received& received) {
  switch (received.outcome) {
    case Wait::Outcome::served:
      return *to_language(received.value);
    case Wait::Outcome::refused:
      return thread.raise(refusal(received.value, "channel"));
    case Wait::Outcome::interrupted:
      return raise_interrupted(thread);
    default:
      return Value::nil();
  }
}

}  // namespace interlox::vm
