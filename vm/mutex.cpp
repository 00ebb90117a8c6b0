// SPDX-License-Identifier: BSD-3-Clause
#include "vm/mutex.hpp"

#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

Mutex* Mutex::make() { return ::new (gc::allocate(sizeof(Mutex))) Mutex(); }

Mutex::Outcome Mutex::lock(Thread& thread) noexcept {
  bool was_passed_over = false;
  while (true) {
    Wait wait("lock()");
    Waiter self(wait);
    {
      const std::lock_guard hold(mutex_);
      if (!owner_) {
        owner_ = thread.identity();
        return Outcome::done;
      }
      if (*owner_ == thread.identity()) return Outcome::is_owner;
      self.identity = thread.identity();
      self.was_passed_over = was_passed_over;
      was_passed_over ? waiters_.prepend(self) : waiters_.append(self);
    }
    const Wait::Outcome outcome = wait.await();
    const std::lock_guard hold(mutex_);
    waiters_.remove(self);
    if (outcome == Wait::Outcome::interrupted) return Outcome::interrupted;  // so nobody has woken it
    if (owner_ == thread.identity()) return Outcome::done;                   // handed over
    was_passed_over = true;
  }
}

Mutex::Outcome Mutex::unlock(Thread& thread) noexcept {
  const std::lock_guard hold(mutex_);
  if (!owner_) return Outcome::is_free;
  if (*owner_ != thread.identity()) return Outcome::is_not_owner;
  owner_.reset();
  while (Waiter* const next = waiters_.first) {
    const std::uint64_t identity = next->identity;
    const bool is_handed_over = next->was_passed_over;
    waiters_.remove(*next);
    if (!next->wait.end(Wait::Outcome::served, next)) continue;
    if (is_handed_over) owner_ = identity;
    break;
  }
  return Outcome::done;
}

}  // namespace interlox::vm
