// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cleanup.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "gc/alarm.hpp"
#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "gc/trace.hpp"
#include "vm/channel.hpp"
#include "vm/deadlock.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::vm {
namespace {

constexpr gc::trace::Event kCleanupEvent{"cleanup", gc::trace::Category::cleanup};

constinit thread_local bool is_cleanup_thread = false;

}  // namespace

/// The thread, and the records that wait for it. One for the process, for ever.
class CleanupThread {
 public:
  static CleanupThread& instance() {
    static auto* const thread = new CleanupThread();
    return *thread;
  }
  /// Null before the first cleanup.
  static CleanupThread* if_made() noexcept { return made.load(std::memory_order_acquire); }

  void add(Cleanup* record, Object* target) {
    link(record);
    try {
      registry_.watch(record->block->cell, target);
    } catch (...) {
      unlink(record);
      throw;
    }
  }

  void link(Cleanup* record) noexcept {
    const std::lock_guard hold(list_mutex_);
    record->next = *first_;
    if (record->next != nullptr) record->next->previous = record;
    *first_ = record;
  }

  void unlink(Cleanup* record) noexcept {
    const std::lock_guard hold(list_mutex_);
    (record->previous != nullptr ? record->previous->next : *first_) = record->next;
    if (record->next != nullptr) record->next->previous = record->previous;
    record->previous = record->next = nullptr;  // a stale reference keeps one record, not its neighbours
  }

  void await(std::chrono::steady_clock::time_point deadline) noexcept {
    std::unique_lock lock(work_mutex_);
    // The exact count: while somebody adds a cleanup, the other one may be too high, and nobody would wake
    // this.
    done_.wait_until(lock, deadline, [this] { return !busy_ && registry_.counts().waiting == 0; });
  }

  [[nodiscard]] bool is_idle() noexcept {
    const std::lock_guard hold(work_mutex_);
    return !busy_ && registry_.counts().waiting == 0;
  }

  [[nodiscard]] bool is_armed() noexcept {
    const std::lock_guard hold(list_mutex_);
    return *first_ != nullptr;
  }

  [[nodiscard]] std::uint64_t count() const noexcept {
    return count_.load(std::memory_order_relaxed);  // relaxed: a count
  }

 private:
  CleanupThread() : first_(static_cast<Cleanup**>(gc::allocate_uncollectable(sizeof(Cleanup*)))) {
    std::unique_ptr<Thread> thread = Thread::make(StandardOutput::instance(), Thread::Role::service);
    thread->describe("Cleanups");
    gc::start_thread([this](Thread* own) { work(std::unique_ptr<Thread>(own)); }, thread.get()).detach();
    static_cast<void>(thread.release());
    made.store(this, std::memory_order_release);
  }

  [[noreturn]] void work(std::unique_ptr<Thread> thread) {
    const ThreadScope scope(std::move(thread));
    is_cleanup_thread = true;
    for (;;) {
      alarm_.wait();
      while (Cleanup* const record = take()) {
        unlink(record);
        record->run();
      }
      Deadlocks::instance().check();
    }
  }

  // A record whose target has died, or null, which who waits then hears of. It is on the list still (I2), so
  // it is alive though a token is a number.
  Cleanup* take() noexcept {
    const std::lock_guard hold(work_mutex_);
    std::uint64_t token = 0;
    busy_ = registry_.take_dead({&token, 1}) == 1;
    if (!busy_) done_.notify_all();
    return busy_ ? reinterpret_cast<Cleanup*>(static_cast<std::uintptr_t>(token)) : nullptr;
  }

  friend struct Cleanup;
  static constinit std::atomic<CleanupThread*> made;

  gc::WeakRegistry registry_{gc::WeakRegistry::Tokens::kKeep};
  gc::Alarm alarm_{
      [](void* self) noexcept { return static_cast<CleanupThread*>(self)->registry_.waiting() != 0; }, this};
  std::mutex list_mutex_;  // guards the list; nothing is allocated under it
  Cleanup** first_;        // uncollectable
  std::mutex work_mutex_;  // guards busy_, and the taking of tokens
  std::condition_variable done_;
  bool busy_ = false;
  std::atomic<std::uint64_t> count_{0};
};

constinit std::atomic<CleanupThread*> CleanupThread::made{nullptr};

Cleanup* Cleanup::add(Object* target, Value action, Value argument) {
  CleanupThread& thread = CleanupThread::instance();
  void* const memory = gc::allocate(sizeof(Cleanup));
  auto output = std::make_unique<std::shared_ptr<Output>>(Thread::current().shared_output());
  auto* const record = ::new (memory) Cleanup(action, argument, output.get());
  record->block = ::new (gc::allocate_pointer_free(sizeof(gc::WeakBlock)))
      gc::WeakBlock(reinterpret_cast<std::uintptr_t>(record));
  thread.add(record, target);
  static_cast<void>(output.release());  // the record's now
  return record;
}

bool Cleanup::stop() noexcept {
  if (!leave_armed(kStopped)) return false;
  disown();
  if (void* const target = block->cell.get()) {
    block->cell.abandon();  // no token will come
    gc::keep_alive(target);
    CleanupThread::instance().unlink(this);
  }
  return true;
}

bool Cleanup::leave_armed(State to) noexcept {
  std::uint32_t expected = kArmed;
  // relaxed: the record reaches the winner through the registry or as an object, whole since it was made (I1)
  return state.compare_exchange_strong(expected, to, std::memory_order_relaxed);
}

void Cleanup::disown() noexcept {
  delete output;
  output = nullptr;
  action = argument = Value::nil();
}

void Cleanup::run() noexcept {
  if (!leave_armed(kBegun)) return;
  const gc::trace::Span span(kCleanupEvent);
  Thread& thread = Thread::current();
  thread.set_output(*output);
  const Value what = action;
  const Value with = argument;
  disown();
  try {
    if (is_object(what, ObjectKind::channel)) {
      as<Channel>(what)->send(with);
    } else {
      const Result result = VM::call(what, &with, 1);
      if (result.status != Status::ok) thread.output().report(result.error);
    }
  } catch (const std::bad_alloc&) {
    thread.output().report("Out of memory.");
  }
  // relaxed: a count
  CleanupThread::instance().count_.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t cleanups_run() noexcept {
  const CleanupThread* const thread = CleanupThread::if_made();
  return thread == nullptr ? 0 : thread->count();
}

bool are_cleanups_idle() noexcept {
  CleanupThread* const thread = CleanupThread::if_made();
  return thread == nullptr || thread->is_idle();
}

bool are_cleanups_armed() noexcept {
  CleanupThread* const thread = CleanupThread::if_made();
  return thread != nullptr && thread->is_armed();
}

void await_cleanups(std::chrono::steady_clock::time_point deadline) noexcept {
  CleanupThread* const thread = CleanupThread::if_made();
  if (thread != nullptr && !is_cleanup_thread) thread->await(deadline);
}

}  // namespace interlox::vm
