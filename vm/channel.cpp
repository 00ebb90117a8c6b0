// SPDX-License-Identifier: BSD-3-Clause
#include "vm/channel.hpp"

#include <cassert>
#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

void Channel::WaiterList::append(Waiter& w) noexcept {
  w.previous = last;
  w.next = nullptr;
  (last != nullptr ? last->next : first) = &w;
  last = &w;
}

void Channel::WaiterList::remove(Waiter& w) noexcept {
  (w.previous != nullptr ? w.previous->next : first) = w.next;
  (w.next != nullptr ? w.next->previous : last) = w.previous;
}

Channel* Channel::make(std::uint64_t capacity) {
  return ::new (gc::allocate(sizeof(Channel))) Channel(capacity);
}

void Channel::serve(WaiterList& list, Waiter& w, Outcome outcome) noexcept {
  list.remove(w);
  w.outcome = outcome;
  // Notified under the mutex: once it is free, the waiter may be gone.
  w.wake.notify_one();
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

bool Channel::send(Value v) {
  assert(!v.is_absent());
  // Made before the lock is taken: an allocation may collect, and others should not wait for it.
  Node* const node = capacity_ == 0 ? nullptr : static_cast<Node*>(gc::allocate(sizeof(Node)));
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  if (Waiter* const receiver = receivers_.first) {  // I1: the queue is empty
    receiver->value = v;
    serve(receivers_, *receiver, Outcome::served);
    return true;
  }
  if (size_ < capacity_) {
    node->value = v;
    enqueue(node);
    return true;
  }
  Waiter self;
  self.value = v;
  self.node = node;
  senders_.append(self);
  self.wake.wait(lock, [&] { return self.outcome != Outcome::waiting; });
  return self.outcome == Outcome::served;
}

Value Channel::receive(std::optional<Clock::time_point> deadline) {
  std::unique_lock lock(mutex_);
  if (size_ != 0) {
    const Value v = dequeue();
    if (Waiter* const sender = senders_.first) {  // there is room for what it offers
      sender->node->value = sender->value;
      enqueue(sender->node);
      serve(senders_, *sender, Outcome::served);
    }
    return v;
  }
  if (Waiter* const sender = senders_.first) {  // a rendezvous
    const Value v = sender->value;
    serve(senders_, *sender, Outcome::served);
    return v;
  }
  if (closed_) return Value::absent();
  Waiter self;
  receivers_.append(self);
  const auto is_done = [&] { return self.outcome != Outcome::waiting; };
  if (!deadline) {
    self.wake.wait(lock, is_done);
  } else if (!self.wake.wait_until(lock, *deadline, is_done)) {
    receivers_.remove(self);
    return Value::absent();
  }
  return self.outcome == Outcome::served ? self.value : Value::absent();
}

void Channel::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  while (receivers_.first != nullptr) serve(receivers_, *receivers_.first, Outcome::closed);
  while (senders_.first != nullptr) serve(senders_, *senders_.first, Outcome::closed);
}

std::uint64_t Channel::size() const noexcept {
  const std::lock_guard lock(mutex_);
  return size_;
}

bool Channel::is_closed() const noexcept {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace interlox::vm
