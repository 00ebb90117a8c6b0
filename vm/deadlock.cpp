// SPDX-License-Identifier: BSD-3-Clause
#include "vm/deadlock.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <new>
#include <vector>

#include "gc/heap.hpp"
#include "vm/cleanup.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {
namespace {

constexpr std::uint64_t kLiving = std::uint64_t{1} << 32;
constexpr std::uint64_t kBlocked = 1;

constexpr bool all_blocked(std::uint64_t tally) noexcept {
  const std::uint64_t living = tally >> 32;
  return living != 0 && living == (tally & 0xffffffff);
}

std::atomic<DeadlockHandler> deadlock_handler{nullptr};

}  // namespace

struct Deadlocks::State {
  // Sequentially consistent: what a thread did before it blocked is seen by whoever finds all blocked (its
  // frames), and of two that come to rest the second sees both (I2).
  std::atomic<std::uint64_t> tally{0};
  std::mutex mutex;
  Thread* threads = nullptr;  // the latest first
  Wait* edges = nullptr;
  std::size_t edge_count = 0;

  // Called with the mutex held.
  const Wait* edge_from(std::uint64_t identity) const noexcept;
  Wait* import_in_circle(const Wait& wait) const noexcept;
  bool release_imports() noexcept;
  bool has_host_thread() const noexcept;
  std::string report() const;
};

Deadlocks& Deadlocks::instance() noexcept {
  // Never destroyed: threads may run until the process ends.
  alignas(State) static std::byte state[sizeof(State)];
  alignas(Deadlocks) static std::byte deadlocks[sizeof(Deadlocks)];
  static auto* const only = ::new (deadlocks) Deadlocks(*::new (state) State());
  return *only;
}

void set_deadlock_handler(DeadlockHandler handler) noexcept { deadlock_handler.store(handler); }

void Deadlocks::starting() noexcept { state_.tally.fetch_add(kLiving); }

void Deadlocks::not_started() noexcept { state_.tally.fetch_sub(kLiving); }

void Deadlocks::entered(Thread& thread) noexcept {
  if (!thread.is_spawned_) starting();
  const std::lock_guard hold(state_.mutex);
  thread.next_ = state_.threads;
  if (thread.next_ != nullptr) thread.next_->previous_ = &thread;
  state_.threads = &thread;
}

void Deadlocks::left(Thread& thread) noexcept {
  {
    const std::lock_guard hold(state_.mutex);
    (thread.previous_ != nullptr ? thread.previous_->next_ : state_.threads) = thread.next_;
    if (thread.next_ != nullptr) thread.next_->previous_ = thread.previous_;
  }
  const std::uint64_t tally = state_.tally.fetch_sub(kLiving) - kLiving;
  if (thread.is_spawned_ && all_blocked(tally)) check();
}

void Deadlocks::with_threads(const std::function<void(std::span<const Thread* const>)>& run) {
  const std::lock_guard hold(state_.mutex);
  std::vector<const Thread*> threads;
  for (const Thread* thread = state_.threads; thread != nullptr; thread = thread->next_) {
    threads.push_back(thread);
  }
  std::reverse(threads.begin(), threads.end());
  run(threads);
}

bool Deadlocks::block() noexcept { return all_blocked(state_.tally.fetch_add(kBlocked) + kBlocked); }

void Deadlocks::unblock() noexcept { state_.tally.fetch_sub(kBlocked); }

const Wait* Deadlocks::State::edge_from(std::uint64_t identity) const noexcept {
  for (const Wait* edge = edges; edge != nullptr; edge = edge->next_edge_) {
    if (edge->from_ == identity) return edge;
  }
  return nullptr;
}

/// An import in the circle that `wait`, which is not in the graph yet, would close; null if it closes none,
/// or one without imports. Edges whose wait has ended are about to go, and part of no circle.
Wait* Deadlocks::State::import_in_circle(const Wait& wait) const noexcept {
  const Wait* import = wait.edge_ == Wait::Edge::import ? &wait : nullptr;
  std::uint64_t next = wait.to_;
  for (std::size_t steps = 0; next != wait.from_; ++steps) {
    const Wait* const edge =
        steps <= edge_count ? edge_from(next) : nullptr;  // it may lead into a circle of others
    if (edge == nullptr || edge->is_over()) return nullptr;
    if (import == nullptr && edge->edge_ == Wait::Edge::import) import = edge;
    next = edge->to_;
  }
  return const_cast<Wait*>(import);
}

bool Deadlocks::add_edge(Wait& wait) noexcept {
  const std::lock_guard hold(state_.mutex);
  Wait* const import = state_.import_in_circle(wait);
  if (import == &wait) return false;
  if (import != nullptr) import->end(Wait::Outcome::circle);
  wait.next_edge_ = state_.edges;
  state_.edges = &wait;
  ++state_.edge_count;
  return true;
}

void Deadlocks::remove_edge(Wait& wait) noexcept {
  const std::lock_guard hold(state_.mutex);
  Wait** place = &state_.edges;
  while (*place != &wait) place = &(*place)->next_edge_;
  *place = wait.next_edge_;
  --state_.edge_count;
}

bool Deadlocks::State::release_imports() noexcept {
  bool found = false;
  for (Wait* edge = edges; edge != nullptr; edge = edge->next_edge_) {
    if (edge->edge_ == Wait::Edge::import) found |= edge->end(Wait::Outcome::circle);
  }
  return found;
}

bool Deadlocks::State::has_host_thread() const noexcept {
  const Thread* thread = threads;
  while (thread != nullptr && thread->is_spawned_) thread = thread->next_;
  return thread != nullptr;
}

/// The threads in the order they came.
std::string Deadlocks::State::report() const {
  const Thread* thread = threads;
  while (thread->next_ != nullptr) thread = thread->next_;
  std::string text = "Deadlock: all threads are blocked.";
  for (; thread != nullptr; thread = thread->previous_) {
    text.append("\n").append(thread->description());
    const std::lock_guard hold(thread->parker().mutex);
    if (const Wait* const wait = thread->parker().current) text.append(", in ").append(wait->what());
    text += ':';
    for (const TraceFrame& frame : frames_of(thread->state())) text.append("\n").append(plain_text(frame));
    text += thread->host_frames();
  }
  return text;
}

void Deadlocks::check() noexcept {
  const DeadlockHandler handler = deadlock_handler.load();
  const std::lock_guard hold(state_.mutex);
  if (!all_blocked(state_.tally.load()) || !state_.has_host_thread()) return;
  if (state_.release_imports() || handler == nullptr) return;
  if (!are_cleanups_idle()) return;  // the cleanup thread will check (I2)
  if (are_cleanups_armed()) {
    // What they wait for may be dead already, with no allocation left that would find that out.
    gc::collect();
    if (!are_cleanups_idle()) return;
  }
  if (!all_blocked(state_.tally.load())) return;  // a cleanup that is over by now has ended a wait
  try {
    handler(state_.report());
  } catch (const std::exception&) {  // memory, even for the text
    handler("Deadlock: all threads are blocked.");
  }
}

}  // namespace interlox::vm
