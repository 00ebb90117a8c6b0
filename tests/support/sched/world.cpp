// SPDX-License-Identifier: BSD-3-Clause
// Who runs, and what is read.
#include "tests/support/sched/world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace interlox::test::sched {

World world;

World::World()
    : threads_{Thread{this, 0}, Thread{this, 1}, Thread{this, 2}},
      shadows_(Arena::granules()),
      histories_(512),
      shared_(Arena::granules()) {}

void World::clear() {
  arena_.clear();
  forget_shared();
}

void World::forget_shared() noexcept {
  for (const std::size_t granule : shared_list_) shared_[granule] = 0;
  shared_list_.clear();
}

Outcome World::run(std::span<const Program> programs, Strategy& strategy, const Bounds& bounds) {
  arena_.restore();
  count_ = static_cast<unsigned>(programs.size());
  strategy_ = &strategy;
  bounds_ = bounds;
  deviations_left_ = bounds.deviations;
  preemptions_left_ = bounds.preemptions;
  old_values_left_ = bounds.old_values;
  refusals_left_ = bounds.refusals;
  allocations_ = 0;
  stopped_ = false;
  steps_ = 0;
  ticks_ = 0;
  ++execution_;
  histories_used_ = 0;
  fences_ = {};
  fault_.clear();
  decisions_.clear();
  for (unsigned i = 0; i < count_; ++i) {
    Thread& thread = threads_[i];
    thread.program = &programs[i];
    thread.state = State::kReady;
    thread.view = View(i);
    thread.preempted = thread.disturbed = thread.resumed = thread.begun = thread.pending_stop = false;
    thread.pending = thread.last = kNowhere;
    thread.repeats = 0;
    thread.fiber.restart();
  }
  block(nullptr);
  running_ = nullptr;
  return outcome_;
}

void World::play(Thread& thread) {
  (*thread.program)();
  thread.state = State::kDone;
  thread.world->block(&thread);
}

void World::leave(Outcome outcome) {
  outcome_ = outcome;
  Fiber::jump(running_->fiber, outside_);
  std::abort();  // nobody comes back here
}

void World::fail(const std::string& what) {
  fault_ = what;
  if (tell) tell("  thread " + std::to_string(running_->index) + ": " + what);
  leave(Outcome::kFault);
}

void World::switch_to(Thread* from, Thread& to) {
  running_ = &to;
  Fiber::jump(from == nullptr ? outside_ : from->fiber, to.fiber);
  if (from == nullptr) return;
  from->resumed = from->preempted && from->begun;
  from->preempted = false;
}

void World::block(Thread* thread) {
  Candidates all;
  bool some_redundant = false;
  bool all_done = true;
  for (unsigned i = 0; i < count_; ++i) {
    all_done = all_done && threads_[i].state == State::kDone;
    if (threads_[i].state != State::kReady) continue;
    if (thread == nullptr && bounds_.symmetric && i != 0) continue;
    if (is_redundant(threads_[i])) {
      some_redundant = true;
    } else {
      all.add(i);
    }
  }
  if (all.count == 0) {
    if (all_done) leave(Outcome::kDone);
    if (some_redundant) leave(Outcome::kRedundant);
    fail("a deadlock: every thread that is not done waits for ever");
  }
  all.forced = true;
  unsigned next = all.threads[0];
  if (all.count > 1) {
    next = all.threads[strategy_->pick_thread(all, steps_)];
    decisions_.push_back({steps_, Decision::Kind::kNext, next});
  }
  switch_to(thread, threads_[next]);
}

void World::consider_preemption(Thread& thread, const Shared& access, std::uint64_t newest) {
  if (preemptions_left_ == 0 || deviations_left_ == 0 || stopped_) return;
  Candidates all;
  all.add(thread.index);
  for (unsigned i = 0; i < count_; ++i) {
    if (i != thread.index && threads_[i].state == State::kReady && !is_redundant(threads_[i])) all.add(i);
  }
  if (all.count == 1) return;
  if (bounds_.reduce && count_ == 2) all.access = access;
  const unsigned next = all.threads[strategy_->pick_thread(all, steps_)];
  if (next == thread.index) return;
  --preemptions_left_;
  --deviations_left_;
  decisions_.push_back({steps_, Decision::Kind::kPreemption, next});
  thread.preempted = true;
  thread.disturbed = false;
  if (thread.pending != kNowhere) thread.newest_then = history(thread.pending, newest).newest();
  switch_to(&thread, threads_[next]);
}

World::Shadow& World::shadow(std::size_t granule) noexcept {
  Shadow& shadow = shadows_[granule];
  if (shadow.execution != execution_) shadow = {execution_};
  return shadow;
}

// An access to a place that is taken for private: it is as long as no two threads meet there.
void World::note(std::size_t granule, Access access) {
  Shadow& known = shadow(granule);
  const auto me = static_cast<std::uint8_t>(1U << running_->index);
  (access == Access::kWrite ? known.writers : known.readers) |= me;
  const auto others = static_cast<std::uint8_t>(~me);
  Thread& thread = *running_;
  thread.repeats = granule == thread.last ? thread.repeats + 1 : 0;
  thread.last = granule;
  const bool waits = thread.repeats == kReads;  // for somebody who has not come here yet
  const bool alone =
      (known.writers & others) == 0 && (access == Access::kRead || (known.readers & others) == 0);
  if (!alone || waits) share(granule);
}

// From the next execution on, which begins anew.
void World::share(std::size_t granule) {
  shared_list_.push_back(granule);
  shared_[granule] = static_cast<std::uint32_t>(shared_list_.size());
  leave(Outcome::kShared);
}

History& World::history(std::size_t granule, std::uint64_t newest) {
  Shadow& known = shadow(granule);
  if (!known.has_history) {
    known.has_history = true;
    known.history = static_cast<std::uint32_t>(histories_used_++);
    if (histories_used_ > histories_.size()) histories_.resize(2 * histories_.size());
    histories_[known.history].begin(newest);
  }
  return histories_[known.history];
}

History* World::enter(const void* place, const char* what, Access access, std::uint64_t newest) {
  Thread& thread = *running_;
  if (++steps_ > kMostSteps) fail("the threads go on for ever");
  if (!arena_.contains(reinterpret_cast<std::uintptr_t>(place))) fail("an atomic outside of the arena");
  const std::size_t granule = arena_.granule(place);
  place_ = place;
  what_ = what;
  if (bounds_.reduce && shared_[granule] == 0) {
    note(granule, access);
    return nullptr;
  }
  const bool writes = access == Access::kWrite;
  thread.pending = granule;
  thread.pending_writes = writes;
  thread.resumed = false;
  const Shared shared{shared_[granule], writes, thread.pending_stop, !thread.begun};
  consider_preemption(thread, shared, newest);
  if (bounds_.reduce) strategy_->accessed(thread.index, shared);
  place_ = place;
  what_ = what;
  if (!thread.begun) {
    thread.begun = true;
    thread.span.begin = thread.view.now;
    thread.span.begin_tick = ++ticks_;
  }
  for (unsigned i = 0; i < count_; ++i) {
    Thread& other = threads_[i];
    const bool conflict = other.pending == granule && (writes || other.pending_writes);
    if (other.preempted && (conflict || other.pending_stop)) other.disturbed = true;
  }
  thread.view.now.tick(thread.index);
  if (granule != thread.last) {
    thread.last = granule;
    thread.repeats = 0;
    thread.last_record = ~std::size_t{0};
  }
  return &history(granule, newest);
}

// A place where threads meet whoever has come there before.
void World::enter_shared(const void* place, const char* what, Access access) {
  const std::size_t granule = arena_.granule(place);
  if (bounds_.reduce && shared_[granule] == 0) share(granule);
  enter(place, what, access, 0);
}

// Whether the thread only repeats what it did before; then it has waited.
bool World::spins(Thread& thread, std::size_t record, unsigned most) {
  thread.repeats = record == thread.last_record ? thread.repeats + 1 : 0;
  thread.last_record = record;
  if (thread.repeats < most) return false;
  thread.repeats = 0;
  thread.last_record = ~std::size_t{0};
  thread.state = State::kSpinning;
  block(&thread);
  return true;
}

void World::wake_spinning(std::size_t granule) noexcept {
  for (unsigned i = 0; i < count_; ++i) {
    Thread& other = threads_[i];
    if (other.state == State::kSpinning && other.last == granule) other.state = State::kReady;
  }
}

bool World::load(History& history, std::memory_order order, std::uint64_t& value) {
  Thread& thread = *running_;
  const std::size_t newest = history.newest();
  std::size_t oldest = history.oldest_visible(thread.view, order);
  if (oldest == 0 && !history.is_made(thread.view))
    fail("an atomic is read whose making does not happen before");
  if (bounds_.reduce && thread.resumed) oldest = std::max(oldest, std::min(thread.newest_then + 1, newest));
  std::size_t record = newest;
  if (oldest < newest && old_values_left_ != 0 && deviations_left_ != 0 && thread.repeats + 1 < kReads) {
    const auto age = strategy_->pick_record(static_cast<unsigned>(newest - oldest + 1), steps_);
    record -= age;
    if (age != 0) {
      --old_values_left_;
      --deviations_left_;
      decisions_.push_back({steps_, Decision::Kind::kOldValue, age});
    }
  }
  if (spins(thread, record, kReads)) return false;
  value = history.load(record, thread.view, order);
  if (tell) trace("load", value, order, newest - record);
  use(value);
  return true;
}

void World::store(History& history, std::uint64_t value, std::memory_order order) {
  if (tell) trace("store", value, order);
  running_->repeats = 0;
  history.store(value, running_->view, order);
  wake_spinning(running_->pending);
}

// One that changes nothing, again and again, waits for a change.
bool World::exchange(History& history, std::uint64_t value, std::memory_order order) {
  Thread& thread = *running_;
  const std::uint64_t before = history.value(history.newest());
  if (before == value) {
    if (spins(thread, 0, kChanges)) return false;
  } else {
    thread.repeats = 0;
    thread.last_record = ~std::size_t{0};
  }
  if (tell) trace("change", value, order);
  history.exchange(value, thread.view, order);
  if (acquires(order)) use(before);
  if (before != value) wake_spinning(thread.pending);
  return true;
}

bool World::refuse(History& history, std::memory_order order) {
  Thread& thread = *running_;
  if (spins(thread, history.newest(), kChanges)) return false;
  const std::uint64_t value = history.load(history.newest(), thread.view, order);
  if (tell) trace("compare-exchange that fails", value, order);
  return true;
}

// What a load has returned. A stored pointer is there to be followed: so the node that it leads to must be
// known.
void World::use(std::uint64_t value) {
  if (!arena_.contains(value)) return;
  if (const std::string wrong = arena_.fault_of_use(value, running_->view); !wrong.empty()) fail(wrong);
}

void World::made(const void* place, std::uint64_t value) {
  const std::size_t granule = arena_.granule(place);
  if (bounds_.reduce && shared_[granule] == 0) {
    note(granule, Access::kWrite);
    return;
  }
  history(granule, value).begin(value, running_->view);
}

// An access to one place: those that are seq_cst meet there, the others read nothing from it.
void World::fence(std::memory_order order) {
  const bool meets = order == std::memory_order_seq_cst;
  enter_shared(arena_.place_of_fences(), "fence", meets ? Access::kWrite : Access::kRead);
  if (tell) tell("  " + std::to_string(steps_) + "\tthread " + std::to_string(running_->index) + ": fence");
  sched::fence(running_->view, fences_, order);
}

void World::stop(const void* place) {
  running_->pending_stop = true;
  enter_shared(place, "stop", Access::kWrite);
  running_->pending_stop = false;
  if (tell) trace("stops the world", 0, std::memory_order_seq_cst);
  join_all();
  for (unsigned i = 0; i < count_; ++i) threads_[i].disturbed = true;
  stopped_ = true;
}

void World::let_go() noexcept {
  join_all();
  stopped_ = false;
}

void World::join_all() noexcept {
  Clock all;
  for (unsigned i = 0; i < count_; ++i) all.join(threads_[i].view.now);
  for (unsigned i = 0; i < count_; ++i) threads_[i].view.now = all;
}

void World::park(const void* place) {
  if (tell) trace("parks", 0, std::memory_order_relaxed);
  running_->last = arena_.granule(place);
  running_->state = State::kParked;
  block(running_);
}

void World::notify(const void* place, bool all) {
  const std::size_t granule = arena_.granule(place);
  if (tell) trace("notify", 0, std::memory_order_relaxed);
  for (unsigned i = 0; i < count_; ++i) {
    Thread& other = threads_[i];
    if (other.state != State::kParked || other.last != granule) continue;
    other.state = State::kReady;
    if (!all) return;
  }
}

void* World::allocate(std::size_t bytes, bool may_hold_pointers) {
  if (running_ == nullptr) return arena_.allocate(Arena::kSetUp, bytes, may_hold_pointers, 0);
  const View& view = running_->view;
  return arena_.allocate(view.thread, bytes, may_hold_pointers, view.now[view.thread] + 1);
}

bool World::refuses() {
  if (running_ == nullptr) return false;
  const unsigned allocation = allocations_++;
  if (refusals_left_ == 0 || deviations_left_ == 0) return false;
  if (!strategy_->pick_refusal(steps_, allocation)) return false;
  --refusals_left_;
  --deviations_left_;
  decisions_.push_back({steps_, Decision::Kind::kRefusal, allocation});
  if (tell) tell("  thread " + std::to_string(running_->index) + ": an allocation is refused");
  return true;
}

Span World::end_operation() {
  Thread& thread = *running_;
  if (!thread.begun) {  // it has met nobody: a step of its own, which nobody knows of yet, and may come later
    thread.pending = kNowhere;
    thread.pending_writes = false;
    consider_preemption(thread, {}, 0);
    thread.span.begin = thread.view.now;
    thread.span.begin_tick = ++ticks_;
    thread.view.now.tick(thread.index);
  }
  thread.begun = false;
  thread.span.end_tick = ++ticks_;
  thread.span.end = thread.view.now[thread.index];
  return thread.span;
}

void World::trace(const char* what, std::uint64_t value, std::memory_order order, std::size_t age) {
  static constexpr std::array kOrders{"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  std::ostringstream text;
  text << "  " << steps_ << "\tthread " << running_->index << ": " << what_;
  if (std::string_view(what) != what_) text << ", " << what;
  text << " " << arena_.name(place_) << " = ";
  if (arena_.contains(value)) {
    text << "-> " << arena_.name(reinterpret_cast<const void*>(value & ~std::uint64_t{7})) << " tag "
         << (value & 7);
  } else {
    text << "0x" << std::hex << value << std::dec;
  }
  text << " " << kOrders[static_cast<std::size_t>(order)];
  if (age != 0) text << ", " << age << " stores old";
  tell(text.str());
}

}  // namespace interlox::test::sched
