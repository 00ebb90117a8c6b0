// SPDX-License-Identifier: BSD-3-Clause
#include "vm/waiting.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

#include "gc/trace.hpp"
#include "vm/deadlock.hpp"
#include "vm/thread.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {

Parker& Parker::own() noexcept {
  // Refers to no collected memory but through waits, which lie on the thread's stack. Never destroyed, which
  // would do nothing: the C library ends the process where it has no memory to remember what is to be
  // destroyed.
  alignas(Parker) static constinit thread_local std::byte place[sizeof(Parker)]{};
  static constinit thread_local Parker* parker = nullptr;
  if (parker == nullptr) parker = ::new (place) Parker();
  return *parker;
}

bool Wait::end_locked(Outcome outcome, Waiter* by) noexcept {
  if (outcome_ != Outcome::waiting) return false;
  outcome_ = outcome;
  by_ = by;
  if (counted_) Deadlocks::instance().unblock();  // I2
  counted_ = false;
  parker_.wake.notify_one();  // under the mutex: once that is free, the wait may be gone
  return true;
}

bool Wait::end(Outcome outcome, Waiter* by) noexcept {
  const std::lock_guard hold(parker_.mutex);
  return end_locked(outcome, by);
}

bool Wait::is_over() const noexcept {
  const std::lock_guard hold(parker_.mutex);
  return outcome_ != Outcome::waiting;
}

Wait::Outcome Wait::await(Deadline deadline) noexcept {
  const bool is_known = Thread::exists() && !Thread::current().is_service();
  const gc::trace::WaitSpan span(what_);
  std::unique_lock lock(parker_.mutex);
  parker_.current = this;
  // Whoever interrupts sets the flag first and looks for a wait then; here it is the other way round.
  if (is_known && Thread::current().state().interrupted.load()) end_locked(Outcome::interrupted, nullptr);
  if (is_known && !deadline && outcome_ == Outcome::waiting) {
    counted_ = true;
    if (Deadlocks::instance().block()) {
      lock.unlock();
      Deadlocks::instance().check();
      lock.lock();
    }
  }
  const auto has_ended = [this] { return outcome_ != Outcome::waiting; };
  if (!deadline) {
    parker_.wake.wait(lock, has_ended);
  } else if (!parker_.wake.wait_until(lock, *deadline, has_ended)) {
    outcome_ = Outcome::timed_out;
  }
  parker_.current = nullptr;
  return outcome_;
}

Wait::Outcome Wait::await(std::uint64_t identity, Edge edge) noexcept {
  from_ = Thread::current().identity();
  to_ = identity;
  edge_ = edge;
  if (!Deadlocks::instance().add_edge(*this)) {
    end(Outcome::circle);  // unless it has just ended well
    return await();
  }
  const Outcome outcome = await();
  Deadlocks::instance().remove_edge(*this);
  return outcome;
}

void WaiterList::append(Waiter& w) noexcept {
  w.previous = last;
  w.next = nullptr;
  w.is_linked = true;
  (last != nullptr ? last->next : first) = &w;
  last = &w;
}

void WaiterList::prepend(Waiter& w) noexcept {
  w.previous = nullptr;
  w.next = first;
  w.is_linked = true;
  (first != nullptr ? first->previous : last) = &w;
  first = &w;
}

void WaiterList::remove(Waiter& w) noexcept {
  if (!w.is_linked) return;
  w.is_linked = false;
  (w.previous != nullptr ? w.previous->next : first) = w.next;
  (w.next != nullptr ? w.next->previous : last) = w.previous;
}

bool WaiterList::end_first(Wait::Outcome outcome) noexcept {
  while (Waiter* const w = first) {
    remove(*w);
    if (w->wait.end(outcome, w)) return true;
  }
  return false;
}

void WaiterList::end_all(Wait::Outcome outcome) noexcept {
  while (end_first(outcome)) {
  }
}

void ThreadEnd::come() noexcept {
  const std::lock_guard hold(mutex_);
  has_come_.store(true, std::memory_order_release);  // (1)
  waiters_.end_all(Wait::Outcome::served);
}

Wait::Outcome ThreadEnd::await(std::uint64_t identity) noexcept {
  if (has_come()) return Wait::Outcome::served;
  Wait wait("join()");
  Waiter self(wait);
  {
    const std::lock_guard hold(mutex_);
    if (has_come()) return Wait::Outcome::served;
    waiters_.append(self);
  }
  const Wait::Outcome outcome = wait.await(identity, Wait::Edge::join);
  const std::lock_guard hold(mutex_);
  waiters_.remove(self);
  return outcome;
}

Wait::Deadline deadline_in(double seconds) noexcept {
  constexpr double kForever = 1e9;  // what a clock can say ends at about ten times this
  if (seconds >= kForever) return std::nullopt;
  const std::chrono::duration<double> time(std::max(seconds, 0.0));
  return Wait::Clock::now() + std::chrono::ceil<Wait::Clock::duration>(time);
}

void interrupt_wait(Thread& thread) noexcept {
  Parker& parker = thread.parker();
  const std::lock_guard hold(parker.mutex);
  if (parker.current != nullptr) parker.current->end_locked(Wait::Outcome::interrupted, nullptr);
}

}  // namespace interlox::vm
