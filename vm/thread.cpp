// SPDX-License-Identifier: BSD-3-Clause
#include "vm/thread.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/trace.hpp"
#include "vm/deadlock.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {
namespace {

// Not a root: the state behind it is in uncollectable memory.
constinit thread_local Thread* current_thread = nullptr;

constinit std::atomic<std::uint64_t> identities{0};
constinit StackSizes sizes;

/// How far C++ may go down on this thread's stack, leaving room for the deepest thing that a
/// native does without asking again.
std::uintptr_t find_native_stack_limit() {
  constexpr std::size_t kReserve = 256 << 10;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  pthread_attr_t attributes;
  void* low = nullptr;
  std::size_t bytes = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return here - kReserve;
  pthread_attr_getstack(&attributes, &low, &bytes);
  pthread_attr_destroy(&attributes);
  const auto bottom = reinterpret_cast<std::uintptr_t>(low);
  return bottom + std::min(kReserve, (here - bottom) / 2);
}

}  // namespace

MappedStack::MappedStack(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  bytes_ = (bytes + page - 1) / page * page;
  base_ = mmap(nullptr, bytes_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
               -1, 0);
  if (base_ == MAP_FAILED || mprotect(end(), page, PROT_NONE) != 0) {
    const std::system_error error(errno, std::generic_category(), "cannot map a thread's stack");
    if (base_ != MAP_FAILED) munmap(base_, bytes_ + page);
    throw error;
  }
}

MappedStack::~MappedStack() { munmap(base_, bytes_ + static_cast<std::size_t>(sysconf(_SC_PAGESIZE))); }

namespace {

Closure* make_own_closure() {
  auto* const function = ::new (gc::allocate(sizeof(Function))) Function();
  function->set_frame({0}, 1);
  return Closure::make(function);
}

}  // namespace

const Closure* entry_closure() {
  static const gc::Root<const Closure> root(make_own_closure());
  return root.get();
}

const Closure* getter_closure() {
  static const gc::Root<const Closure> root(make_own_closure());
  return root.get();
}

Thread::State::State() {
  const Closure* const closure = entry_closure();
  auto* const first = static_cast<Frame*>(frame_memory.base());
  *first = Frame{nullptr, static_cast<Value*>(value_memory.base()), nullptr, closure};
  frames.set_top(first + 1);
}

void* Thread::State::find_values_top(const void* owner) noexcept {
  const State& state = *static_cast<const State*>(owner);
  if (state.frames.top() == state.frames.base()) return state.values.base();  // not made yet
  const Frame* const running = state.frame();
  // relaxed: the thread stands still, or is this one
  if (state.narrowed_frame_.load(std::memory_order_relaxed) == running) {
    return state.narrowed_top_.load(std::memory_order_relaxed);
  }
  return running->registers + running->closure->function->registers;
}

std::size_t StackSizes::native_bytes() const noexcept { return bytes / 4; }

// With the default size 24,576: at least 10,000 calls of getters, too, which take two.
std::size_t StackSizes::frames() const noexcept { return bytes / 1365; }

void Thread::set_stack_sizes(StackSizes s) noexcept { sizes = s; }

const StackSizes& Thread::stack_sizes() noexcept { return sizes; }

// relaxed: numbers that differ are all that is asked for
Thread::Thread(std::shared_ptr<Output> output, Role role)
    : state_(nullptr),
      output_(std::move(output)),
      identity_(identities.fetch_add(1, std::memory_order_relaxed)),
      is_service_(role == Role::service) {
  void* const memory = gc::allocate_uncollectable(sizeof(State));
  try {
    state_ = ::new (memory) State();
  } catch (...) {
    gc::free_uncollectable(memory);
    throw;
  }
}

std::unique_ptr<Thread> Thread::make(std::shared_ptr<Output> output, Role role) {
  return std::unique_ptr<Thread>(new Thread(std::move(output), role));
}

Thread::~Thread() {
  state_->~State();
  gc::free_uncollectable(state_);
}

Thread& Thread::current() noexcept {
  assert(current_thread != nullptr && "this thread needs a vm::ThreadScope");
  return *current_thread;
}

bool Thread::exists() noexcept { return current_thread != nullptr; }

Value Thread::raise(std::string message) {
  set_error(*state_, std::move(message));
  return Value::absent();
}

ThreadScope::ThreadScope(std::shared_ptr<Output> output) {
  if (current_thread != nullptr) return;
  std::unique_ptr<Thread> thread = Thread::make(std::move(output));
  thread->describe(thread->identity() == 0 ? "Main thread" : "Thread of the host");
  adopt(std::move(thread));
}

ThreadScope::ThreadScope(std::unique_ptr<Thread> thread) noexcept {
  thread->is_spawned_ = true;
  adopt(std::move(thread));
}

void ThreadScope::adopt(std::unique_ptr<Thread> thread) noexcept {
  assert(current_thread == nullptr);
  made_ = std::move(thread);
  made_->parker_ = &Parker::own();
  made_->state_->native_stack_limit = find_native_stack_limit();
  current_thread = made_.get();
  gc::trace::name_thread(made_->description_);
  if (!made_->is_service_) Deadlocks::instance().entered(*made_);
}

ThreadScope::~ThreadScope() {
  if (made_ == nullptr) return;
  if (!made_->is_service_) Deadlocks::instance().left(*made_);
  current_thread = nullptr;
}

}  // namespace interlox::vm
